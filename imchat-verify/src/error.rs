//! What can be wrong with a request. Configuration has errors of its own: [`ConfigError`](crate::ConfigError).

use core::fmt;
use core::time::Duration;

use crate::scheme::Source;

/// Why a request is refused.
///
/// It names the input and the form that was expected, never the sender's bytes, a MAC or a secret. A sender gets none of
/// it: the answer to all of these is the same 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A value that the scheme needs is absent or empty.
    Missing(Source),
    /// A value that must be single comes more than once.
    Repeated(Source),
    /// A value is not written as the scheme writes it; the text says what was expected.
    Malformed(Source, &'static str),
    /// No signature fits the body under any of the secrets.
    Mismatch,
    /// The token that came is not the configured one.
    WrongToken,
    /// A token is signed as it should be, but says another thing than is configured, or has ended; the text names the claim.
    WrongClaim(&'static str),
    /// The request is older than the window allows.
    Stale {
        /// How old it is.
        age: Duration,
    },
    /// The request's time lies further ahead than the window allows.
    Future {
        /// How far ahead it lies.
        ahead: Duration,
    },
    /// The body is authentic but does not decrypt under the configured key.
    Undecryptable,
}

impl Error {
    /// A short, stable name for metrics and logs, such as `stale`.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Missing(_) => "missing_header",
            Self::Repeated(_) => "repeated",
            Self::Malformed(..) => "malformed",
            Self::Mismatch => "bad_signature",
            Self::WrongToken => "bad_token",
            Self::WrongClaim(_) => "bad_claims",
            Self::Stale { .. } => "stale",
            Self::Future { .. } => "future",
            Self::Undecryptable => "undecryptable",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(source) => write!(f, "{source} is missing"),
            Self::Repeated(source) => write!(f, "{source} comes more than once"),
            Self::Malformed(source, expected) => write!(f, "{source} is malformed: expected {expected}"),
            Self::Mismatch => f.write_str(
                "no signature matches: check the secret, and that the body reaches the verifier byte for byte",
            ),
            Self::WrongToken => f.write_str("the token is another one: check the configured token, and its role"),
            Self::WrongClaim("kid") => f.write_str(
                "the token's `kid` names none of the keys at hand: renew them, and check that they are its issuer's",
            ),
            Self::WrongClaim(claim @ ("exp" | "nbf" | "iat")) => {
                write!(f, "the token does not count at this time by its `{claim}`: check this clock")
            }
            Self::WrongClaim(claim) => write!(
                f,
                "the token's `{claim}` is not what is configured, or not what the body says: check whom it is for and who sent it"
            ),
            Self::Stale { age } => {
                write!(f, "the request is {} s old, older than the window allows: check this clock", age.as_secs())
            }
            Self::Future { ahead } => write!(
                f,
                "the request is {} s ahead of this clock, further than the window allows: check this clock",
                ahead.as_secs()
            ),
            Self::Undecryptable => f.write_str("the body does not decrypt: check the encryption key"),
        }
    }
}

impl core::error::Error for Error {}
