#![doc = include_str!("../README.md")]
// Without a database there is the contract only, for those who bring another one.
#![cfg_attr(not(any(feature = "postgres", feature = "sqlite")), allow(dead_code, unused_imports, unused_macros))]

mod clock;
mod dead;
mod desk;
mod error;
mod job;
#[cfg(feature = "postgres")]
mod postgres;
mod queue;
#[cfg(feature = "reconcile")]
pub mod reconcile;
mod row;
mod seal;
mod settings;
#[cfg(feature = "sqlite")]
mod sqlite;
mod step_key;
mod turn;
mod upkeep;
mod verbs;
pub mod worker;
mod writer;

pub use dead::{Audited, DeadLetter, DeadLetters, Quarantined};
pub use error::InboxError;
pub use job::{Job, JobLease, NewJob};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresInbox, PostgresInboxBuilder};
pub use queue::Queue;
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteInbox, SqliteInboxBuilder};
pub use step_key::StepKey;
pub use upkeep::{Counts, Upkeep};
pub use worker::Worker;
