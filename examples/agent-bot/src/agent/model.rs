//! What the bot asks of a language model.

use std::time::Duration;

use super::tools::ToolSpec;
use super::transcript::{Call, Transcript};
use crate::platform::Doing;

/// What a model wants next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// To say this, and be done.
    Say(String),
    /// To have these called, and be asked again.
    Call(Vec<Call>),
    /// To be done, with nothing to say.
    Done,
}

/// Tokens, as the model counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Read.
    pub read: u64,
    /// Written.
    pub written: u64,
}

impl Usage {
    /// Both.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.read.saturating_add(self.written)
    }

    /// With another's added.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { read: self.read.saturating_add(other.read), written: self.written.saturating_add(other.written) }
    }
}

/// A step and what it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stepped {
    /// What it wants.
    pub step: Step,
    /// What it took.
    pub usage: Usage,
}

/// Why there is no step. None holds a key, a prompt or an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// No connection, or an error of the server's own, after all attempts.
    #[error("the model service does not answer: check OPENAI_BASE_URL and the service")]
    Down,
    /// It took longer than it may.
    #[error("the model service took too long: check its load, or choose a faster model")]
    Slow,
    /// It lets nobody through for now.
    #[error("the model service is over its rate limit: wait, or raise the limit there")]
    Limited {
        /// What `Retry-After` said.
        retry_after: Option<Duration>,
    },
    /// It refuses, and will again.
    #[error("the model service refused with status {status}: {remedy}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What a person can do.
        remedy: &'static str,
    },
    /// It answered something else than its documents say.
    #[error("the model service answered {0}: check that OPENAI_BASE_URL speaks the chat completions API")]
    Nonsense(&'static str),
}

/// A language model.
pub trait Model: Send + Sync + 'static {
    /// One step of a turn. It decides nothing: what it wants is checked by who asked it.
    fn step<'a>(&'a self, transcript: &'a Transcript, tools: &'a [ToolSpec]) -> Doing<'a, Stepped, ModelError>;
}
