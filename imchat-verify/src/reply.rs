//! An answer to a sender.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// An answer to a sender: a status, a media type and a body of bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type`.
    pub content_type: &'static str,
    /// The body, byte for byte.
    pub body: Cow<'static, [u8]>,
}

impl Reply {
    /// 200 with an empty body.
    pub const EMPTY: Self = Self { status: 200, content_type: "text/plain; charset=utf-8", body: Cow::Borrowed(b"") };

    /// 204, with the `Content-Type` that Discord wants to see all the same.
    pub const NO_CONTENT: Self = Self { status: 204, content_type: "application/json", body: Cow::Borrowed(b"") };

    /// 200 with this JSON text.
    #[must_use]
    pub const fn json(text: &'static str) -> Self {
        Self { status: 200, content_type: "application/json", body: Cow::Borrowed(text.as_bytes()) }
    }

    /// 200 with this text, which no browser may take for a page: send it with `X-Content-Type-Options: nosniff`.
    #[must_use]
    pub fn text(text: String) -> Self {
        Self { status: 200, content_type: "text/plain; charset=utf-8", body: Cow::Owned(text.into_bytes()) }
    }

    /// 200 with JSON that was just written.
    pub(crate) const fn json_owned(text: Vec<u8>) -> Self {
        Self { status: 200, content_type: "application/json", body: Cow::Owned(text) }
    }
}

impl fmt::Debug for Reply {
    /// An echo is the sender's text: only its length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("bytes", &self.body.len())
            .finish()
    }
}
