//! What is to be signed, and why it cannot be.

use core::fmt;

use time::OffsetDateTime;

/// What is to be signed.
#[derive(Clone, Copy)]
pub struct SignRequest<'a> {
    pub(super) method: &'a str,
    pub(super) url: Option<&'a str>,
    pub(super) body: &'a [u8],
    pub(super) now: OffsetDateTime,
    pub(super) id: Option<&'a str>,
}

impl<'a> SignRequest<'a> {
    /// A POST of this body, sent at this time.
    #[must_use]
    pub const fn post(body: &'a [u8], now: OffsetDateTime) -> Self {
        Self { method: "POST", url: None, body, now, id: None }
    }

    /// The public URL, for schemes that sign it.
    #[must_use]
    pub const fn url(mut self, url: &'a str) -> Self {
        self.url = Some(url);
        self
    }

    /// The method, upper-case, for schemes that sign it.
    #[must_use]
    pub const fn method(mut self, method: &'a str) -> Self {
        self.method = method;
        self
    }

    /// The id or nonce that goes into a signed header; derived from body and time where none is given.
    #[must_use]
    pub const fn id(mut self, id: &'a str) -> Self {
        self.id = Some(id);
        self
    }
}

impl fmt::Debug for SignRequest<'_> {
    /// A URL's query may hold tokens, and the body is its writer's: neither is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignRequest")
            .field("method", &self.method)
            .field("bytes", &self.body.len())
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

/// Why a request cannot be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// The scheme has no signature that a sender could compute.
    Unsupported(&'static str),
    /// The proof stands in the URL's query, not in headers.
    InQuery(&'static str),
    /// A part of the message is missing from what is to be signed.
    Incomplete(&'static str),
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(scheme) => write!(
                f,
                "the scheme {scheme} cannot be signed here: its proof is part of the body, or a function of its own"
            ),
            Self::InQuery(scheme) => {
                write!(
                    f,
                    "the proof of {scheme} is no header: add the parameters that the signer has for the URL's query"
                )
            }
            Self::Incomplete(expected) => write!(f, "cannot sign: expected {expected}"),
        }
    }
}

impl core::error::Error for SignError {}
