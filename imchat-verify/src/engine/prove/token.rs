//! Tokens that are sent along, compared by their digests.

use subtle::ConstantTimeEq as _;
use time::OffsetDateTime;

use crate::engine::Core;
use crate::engine::key::{MAX_SECRETS, Material};
use crate::engine::mac::sha256;
use crate::error::Error;
use crate::head::Head;
use crate::scan::value;
use crate::scheme::Source;

impl Core {
    /// Compares a token that stands in the head, before a byte of the body is read.
    #[cold]
    #[inline(never)]
    pub(in crate::engine) fn check_token_of_head(
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

/// Whether every source that is present holds one of these tokens; one must be present.
pub(super) fn token_fits(sources: &[Source], head: Head<'_>, body: &[u8], tokens: &[&[u8; 32]]) -> Result<bool, Error> {
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
