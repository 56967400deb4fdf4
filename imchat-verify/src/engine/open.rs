//! After the proof: decryption, tokens, handshakes; and the narrow way for requests that are not signed at all.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use time::OffsetDateTime;

use super::Core;
use crate::error::Error;
use crate::head::Head;
use crate::reply::Reply;
use crate::scan::json::{Found, scan};
use crate::scan::lookup;
use crate::scheme::{Answer, Handshake, When};

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

    /// The body decrypted, under every configured key that opens it: nothing proves the key here, and under a wrong one
    /// a body may open to noise by chance.
    pub fn opened(&self) -> impl Iterator<Item = Vec<u8>> {
        let keys = self.core.keys.iter().filter(|key| key.counts_at(self.now));
        let open = self.core.scheme.open;
        keys.filter_map(move |key| open?(&key.secret, self.body).ok().flatten())
    }

    /// The scheme's own answer to this body, once the configured token fits it; signed or not, the body must say that
    /// it is a handshake.
    #[must_use]
    pub fn handshake(&self, body: &[u8]) -> Option<Reply> {
        self.core.check_token(self.head, body, self.now).ok()?;
        let rules = self.core.scheme.handshakes.iter().flatten();
        rules.filter_map(|rule| answer(rule, body, self.head)).next()
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
        for rule in self.scheme.handshakes.iter().flatten() {
            if let Some(reply) = answer(rule, opened, head) {
                let identified = rule.unless_identified && self.has_id(head, opened);
                return if identified { None } else { Some(reply) };
            }
        }
        None
    }

    fn has_id(&self, head: Head<'_>, opened: &[u8]) -> bool {
        let sources = self.scheme.key.sources();
        lookup(sources, opened, head.headers()).iter().zip(sources).any(|(value, _)| value.present)
    }
}

/// The answer of one rule, where the body is what the rule looks for.
fn answer(rule: &Handshake, body: &[u8], head: Head<'_>) -> Option<Reply> {
    let may_be = body.len() <= rule.cap && memchr::memmem::find(body, rule.needle.as_bytes()).is_some();
    if !may_be || !holds(rule.when, body, head) {
        return None;
    }
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
        let [value, ..] = lookup(&[condition.source()], body, head.headers());
        match condition {
            When::Present(_) => value.present,
            When::Absent(_) => !value.present,
            When::Is(_, text) => value.text == Some(Cow::Borrowed(*text)),
        }
    })
}
