#![doc = include_str!("../README.md")]

mod clock;
mod dead;
mod desk;
mod error;
mod job;
mod queue;
mod row;
mod seal;
mod settings;
#[cfg(feature = "sqlite")]
mod sqlite;
mod upkeep;
mod verbs;
mod writer;

pub use dead::{Audited, DeadLetter, DeadLetters, Quarantined};
pub use error::InboxError;
pub use job::{Job, JobLease, NewJob};
pub use queue::Queue;
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteInbox, SqliteInboxBuilder};
pub use upkeep::{Counts, Upkeep};
