//! The signature over the body.

mod message;
mod stream;
mod token;

use alloc::borrow::Cow;
use alloc::vec::Vec;

use time::OffsetDateTime;

#[cfg(feature = "sign")]
pub(crate) use message::sorted;
pub(crate) use message::{FeedSorted, MAX_PIECES};
pub(crate) use stream::Stream;

use super::border::url_and_body;
use super::key::{Key, Material};
use super::mac::{Mac, Tag};
use super::prepare::Prepared;
use super::timestamp::SentAt;
use super::wanted::{SLOTS, places};
use super::{Core, CustomInput};
use crate::error::Error;
use crate::head::Head;
use crate::scan::value;
use crate::scheme::{Algorithm, Part, PartInput, Source};
use token::token_fits;

/// How a scheme proves requests whose body carries its own proof; a value of the scheme, so that a build that has
/// no such scheme, and makes no scheme at run time, does not compile it.
pub(crate) type ProveByBody = fn(&Core, Head<'_>, &[u8], OffsetDateTime) -> Result<Proof, Error>;

/// What the proof says: which secret matched, and when the request was sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Proof {
    pub(crate) secret: usize,
    /// The place of the matching key among all keys.
    pub(crate) key: usize,
    pub(crate) sent_at: Option<SentAt>,
}

impl Core {
    /// Proves the request. `stream` holds states that have already seen the body.
    pub(crate) fn prove(
        &self,
        prepared: &Prepared<'_>,
        mut stream: Option<&Stream>,
        head: Head<'_>,
        body: &[u8],
        now: OffsetDateTime,
    ) -> Result<Proof, Error> {
        #[cfg(feature = "jwt")]
        if let Algorithm::Jwt(rule) = &self.scheme.algorithm {
            return self.prove_jwt(rule, prepared.values.signature(), body, now);
        }
        if let Some(prove) = self.scheme.by_body.filter(|_| !prepared.of_body) {
            return prove(self, head, body, now);
        }
        self.refuse_extension(body)?;
        if self.url_meets_body {
            hold_border(head, body)?;
        }
        let mut input = PartInput { method: head.method(), url: head.url(), body };
        let spellings = self.scheme.spellings.map_or_else(Vec::new, |spell| spell(head.url().unwrap_or_default()));
        let mut spellings = spellings.iter();
        let mut proved: Option<(usize, usize)> = None;
        // Once for nearly every scheme. All spellings of the URL are tried, whichever fits.
        loop {
            for (place, key) in self.keys.iter().enumerate() {
                if !key.counts_at(now) {
                    continue;
                }
                let fed = stream.and_then(|stream| stream.of(place));
                if self.fits(key, fed, prepared, head, &input)? && proved.is_none() {
                    proved = Some((place, key.index));
                }
            }
            let Some(spelling) = spellings.next() else { break };
            // What was hashed on its way had the URL as it is.
            (input.url, stream) = (Some(spelling.as_str()), None);
        }
        let (key, secret) = proved.ok_or(match self.scheme.algorithm {
            Algorithm::Token(_) => Error::WrongToken,
            _ => Error::Mismatch,
        })?;
        let sent_at = match self.scheme.timestamp {
            Some(rule) if prepared.timestamp.is_none() => self.time_in_body(rule.source, head, body, now)?,
            _ => prepared.sent_at,
        };
        Ok(Proof { secret, key, sent_at })
    }

    /// Proves a request whose body carries its own proof, which then signs other values than the body.
    #[inline]
    pub(crate) fn prove_by_body(&self, head: Head<'_>, body: &[u8], now: OffsetDateTime) -> Result<Proof, Error> {
        let mut texts: [Option<Cow<'_, str>>; SLOTS] = [const { None }; SLOTS];
        for (slot, source) in places(self.scheme) {
            let found = value(source, body, head.headers());
            if found.present && found.text.is_none() {
                return Err(Error::Malformed(source, "one value as text"));
            }
            if let Some(text) = texts.get_mut(slot) {
                *text = found.text;
            }
        }
        let mut prepared = Prepared::default();
        for (slot, text) in texts.iter().enumerate() {
            if let Some(text) = text {
                prepared.values.set(slot, text.as_bytes());
            }
        }
        self.check_values(&mut prepared, now)?;
        prepared.of_body = true;
        self.prove(&prepared, None, head, body, now)
    }

    /// A plain digest of a captured request authenticates extensions of it; each carries NUL bytes, and no JSON or form
    /// text does.
    fn refuse_extension(&self, body: &[u8]) -> Result<(), Error> {
        let digest = matches!(self.scheme.algorithm, Algorithm::Digest(_));
        if digest && memchr::memchr(0, body).is_some() {
            return Err(Error::Malformed(Source::WholeBody, "text without a NUL byte, which only an extension has"));
        }
        Ok(())
    }

    fn fits(
        &self,
        key: &Key,
        fed: Option<&Mac>,
        prepared: &Prepared<'_>,
        head: Head<'_>,
        input: &PartInput<'_>,
    ) -> Result<bool, Error> {
        let candidates = &prepared.candidates;
        match &key.material {
            Material::Hash(fresh) => {
                let (mac, parts, nth) = match fed {
                    Some(fed) => {
                        let (before, after, _) = self.around_body();
                        (fed, after, before.iter().filter(|part| matches!(part, Part::From(_))).count())
                    }
                    None => (fresh, self.scheme.message, 0),
                };
                let tag = mac.tag(|sink| {
                    if let Some(feed) = self.scheme.sorted {
                        feed(self, &key.secret, prepared, input, sink)
                    } else {
                        self.feed(parts, nth, &key.secret, prepared, input, sink)
                    }
                })?;
                Ok(candidates.any(self.scheme, key.alternate, |candidate| candidate.fits(&tag)))
            }
            Material::Ed25519(public) => {
                let pieces = self.pieces(prepared, input);
                let fits = |candidate: &Tag| public.verifies(&pieces, candidate.as_slice());
                Ok(candidates.any(self.scheme, key.alternate, fits))
            }
            Material::Token(digest) => match self.scheme.algorithm {
                Algorithm::Token(sources) => token_fits(sources, head, input.body, core::slice::from_ref(&digest)),
                _ => Ok(false),
            },
            Material::Raw => match self.scheme.algorithm {
                Algorithm::Custom(check) => Ok(check(&CustomInput {
                    secret: &key.secret,
                    head,
                    body: input.body,
                    signature: prepared.values.signature(),
                    timestamp: prepared.timestamp,
                })),
                _ => Ok(false),
            },
            #[cfg(feature = "jwt")]
            Material::Published(_) => Ok(false),
        }
    }

    fn time_in_body(
        &self,
        source: Source,
        head: Head<'_>,
        body: &[u8],
        now: OffsetDateTime,
    ) -> Result<Option<SentAt>, Error> {
        if self.window.is_none() {
            return Ok(None);
        }
        let text = value(source, body, head.headers()).text.ok_or(Error::Missing(source))?;
        self.fresh(source, text.as_bytes(), now)
    }
}

#[cold]
#[inline(never)]
fn hold_border(head: Head<'_>, body: &[u8]) -> Result<(), Error> {
    let malformed = |expected| Error::Malformed(Source::WholeBody, expected);
    url_and_body(head.url().unwrap_or_default(), body).map_err(malformed)
}
