//! After the proof: decryption, tokens, handshakes; and the narrow way for requests that are not signed at all.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use memchr::memmem;
use time::OffsetDateTime;

use super::Core;
use crate::error::Error;
use crate::head::Head;
use crate::reply::Reply;
use crate::scan::json::{Found, scan};
use crate::scan::{looks_like_json, value};
use crate::scheme::{Answer, Handshake, Scheme, Source, When};

/// The most that is read of a request that is not signed, in bytes.
pub(crate) const UNSIGNED_LIMIT: usize = 4096;

/// A request without any of the scheme's headers: it can be answered, and nothing else.
pub struct Unsigned<'a> {
    core: &'a Core,
    head: Head<'a>,
    body: &'a [u8],
    now: OffsetDateTime,
}

impl fmt::Debug for Unsigned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsigned").finish_non_exhaustive()
    }
}

impl<'a> Unsigned<'a> {
    /// The request's method.
    #[must_use]
    pub fn method(&self) -> &'a str {
        self.head.method()
    }

    /// The raw body, at most 4 KiB.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// The decrypted body, where it was encrypted under one of the configured keys.
    #[must_use]
    pub fn opened(&self) -> Option<Vec<u8>> {
        let open = self.core.scheme.open?;
        let keys = self.core.keys.iter().filter(|key| key.counts_at(self.now));
        keys.filter_map(|key| open(&key.secret, self.body).ok().flatten()).next()
    }

    /// The scheme's own answer to this body, once the configured token fits it; signed or not, the body must say that
    /// it is a handshake.
    #[must_use]
    pub fn handshake(&self, body: &[u8]) -> Option<Reply> {
        self.core.check_token(self.head, body, self.now).ok()?;
        self.core.handshakes.iter().find_map(|rule| rule.answer(body, self.head))
    }
}

impl Core {
    /// The only thing that may come of a request without the scheme's headers.
    pub(crate) fn unsigned<'r>(&self, head: Head<'r>, body: &'r [u8], now: OffsetDateTime) -> Result<Reply, Error> {
        let refused = Error::Missing(self.scheme.signature.source);
        let rule = self.scheme.unsigned_handshake.filter(|_| body.len() <= UNSIGNED_LIMIT).ok_or(refused)?;
        rule(&Unsigned { core: self, head, body, now }).ok_or(refused)
    }

    /// Decrypts a proved body where the scheme encrypts.
    pub(crate) fn opened(&self, key: usize, wire: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        match (self.scheme.open, self.keys.get(key)) {
            (Some(open), Some(key)) => open(&key.secret, wire).map_err(|super::Undecryptable| Error::Undecryptable),
            _ => Ok(None),
        }
    }

    /// The answer to a proved body that is a handshake.
    pub(crate) fn handshake(&self, head: Head<'_>, opened: &[u8]) -> Option<Reply> {
        for rule in &self.handshakes {
            if let Some(reply) = rule.answer(opened, head) {
                let identified = rule.handshake.unless_identified && self.has_id(head, opened);
                return if identified { None } else { Some(reply) };
            }
        }
        None
    }

    fn has_id(&self, head: Head<'_>, opened: &[u8]) -> bool {
        let sources = self.scheme.key.sources();
        sources.iter().any(|source| value(*source, opened, head.headers()).present)
    }
}

/// A handshake, ready to be looked for.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    handshake: Handshake,
    needle: memmem::Finder<'static>,
    /// Whether its conditions are about JSON or about a form, where they are about one of the two: the other is passed over.
    json: Option<bool>,
}

/// The handshakes of a scheme, their needles made ready once.
pub(super) fn rules(scheme: &Scheme) -> Vec<Rule> {
    let handshakes = scheme.handshakes.iter().flatten();
    handshakes
        .map(|handshake| Rule {
            handshake: *handshake,
            needle: memmem::Finder::new(handshake.needle),
            json: of_json(handshake.when),
        })
        .collect()
}

fn of_json(conditions: &[When]) -> Option<bool> {
    let about = |fits: fn(Source) -> bool| conditions.iter().any(|when| fits(when.source()));
    let json = about(|source| matches!(source, Source::Json(_)));
    let form = about(|source| matches!(source, Source::Form(_) | Source::FormJson(..)));
    (json != form).then_some(json)
}

impl Rule {
    /// The answer, where the body is what the rule looks for.
    fn answer(&self, body: &[u8], head: Head<'_>) -> Option<Reply> {
        let may_be = body.len() <= self.handshake.cap
            && self.json.is_none_or(|json| json == looks_like_json(body))
            && self.needle.find(body).is_some();
        if may_be && holds(self.handshake.when, body, head) { reply(&self.handshake, body) } else { None }
    }
}

fn reply(rule: &Handshake, body: &[u8]) -> Option<Reply> {
    match rule.answer {
        Answer::Fixed(reply) => Some(reply()),
        Answer::Echo(pointer) => {
            let mut found = [Found::Absent];
            scan(body, &[pointer], &mut found).ok()?;
            let [Found::String(raw)] = found else { return None };
            // What stands between the quotes was scanned as a JSON string, so it is one in the answer too.
            let text = [r#"{"challenge":""#, raw, r#""}"#].concat();
            Some(Reply::json_owned(text.into_bytes()))
        }
    }
}

/// Whether all conditions hold for a body.
fn holds(conditions: &[When], body: &[u8], head: Head<'_>) -> bool {
    conditions.iter().all(|condition| {
        let value = value(condition.source(), body, head.headers());
        match condition {
            When::Present(_) => value.present,
            When::Absent(_) => !value.present,
            When::Is(_, text) => value.text == Some(Cow::Borrowed(*text)),
        }
    })
}
