//! The signature over the body.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::border::url_and_body;
use super::key::{Key, MAX_SECRETS, Material};
use super::mac::{Mac, Tag, sha256};
use super::prepare::Prepared;
use super::timestamp::SentAt;
use super::wanted::{SLOTS, places};
use super::{Core, CustomInput};
use crate::error::Error;
use crate::head::Head;
use crate::scan::value;
use crate::scheme::{Algorithm, Part, PartInput, Source, SpellUrl};
use subtle::ConstantTimeEq as _;

/// What the proof says: which secret matched, and when the request was sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Proof {
    pub(crate) secret: usize,
    /// The place of the matching key among all keys.
    pub(crate) key: usize,
    pub(crate) sent_at: Option<SentAt>,
}

/// Hash states that are fed while the body arrives, one for each key that counts.
#[derive(Clone, Default)]
pub(crate) struct Stream {
    /// The first key's, kept in place: most verifiers have one key.
    first: Option<Mac>,
    rest: Vec<Option<Mac>>,
}

impl Stream {
    /// Hashes a piece of the body.
    pub(crate) fn update(&mut self, chunk: &[u8]) {
        for mac in self.first.iter_mut().chain(self.rest.iter_mut().flatten()) {
            mac.update(chunk);
        }
    }

    /// The state of the key at this place, where the key counts.
    fn of(&self, place: usize) -> Option<&Mac> {
        match place.checked_sub(1) {
            None => self.first.as_ref(),
            Some(place) => self.rest.get(place)?.as_ref(),
        }
    }
}

impl Core {
    /// Feeds parts of the message to a sink; `nth` parts that come from the head went before.
    pub(crate) fn feed(
        &self,
        parts: &[Part],
        mut nth: usize,
        secret: &[u8],
        prepared: &Prepared<'_>,
        input: &PartInput<'_>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Error> {
        if self.scheme.sorted && parts.len() > 1 {
            return self.feed_sorted(parts, nth, secret, prepared, input, sink);
        }
        for part in parts {
            match part {
                Part::Lit(text) => sink(text.as_bytes()),
                Part::Body => sink(input.body),
                Part::Secret => sink(secret),
                Part::Timestamp => sink(prepared.timestamp.unwrap_or_default()),
                Part::Url => sink(input.url.unwrap_or_default().as_bytes()),
                Part::From(_) => {
                    sink(prepared.values.part(nth).unwrap_or_default());
                    nth = nth.saturating_add(1);
                }
                Part::Custom(write) => {
                    write(input, sink).map_err(|expected| Error::Malformed(Source::WholeBody, expected))?;
                }
            }
        }
        Ok(())
    }

    /// Feeds the pieces in the order of their bytes. Out of line: few platforms sort.
    #[cold]
    #[inline(never)]
    fn feed_sorted(
        &self,
        parts: &[Part],
        mut nth: usize,
        secret: &[u8],
        prepared: &Prepared<'_>,
        input: &PartInput<'_>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Error> {
        let mut pieces = Vec::new();
        for part in parts {
            let mut piece = Zeroizing::new(Vec::new());
            let alone = core::slice::from_ref(part);
            self.feed(alone, nth, secret, prepared, input, &mut |bytes| piece.extend_from_slice(bytes))?;
            nth = nth.saturating_add(usize::from(matches!(part, Part::From(_))));
            pieces.push(piece);
        }
        pieces.sort_unstable_by(|one, other| one.as_slice().cmp(other));
        pieces.iter().for_each(|piece| sink(piece));
        Ok(())
    }

    /// Whether the body can be hashed while it arrives.
    fn streams(&self) -> bool {
        let hashes = matches!(self.scheme.algorithm, Algorithm::Hmac(_) | Algorithm::Digest(_));
        let plain =
            !self.scheme.message.iter().any(|part| matches!(part, Part::Custom(_))) && self.scheme.spellings.is_none();
        hashes && plain && self.scheme.alternate.is_none() && self.around_body().2
    }

    /// Hash states that have seen all that stands before the body; `None` where the scheme needs the body whole.
    pub(crate) fn stream(&self, prepared: &Prepared<'_>, head: Head<'_>, now: OffsetDateTime) -> Option<Stream> {
        if !self.streams() {
            return None;
        }
        let (before, _, _) = self.around_body();
        let input = PartInput { method: head.method(), url: head.url(), body: &[] };
        let mut stream = Stream::default();
        for (place, key) in self.keys.iter().enumerate() {
            let mut fed = None;
            if let (Material::Hash(mac), true) = (&key.material, key.counts_at(now)) {
                let mut mac = mac.clone();
                self.feed(before, 0, &key.secret, prepared, &input, &mut |bytes| mac.update(bytes)).ok()?;
                fed = Some(mac);
            }
            if place == 0 { stream.first = fed } else { stream.rest.push(fed) }
        }
        Some(stream)
    }

    /// Proves the request. `stream` holds states that have already seen the body.
    pub(crate) fn prove(
        &self,
        prepared: &Prepared<'_>,
        stream: Option<&Stream>,
        head: Head<'_>,
        body: &[u8],
        now: OffsetDateTime,
    ) -> Result<Proof, Error> {
        if self.proof_in_body {
            return self.prove_by_body(head, body, now);
        }
        self.prove_by(prepared, stream, head, body, now)
    }

    /// Proves a request whose body carries its own proof, which then signs other values than the body. Out of line: what it
    /// holds is not to weigh on those that carry it in their heads.
    #[cold]
    #[inline(never)]
    fn prove_by_body(&self, head: Head<'_>, body: &[u8], now: OffsetDateTime) -> Result<Proof, Error> {
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
        self.prove_by(&prepared, None, head, body, now)
    }

