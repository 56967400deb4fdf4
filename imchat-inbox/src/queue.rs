//! What workers ask of an inbox.

use std::future::Future;
use std::time::Duration;

use imchat_verify::dedup::Settled;
use imchat_verify::inbox::Delivery;

use crate::{InboxError, Job, JobLease};

/// The side of an inbox that workers see.
///
/// Every verb that takes a lease is one compare-and-set on the job and its fence: [`Settled::Lost`] says that the lease
/// had ended and nothing was changed. A lease ends by the inbox's clock, whether or not somebody else has taken the job
/// since, as the leases of a [`DedupStore`](imchat_verify::dedup::DedupStore) do: renew one well before.
pub trait Queue: Send + Sync + 'static {
    /// Leases at most `most` jobs that are due: the head of each lane only, higher priorities first, then the older ones.
    /// Nothing ages: while higher priorities leave no room, lower ones wait.
    /// Jobs that have used up their attempts, also those whose workers died, are buried on the way. Where the future is
    /// dropped before it answers, the jobs are given back as if they had not been taken.
    fn take(&self, most: usize, lease: Duration) -> impl Future<Output = Result<Vec<Job>, InboxError>> + Send;

    /// Makes a lease last for `length` from now.
    fn heartbeat(&self, lease: &JobLease, length: Duration)
    -> impl Future<Output = Result<Settled, InboxError>> + Send;

    /// The work is done: the row stays as a tombstone for the retention, without its body.
    fn done(&self, lease: &JobLease) -> impl Future<Output = Result<Settled, InboxError>> + Send;

    /// The attempt failed: the job is due again after this long, or becomes a dead letter where it was the last one. How long
    /// is the caller's to choose; the time is written to the row. Of the reason, 1000 characters are kept.
    fn retry(
        &self,
        lease: &JobLease,
        after: Duration,
        why: &str,
    ) -> impl Future<Output = Result<Settled, InboxError>> + Send;

    /// No attempt will better it: the job becomes a dead letter.
    fn bury(&self, lease: &JobLease, why: &str) -> impl Future<Output = Result<Settled, InboxError>> + Send;

    /// Gives a job back that was not worked on, or not to its end, so that another worker may take it at once.
    ///
    /// The inboxes of this crate do not count the attempt. A queue that does not say how ends the lease, and counts it.
    fn give_back(&self, lease: &JobLease) -> impl Future<Output = Result<Settled, InboxError>> + Send {
        self.heartbeat(lease, Duration::ZERO)
    }

    /// What waits in the job's lane behind it, at most `most`, the oldest first; nothing where it has no lane. Nothing is
    /// leased by looking: each of them is still given to a worker in its turn, also where a handler answered it before.
    ///
    /// A queue that does not say shows nothing.
    fn behind(&self, lease: &JobLease, most: u32) -> impl Future<Output = Result<Vec<Delivery>, InboxError>> + Send {
        let _ = (lease, most);
        async { Ok(Vec::new()) }
    }

    /// Waits until there may be something to take: at a notice, when a scheduled job or a retry falls due, or at the
    /// polling interval.
    fn wait(&self) -> impl Future<Output = ()> + Send;
}
