//! Why a request was not handed on, and the one function that maps it to an answer.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use imchat_verify::{Error, Reply};

/// Why a request was not handed on; among the response's extensions, for metrics and logs.
///
/// The sender learns only the status, and for all that is wrong with a signature the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// Another method than the scheme's: 405.
    Method,
    /// The body is, or announces that it is, larger than this many bytes: 413.
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The body is compressed: 415. What is signed is the bytes, and unpacking them before the proof is a gift.
    Encoded,
    /// The request is not proved: 401.
    Unproved(Error),
    /// No verifier is configured for this request: 401.
    Unknown,
    /// The body did not arrive within its deadline: 408.
    BodyTimeout,
    /// The body broke off: 400.
    BodyBroken,
    /// Other requests hold all the bytes that may be unproved: 503.
    Overloaded,
    /// The delivery is in flight and was not done within the platform's deadline: 503.
    Busy {
        /// Until its lease ends.
        retry_after: Duration,
    },
    /// The store failed or did not answer in time: 503.
    Store,
    /// The lease was lost before the delivery was done: 503.
    Lost,
    /// The same id came with another body, from a platform that repeats bodies exactly: 409.
    Mismatch,
    /// The inner service panicked: 500.
    Panicked,
}

impl Rejection {
    /// The status that the sender gets.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Encoded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unproved(_) | Self::Unknown => StatusCode::UNAUTHORIZED,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::BodyBroken => StatusCode::BAD_REQUEST,
            Self::Overloaded | Self::Busy { .. } | Self::Store | Self::Lost => StatusCode::SERVICE_UNAVAILABLE,
            Self::Mismatch => StatusCode::CONFLICT,
            Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A short, stable name for metrics and logs.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::TooLarge { .. } => "too_large",
            Self::Encoded => "encoded",
            Self::Unproved(error) => error.reason(),
            Self::Unknown => "unknown_endpoint",
            Self::BodyTimeout => "body_timeout",
            Self::BodyBroken => "body_broken",
            Self::Overloaded => "overloaded",
            Self::Busy { .. } => "busy",
            Self::Store => "store",
            Self::Lost => "lost",
            Self::Mismatch => "mismatch",
            Self::Panicked => "panicked",
        }
    }

    /// Whether the sender could try again and succeed.
    const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after } => Some(*retry_after),
            Self::Overloaded | Self::Store | Self::Lost => Some(Duration::from_secs(1)),
            _ => None,
        }
    }

    /// The answer: the status, and its name as the body.
    pub(super) fn response(&self) -> Response<Full<Bytes>> {
        let text = self.status().canonical_reason().unwrap_or_default();
        let mut response = Response::new(Full::from(text));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if let Some(wait) = self.retry_after() {
            let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if matches!(self, Self::Method) {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        response
    }
}

/// A reply of the core as a response; nothing of it may be taken for a page.
pub(crate) fn reply(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(match reply.body {
        std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        std::borrow::Cow::Owned(bytes) => Bytes::from(bytes),
    }));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
