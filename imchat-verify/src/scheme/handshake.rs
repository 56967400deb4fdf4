//! Requests that prove an endpoint is alive: they are answered, never handed on.

use super::When;
use crate::Reply;
use crate::engine::{Question, Unsigned};

/// What a handshake is answered with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// `{"challenge": …}` with the JSON string at this pointer.
    Echo(&'static str),
    /// Always the same.
    Fixed(fn() -> Reply),
    /// What a function makes of the body and the secret.
    Worked(AnswerHandshake),
}

/// How a platform's handshake is recognised in a proved body, and how it is answered.
///
/// A body larger than the cap is never looked at; a body without the needle is not parsed.
#[derive(Debug, Clone, Copy)]
pub struct Handshake {
    pub(crate) when: &'static [When],
    pub(crate) needle: &'static str,
    pub(crate) cap: usize,
    pub(crate) answer: Answer,
    pub(crate) unless_identified: bool,
}

/// Answers a proved handshake, or declines: then it is an event.
pub type AnswerHandshake = fn(&Question<'_>) -> Option<Reply>;

/// Answers a request that carries no signature at all, or declines: then it is refused like a forgery.
pub type UnsignedHandshake = fn(&Unsigned<'_>) -> Option<Reply>;

impl Handshake {
    /// The body says what it is in `when`; the JSON string at `challenge` goes back as `{"challenge": …}`.
    #[must_use]
    pub const fn echo(needle: &'static str, when: &'static [When], challenge: &'static str) -> Self {
        Self { when, needle, cap: 1024, answer: Answer::Echo(challenge), unless_identified: false }
    }

    /// The body says what it is in `when`, and the answer is always the same.
    #[must_use]
    pub const fn fixed(needle: &'static str, when: &'static [When], reply: fn() -> Reply) -> Self {
        Self { when, needle, cap: 1024, answer: Answer::Fixed(reply), unless_identified: false }
    }

    /// The body says what it is in `when`, and a function works out the answer, with the secret that proved it.
    #[must_use]
    pub const fn worked(needle: &'static str, when: &'static [When], answer: AnswerHandshake) -> Self {
        Self { when, needle, cap: 1024, answer: Answer::Worked(answer), unless_identified: false }
    }

    /// Larger bodies than this, in bytes, are never taken for a handshake (1 KiB unless told).
    #[must_use]
    pub const fn cap(mut self, bytes: usize) -> Self {
        self.cap = bytes;
        self
    }

    /// A signed body that carries an event id is an event, whatever else it says.
    #[must_use]
    pub const fn unless_identified(mut self) -> Self {
        self.unless_identified = true;
        self
    }
}
