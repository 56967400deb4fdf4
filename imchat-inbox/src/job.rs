//! A job: as it is handed in, and as a worker gets it.

use imchat_verify::dedup::Fence;
use imchat_verify::inbox::Delivery;
use time::OffsetDateTime;

use crate::StepKey;

/// A delivery with how it is to be worked on.
///
/// ```
/// # use imchat_inbox::NewJob;
/// # use imchat_verify::{dedup::DedupKey, inbox::Delivery};
/// # let now = time::OffsetDateTime::UNIX_EPOCH;
/// let reminder = Delivery::new(DedupKey::from_bytes(b"\0reminder:42"), "reminders", "{}", now);
/// let job = NewJob::new(reminder).run_at(now + time::Duration::HOUR).priority(-1).attempts(5);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a job is written down by `enqueue`"]
pub struct NewJob {
    pub(crate) delivery: Delivery,
    pub(crate) run_at: Option<OffsetDateTime>,
    pub(crate) priority: i32,
    pub(crate) attempts: Option<u32>,
}

impl NewJob {
    /// A job that is due at once, with priority 0 and the inbox's number of attempts.
    pub const fn new(delivery: Delivery) -> Self {
        Self { delivery, run_at: None, priority: 0, attempts: None }
    }

    /// Not before this time, in the inbox's clock. A job that waits makes the later ones of its lane wait too.
    pub const fn run_at(mut self, at: OffsetDateTime) -> Self {
        self.run_at = Some(at);
        self
    }

    /// Higher ones are taken first, however long the others have waited: while workers cannot keep up with a priority,
    /// nothing below it is taken. Within a lane the order of acceptance stands above it.
    pub const fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// The most attempts it gets before it is a dead letter; 0 counts as 1.
    pub const fn attempts(mut self, most: u32) -> Self {
        self.attempts = Some(most);
        self
    }
}

impl From<Delivery> for NewJob {
    fn from(delivery: Delivery) -> Self {
        Self::new(delivery)
    }
}

/// One attempt's right to a job: whoever took it later has a higher fence, and this one settles nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobLease {
    pub(crate) id: i64,
    pub(crate) fence: Fence,
}

impl JobLease {
    /// A lease as a queue hands it out.
    #[must_use]
    pub const fn new(id: i64, fence: Fence) -> Self {
        Self { id, fence }
    }

    /// The job's number in its inbox, never used again for another.
    #[must_use]
    pub const fn id(&self) -> i64 {
        self.id
    }

    /// This attempt's fence: give it to every effect that can refuse a lower one.
    #[must_use]
    pub const fn fence(&self) -> Fence {
        self.fence
    }

    /// As the rows hold it; no inbox gives out one that does not fit.
    pub(crate) fn fence_number(&self) -> i64 {
        i64::try_from(self.fence.get()).unwrap_or(i64::MAX)
    }
}

/// A durable delivery, leased to a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Job {
    /// The right to settle it.
    pub lease: JobLease,
    /// What was accepted; its times are whole microseconds.
    pub delivery: Delivery,
    /// Which attempt this is: 1 is the first.
    pub attempt: u32,
    /// The most attempts it gets.
    pub most_attempts: u32,
    /// Higher ones were taken first.
    pub priority: i32,
    /// When the lease ends unless it is renewed, in the inbox's time.
    pub until: OffsetDateTime,
}

impl Job {
    /// A job as a queue of your own hands it out, or as a test gives it to a handler; its priority is 0.
    #[must_use]
    pub const fn new(
        lease: JobLease,
        delivery: Delivery,
        attempt: u32,
        most_attempts: u32,
        until: OffsetDateTime,
    ) -> Self {
        Self { lease, delivery, attempt, most_attempts, priority: 0, until }
    }

    /// This attempt's fence: give it to every effect that can refuse a lower one.
    #[must_use]
    pub const fn fence(&self) -> Fence {
        self.lease.fence()
    }

    /// The idempotency key of one effect of this job, the same at every attempt: give it to every effect that knows such
    /// keys.
    #[must_use]
    pub fn step_key(&self, step: &str) -> StepKey {
        StepKey::of(&self.delivery.key, step)
    }

    /// Whether no attempt comes after this one.
    #[must_use]
    pub const fn is_last_attempt(&self) -> bool {
        self.attempt >= self.most_attempts
    }
}
