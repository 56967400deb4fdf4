//! A job as a worker gets it.

use imchat_verify::dedup::Fence;
use imchat_verify::inbox::Delivery;
use time::OffsetDateTime;

/// One attempt's right to a job: whoever took it later has a higher fence, and this one settles nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobLease {
    pub(crate) id: i64,
    pub(crate) fence: Fence,
}

impl JobLease {
    /// The job's number in its inbox.
    #[must_use]
    pub const fn id(&self) -> i64 {
        self.id
    }

    /// This attempt's fence: give it to every effect that can refuse a lower one.
    #[must_use]
    pub const fn fence(&self) -> Fence {
        self.fence
    }
}

/// A durable delivery, leased to a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Job {
    /// The right to settle it.
    pub lease: JobLease,
    /// What was accepted.
    pub delivery: Delivery,
    /// Which attempt this is: 1 is the first.
    pub attempt: u32,
    /// The most attempts it gets.
    pub most_attempts: u32,
    /// When the lease ends unless it is renewed, in the inbox's time.
    pub until: OffsetDateTime,
}
