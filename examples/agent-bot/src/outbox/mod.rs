//! Everything that the bot says is a row first.
//!
//! 1. A row is written in the transaction of what it tells, under the step that says it: the same step twice is one row.
//! 2. The [`Sender`] takes one row at a time, with a lease and a fence; whoever was overtaken records nothing.
//! 3. What was said to one place arrives in order: nothing overtakes, an edit waits for its message, and of several edits
//!    that wait only the newest is sent.
//! 4. A message is said **at least once**: where the process dies between sending and recording, or no usable answer
//!    comes, it is sent again under the same [key](keys), and a platform that knows idempotency keys shows it once.
//! 5. Messages to one channel are [apart](crate::platform::Limits::apart), for all processes together, and `Retry-After`
//!    holds the channel. What fails for a moment is tried again, later each time; what cannot be said is a
//!    [dead letter](dead) with the reason, and whoever waits for it over a short-lived way is told so.
//! 6. The short-lived way to answer is sealed at rest, used while it lives, and the API after it. It is gone from the row
//!    when the row is over.

pub mod dead;
pub mod keys;
mod put;
mod row;
mod send;
mod settle;
mod take;
#[cfg(test)]
mod tests;
mod unsaid;
mod upkeep;

use std::sync::Arc;

use tokio::sync::Notify;

pub use put::{Draft, Put};
pub use send::{Sender, Turn};

use crate::seal::{Seal, SealError};
use crate::state::StateError;

/// Why the outbox could not do it. Roll back after one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboxError {
    /// The database failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// A reply route could not be sealed.
    #[error("a reply route cannot be kept")]
    Seal(#[from] SealError),
}

/// The outbox; cheap to clone.
#[derive(Debug, Clone)]
pub struct Outbox {
    seal: Seal,
    due: Arc<Notify>,
}

impl Outbox {
    /// With what seals the reply routes.
    #[must_use]
    pub fn new(seal: Seal) -> Self {
        Self { seal, due: Arc::new(Notify::new()) }
    }

    /// Tells the sender of this process that there is something to say; call it after the commit. Others find it when they
    /// look.
    pub fn wake(&self) {
        self.due.notify_one();
    }
}
