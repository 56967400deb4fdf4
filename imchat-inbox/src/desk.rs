//! What both inboxes do in the same way, whatever the database.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use imchat_verify::dedup::Settled;
use imchat_verify::inbox::Accepted;
use tokio::sync::Notify;

use crate::row::{Row, Rules, Stored};
use crate::writer::{Orders, Take, Way};
use crate::{InboxError, Job, JobLease, NewJob};

/// The way to the writer, and what does not change while an inbox is open.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) orders: Orders,
    /// Told when there may be something to take.
    pub(crate) due: Arc<Notify>,
    pub(crate) rules: Rules,
    pub(crate) retention: Duration,
    pub(crate) poll: Duration,
    /// Transactions that were committed.
    pub(crate) commits: Arc<AtomicU64>,
}

impl Desk {
    pub(crate) async fn enqueue(&self, job: NewJob) -> Result<Accepted, InboxError> {
        self.orders.enqueue(Row::of(job, &self.rules)?).await
    }

    /// Of one transaction, or of none where one of them is no row.
    pub(crate) async fn enqueue_all(&self, jobs: impl Iterator<Item = NewJob>) -> Result<Vec<Accepted>, InboxError> {
        let rows = jobs.map(|job| Row::of(job, &self.rules)).collect::<Result<Vec<_>, _>>()?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        self.orders.enqueue_all(rows).await
    }

    pub(crate) async fn take(&self, most: usize, lease: Duration) -> Result<Vec<Job>, InboxError> {
        let mut jobs = Vec::new();
        let mut buries = true;
        for stored in self.orders.take(Take { most, lease }).await? {
            let lease = stored.lease();
            match stored.opened(self.rules.seal.as_ref()) {
                Some(open) => jobs.push(open.into_job()),
                None if buries => buries = self.bury_sealed(&lease).await,
                // What held up one burial holds up the next: these come again too.
                None => {}
            }
        }
        Ok(jobs)
    }

    /// Returns whether it could. Where not, it comes again when its lease ends: the jobs that were taken with it are not to
    /// wait as long.
    async fn bury_sealed(&self, lease: &JobLease) -> bool {
        let why =
            String::from("the body is sealed and does not open: give the inbox the key that sealed it, then replay");
        let id = lease.id();
        let settled = self.orders.settle(lease, Way::Bury { why }).await;
        match &settled {
            Ok(Settled::Ok | Settled::Lost) => {
                tracing::error!(id, "a job became a dead letter: its body is sealed and does not open");
            }
            Err(error) => tracing::error!(
                id,
                error = error as &dyn std::error::Error,
                "a job whose body is sealed and does not open is not buried: it comes again when its lease ends"
            ),
        }
        settled.is_ok()
    }

    /// With its body open, for a person.
    pub(crate) fn open(&self, stored: Stored) -> Result<Stored, InboxError> {
        stored
            .opened(self.rules.seal.as_ref())
            .ok_or(InboxError::Row("body: sealed, and the key given does not open it"))
    }

    pub(crate) async fn retry(&self, lease: &JobLease, after: Duration, why: &str) -> Result<Settled, InboxError> {
        self.orders.settle(lease, Way::Retry { after, why: reason(why) }).await
    }

    pub(crate) async fn bury(&self, lease: &JobLease, why: &str) -> Result<Settled, InboxError> {
        self.orders.settle(lease, Way::Bury { why: reason(why) }).await
    }

    /// Waits for a notice, at most until something falls due, and never longer than the polling interval.
    pub(crate) async fn wait(&self, next_due: Option<Duration>) {
        let longest = next_due.map_or(self.poll, |due| due.min(self.poll)).max(Duration::from_millis(1));
        let _either = tokio::time::timeout(longest, self.due.notified()).await;
    }
}

/// A reason as it is kept: errors can quote whole answers, and PostgreSQL takes no NUL in a text.
pub(crate) fn reason(why: &str) -> String {
    const MOST: usize = 1000;
    why.chars().take(MOST).map(|c| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use imchat_verify::dedup::{DedupKey, Fence};
    use imchat_verify::inbox::Delivery;

    use super::*;
    use crate::writer::{Backend, Batch, Outcome, channel, run};

    /// Gives out two jobs, of which the first is sealed, and then is gone.
    struct OneTake;

    impl Backend for OneTake {
        async fn write(&mut self, batch: &Batch) -> Result<Outcome, InboxError> {
            if batch.takes.is_empty() {
                return Err(InboxError::Closed);
            }
            let stored = |id, sealed| Stored {
                id,
                delivery: Delivery::new(DedupKey::from_bytes(b"key"), "test", "body", time::OffsetDateTime::UNIX_EPOCH),
                sealed,
                fence: Fence::new(1),
                attempt: 1,
                most_attempts: 2,
                priority: 0,
                due_at: 0,
            };
            Ok(Outcome { taken: vec![vec![stored(1, true), stored(2, false)]], ..Outcome::default() })
        }
    }

    #[tokio::test]
    async fn a_sealed_job_that_cannot_be_buried_keeps_no_other_from_its_worker() {
        let (orders, arrivals) = channel();
        let (due, commits) = (Arc::new(Notify::new()), Arc::new(AtomicU64::new(0)));
        tokio::spawn(run(OneTake, arrivals, Arc::clone(&due), Arc::clone(&commits)));
        let rules = Rules { most_bytes: 1, attempts: 1, seal: None };
        let desk = Desk { orders, due, rules, retention: Duration::ZERO, poll: Duration::ZERO, commits };
        let jobs = desk.take(2, Duration::from_secs(60)).await.unwrap();
        assert_eq!(jobs.iter().map(|job| job.lease.id()).collect::<Vec<_>>(), [2]);
    }
}
