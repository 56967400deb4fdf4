//! A durable inbox for webhooks.

mod error;
mod job;
mod queue;

pub use error::InboxError;
pub use job::{Job, JobLease};
pub use queue::Queue;
