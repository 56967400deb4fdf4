//! What can be wrong with a request. Configuration has errors of its own: [`ConfigError`](crate::ConfigError).

use core::time::Duration;

use crate::scheme::Source;

/// Why a request is refused.
///
/// It names the input and the form that was expected, never the sender's bytes, a MAC or a secret. A sender gets none of
/// it: the answer to all of these is the same 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value that the scheme needs is absent or empty.
    #[error("{0} is missing")]
    Missing(Source),
    /// A value that must be single comes more than once.
    #[error("{0} comes more than once")]
    Repeated(Source),
    /// A value is not written as the scheme writes it; the text says what was expected.
    #[error("{0} is malformed: expected {1}")]
    Malformed(Source, &'static str),
    /// No signature fits the body under any of the secrets.
    #[error("no signature matches: check the secret, and that the body reaches the verifier byte for byte")]
    Mismatch,
    /// The request is older than the window allows.
    #[error("the request is {} s old, older than the window allows", age.as_secs())]
    Stale {
        /// How old it is.
        age: Duration,
    },
    /// The request's time lies further ahead than the window allows.
    #[error("the request is {} s ahead of this clock, further than the window allows", ahead.as_secs())]
    Future {
        /// How far ahead it lies.
        ahead: Duration,
    },
    /// The body is authentic but does not decrypt under the configured key.
    #[error("the body does not decrypt: check the encryption key")]
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
            Self::Stale { .. } => "stale",
            Self::Future { .. } => "future",
            Self::Undecryptable => "undecryptable",
        }
    }
}
