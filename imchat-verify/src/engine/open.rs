//! After the proof: decryption; and the narrow way for requests that are not signed at all.
//!
//! What only the functions of a scheme call is inline: it is compiled where there is such a scheme, and nowhere else.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use subtle::ConstantTimeEq as _;
use time::OffsetDateTime;

use super::key::{Key, Material};
use super::{Core, OpenInput, sha256};
use crate::error::Error;
use crate::head::Head;
use crate::reply::Reply;

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

    /// A parameter of the URL's query, decoded; nothing where it is absent, empty, no text, comes twice, or is longer than
    /// the 1 KiB that a challenge may have.
    #[must_use]
    #[inline]
    pub fn query(&self, name: &str) -> Option<String> {
        self.head.query(name)
    }

    /// Whether a text is one of the configured tokens of [`also_token`](crate::scheme::SchemeBuilder::also_token),
    /// compared in constant time; no where none is configured.
    #[must_use]
    #[inline]
    pub fn is_token(&self, text: &str) -> bool {
        let digest = sha256(text.as_bytes());
        let tokens = self.core.tokens.iter().filter(|key| key.counts_at(self.now));
        tokens.fold(false, |fits, key| match &key.material {
            Material::Token(token) => fits | bool::from(token.ct_eq(&digest)),
            _ => fits,
        })
    }

    /// The body decrypted, under every configured key that opens it: nothing proves the key here, and under a wrong one
    /// a body may open to noise by chance.
    pub fn opened(&self) -> impl Iterator<Item = Vec<u8>> {
        let keys = self.core.keys.iter().filter(|key| key.counts_at(self.now));
        let open = self.core.scheme.open;
        let others = self.core.others(self.now);
        let input = move |key: &'a Key| OpenInput { head: self.head, body: self.body, secret: &key.secret, others };
        keys.filter_map(move |key| open?(&input(key)).ok().flatten())
    }

    /// The scheme's own answer to this body, once the configured token fits it; signed or not, the body must say that
    /// it is a handshake.
    #[must_use]
    #[inline]
    pub fn handshake(&self, body: &[u8]) -> Option<Reply> {
        self.core.check_token(self.head, body, self.now).ok()?;
        self.core.unsigned_handshake(self.head, self.body, body)
    }
}

impl Core {
    /// The only thing that may come of a request without the scheme's headers.
    pub(crate) fn unsigned<'r>(&self, head: Head<'r>, body: &'r [u8], now: OffsetDateTime) -> Result<Reply, Error> {
        let refused = Error::Missing(self.scheme.signature.source);
        let asks = head.method() == if self.scheme.asks_by_get { "GET" } else { "POST" };
        let rule = self.scheme.unsigned_handshake.filter(|_| asks && body.len() <= UNSIGNED_LIMIT).ok_or(refused)?;
        rule(&Unsigned { core: self, head, body, now }).ok_or(refused)
    }

    /// Decrypts a proved body where the scheme encrypts.
    pub(crate) fn opened(
        &self,
        key: usize,
        head: Head<'_>,
        wire: &[u8],
        now: OffsetDateTime,
    ) -> Result<Option<Vec<u8>>, Error> {
        match (self.scheme.open, self.keys.get(key)) {
            (Some(open), Some(key)) => {
                let input = OpenInput { head, body: wire, secret: &key.secret, others: self.others(now) };
                open(&input).map_err(|super::Undecryptable| Error::Undecryptable)
            }
            _ => Ok(None),
        }
    }
}