    /// Called twice, of which one is every request's way.
    #[inline(always)]
    fn prove_by(
        &self,
        prepared: &Prepared<'_>,
        stream: Option<&Stream>,
        head: Head<'_>,
        body: &[u8],
        now: OffsetDateTime,
    ) -> Result<Proof, Error> {
        self.refuse_extension(body)?;
        if self.url_meets_body {
            hold_border(head, body)?;
        }
        let input = PartInput { method: head.method(), url: head.url(), body };
        let mut proved: Option<(usize, usize)> = None;
        for (place, key) in self.keys.iter().enumerate() {
            if !key.counts_at(now) {
                continue;
            }
            let fed = stream.and_then(|stream| stream.of(place));
            if self.fits(key, fed, prepared, head, &input)? && proved.is_none() {
                proved = Some((place, key.index));
            }
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
                let tag = mac.tag(|sink| self.feed(parts, nth, &key.secret, prepared, input, sink))?;
                let fits = candidates.any(self.scheme, key.alternate, |candidate| candidate.fits(&tag));
                match self.scheme.spellings {
                    Some(spell) => Ok(fits | self.fits_respelled(spell, fresh, key, prepared, input)?),
                    None => Ok(fits),
                }
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
        }
    }

    /// Whether any other spelling of the URL fits. All of them are tried, whichever does.
    #[cold]
    #[inline(never)]
    fn fits_respelled(
        &self,
        spell: SpellUrl,
        fresh: &Mac,
        key: &Key,
        prepared: &Prepared<'_>,
        input: &PartInput<'_>,
    ) -> Result<bool, Error> {
        let mut any = false;
        for url in spell(input.url.unwrap_or_default()) {
            let input = PartInput { url: Some(&url), ..*input };
            let message = self.scheme.message;
            let tag = fresh.tag(|sink| self.feed(message, 0, &key.secret, prepared, &input, sink))?;
            any |= prepared.candidates.any(self.scheme, key.alternate, |candidate| candidate.fits(&tag));
        }
        Ok(any)
    }

    /// The message as a list of pieces, for algorithms that take it so; parts written by a function are refused for
    /// them when the scheme is built.
    fn pieces<'a>(&self, prepared: &Prepared<'a>, input: &PartInput<'a>) -> [&'a [u8]; MAX_PIECES] {
        let mut pieces: [&[u8]; MAX_PIECES] = [&[]; MAX_PIECES];
        let mut nth = 0_usize;
        for (piece, part) in pieces.iter_mut().zip(self.scheme.message) {
            *piece = match part {
                Part::Lit(text) => text.as_bytes(),
                Part::Body => input.body,
                Part::Timestamp => prepared.timestamp.unwrap_or_default(),
                Part::Url => input.url.unwrap_or_default().as_bytes(),
                Part::From(_) => {
                    let value = prepared.values.part(nth).unwrap_or_default();
                    nth = nth.saturating_add(1);
                    value
                }
                Part::Secret | Part::Custom(_) => &[],
            };
        }
        pieces
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

    /// Compares a token that stands in the head, before a byte of the body is read.
    #[cold]
    #[inline(never)]
    pub(super) fn check_token_of_head(
        &self,
        sources: &[Source],
        head: Head<'_>,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let mut fits = false;
        for key in self.keys.iter().filter(|key| key.counts_at(now)) {
            if let Material::Token(digest) = &key.material {
                fits |= token_fits(sources, head, &[], core::slice::from_ref(&digest))?;
            }
        }
        if fits { Ok(()) } else { Err(Error::WrongToken) }
    }

    /// Compares the scheme's token with the opened body's, where one is configured.
    pub(crate) fn check_token(&self, head: Head<'_>, opened: &[u8], now: OffsetDateTime) -> Result<(), Error> {
        let Some(rule) = self.scheme.token.filter(|rule| !self.tokens.is_empty() && !rule.sources.is_empty()) else {
            return Ok(());
        };
        let mut digests = [&[0_u8; 32]; MAX_SECRETS];
        let mut count = 0_usize;
        for key in self.tokens.iter().filter(|key| key.counts_at(now)) {
            if let (Material::Token(digest), Some(slot)) = (&key.material, digests.get_mut(count)) {
                *slot = digest;
                count = count.saturating_add(1);
            }
        }
        let digests = digests.get(..count).unwrap_or_default();
        if token_fits(rule.sources, head, opened, digests)? { Ok(()) } else { Err(Error::WrongToken) }
    }
}

#[cold]
#[inline(never)]
fn hold_border(head: Head<'_>, body: &[u8]) -> Result<(), Error> {
    let malformed = |expected| Error::Malformed(Source::WholeBody, expected);
    url_and_body(head.url().unwrap_or_default(), body).map_err(malformed)
}

/// The most parts that a message of an Ed25519 scheme may have.
pub(crate) const MAX_PIECES: usize = 8;

/// Whether every source that is present holds one of these tokens; one must be present.
fn token_fits(sources: &[Source], head: Head<'_>, body: &[u8], tokens: &[&[u8; 32]]) -> Result<bool, Error> {
    let (mut any, mut all) = (false, true);
    for source in sources {
        let value = value(*source, body, head.headers());
        if !value.present {
            continue;
        }
        any = true;
        let text = value.text.as_deref().ok_or(Error::Malformed(*source, "one token as text"))?;
        let digest = sha256(text.as_bytes());
        all &= tokens.iter().fold(false, |fits, token| fits | bool::from(token.ct_eq(&digest)));
    }
    match sources.first() {
        Some(first) if !any => Err(Error::Missing(*first)),
        _ => Ok(any && all),
    }
}
