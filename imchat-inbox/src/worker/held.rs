//! One job that is held: its lease is kept, and settled in the end.

use std::future::Future;
use std::time::Duration;

use imchat_verify::dedup::Settled;
use tokio::time::{Instant, sleep, timeout};

use super::backoff::{Backoff, part};
use super::unheard::{Unheard, within};
use crate::{InboxError, JobLease, Queue};

/// Between tries of a database that did not answer well.
const PAUSE: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));

/// What a lease is to end in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    Done,
    Retry { after: Duration, why: String },
    Bury { why: String },
    GiveBack,
}

/// What the queue said of an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    Settled,
    Lost,
    /// Lost, after a try that may have settled it.
    InDoubt,
    /// It took nothing in all the time.
    Nothing,
}

/// A lease, and when its life was last known to begin.
#[derive(Debug)]
pub(super) struct Held<'q, Q> {
    pub(super) queue: &'q Q,
    pub(super) lease: JobLease,
    pub(super) length: Duration,
    /// Before the job was asked for: whatever the queue's clock says, the lease did not begin earlier.
    pub(super) since: Instant,
}

impl<Q: Queue> Held<'_, Q> {
    /// Renews the lease at a third of its life, until it is lost. That it should be over by this machine's clock does not
    /// count: the queue decides.
    pub(super) async fn keep(&self) {
        let third = part(self.length, 3);
        let (mut since, mut failures) = (self.since, 0_u32);
        loop {
            let wait = if failures == 0 {
                third.saturating_sub(since.elapsed())
            } else {
                PAUSE.pause(failures, self.seed()).min(third)
            };
            sleep(wait).await;
            let asked = Instant::now();
            match self.in_time(self.queue.heartbeat(&self.lease, self.length)).await {
                Ok(Settled::Ok) => (since, failures) = (asked, 0),
                Ok(Settled::Lost) => return,
                Err(error) => {
                    failures = failures.saturating_add(1);
                    tracing::warn!(%error, "the lease is not renewed; it is tried again");
                }
            }
        }
    }

    /// Settles the lease, with a few tries that end at the latest when a lease would.
    pub(super) async fn settle(&self, end: &End) -> Heard {
        let tries = async {
            let (mut failures, mut in_doubt) = (0_u32, false);
            loop {
                match self.in_time(self.tell(end)).await {
                    Ok(Settled::Ok) => return Heard::Settled,
                    // An earlier try may have ended it.
                    Ok(Settled::Lost) if in_doubt => return Heard::InDoubt,
                    Ok(Settled::Lost) => return Heard::Lost,
                    Err(error) => {
                        failures = failures.saturating_add(1);
                        in_doubt |= error.leaves_doubt();
                        tracing::warn!(%error, "the job is not settled; it is tried again");
                        sleep(PAUSE.pause(failures, self.seed())).await;
                    }
                }
            }
        };
        timeout(self.length, tries).await.unwrap_or(Heard::Nothing)
    }

    async fn tell(&self, end: &End) -> Result<Settled, InboxError> {
        match end {
            End::Done => self.queue.done(&self.lease).await,
            End::Retry { after, why } => self.queue.retry(&self.lease, *after, why).await,
            End::Bury { why } => self.queue.bury(&self.lease, why).await,
            End::GiveBack => self.queue.give_back(&self.lease).await,
        }
    }

    /// A database that hangs must leave time for another try.
    async fn in_time(&self, call: impl Future<Output = Result<Settled, InboxError>>) -> Result<Settled, Unheard> {
        within(part(self.length, 3), call).await
    }

    /// Of its own for every attempt.
    pub(super) fn seed(&self) -> u64 {
        self.lease.fence().get() ^ self.lease.id().unsigned_abs().rotate_left(32)
    }
}
