//! Group commit: one task writes for everybody, and what waits while it commits is the next batch.
//!
//! Nobody is delayed for company's sake. A caller is answered only after the commit that holds its order; where the commit
//! fails, all of the batch get the error. Where a batch fails over one row, the orders are carried out one by one, so that
//! only the row at fault fails.

mod batch;
mod order;
mod patience;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use imchat_verify::dedup::{DedupKey, Settled};
use imchat_verify::inbox::Accepted;
use tokio::sync::{Mutex, Notify, mpsc};

use crate::InboxError;
use crate::row::{Row, Stored};
pub(crate) use batch::Batch;
use batch::Waiting;
pub(crate) use order::{Act, Entry, NO_ANSWER, Order, Orders, Settle, Take, Way};
pub(crate) use patience::Patience;

/// A database, as the writer uses it.
pub(crate) trait Backend: Send + 'static {
    /// Waits until the next batch can be written, where that may take long.
    fn reach(&mut self) -> impl Future<Output = Result<(), InboxError>> + Send {
        std::future::ready(Ok(()))
    }

    /// How long a batch waits for others that hold the database, where [`write`](Self::write) does not wait itself.
    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    /// Carries a batch out in one transaction; an error means that nothing of it was done, or that it is not known.
    fn write(&mut self, batch: &Batch) -> impl Future<Output = Result<Outcome, InboxError>> + Send;
}

/// What became of a batch, in the batch's order.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// One by one, since a database may have written some of them before it failed over the others.
    pub(crate) accepted: Vec<Result<Accepted, InboxError>>,
    pub(crate) settled: Vec<Settled>,
    pub(crate) taken: Vec<Vec<Stored>>,
    pub(crate) acted: Vec<u64>,
    /// Whether there may be something to take that was not there before.
    pub(crate) due: bool,
}

impl Outcome {
    /// Of rows that were all new.
    pub(crate) fn all_new(batch: &Batch) -> Self {
        let accepted = batch.enqueues.iter().map(|_| Ok(Accepted::New)).collect();
        Self { accepted, due: true, ..Self::default() }
    }

    /// Of rows of which these were written, and the others failed.
    pub(crate) fn but_for(batch: &Batch, mut new: HashSet<DedupKey>, error: &InboxError) -> Self {
        let due = !new.is_empty();
        let told = |row: &Row| if new.remove(&row.key) { Ok(Accepted::New) } else { Err(error.clone()) };
        Self { accepted: batch.enqueues.iter().map(told).collect(), due, ..Self::default() }
    }
}

/// The orders of one inbox; more than one writer may share them.
pub(crate) type Inlet = Arc<Mutex<batch::Arrivals>>;

/// Orders that may wait for the writer before callers wait to hand theirs in.
const WAITING: usize = 1024;

/// A backend whose commits are counted, and whose panics are errors.
struct Counted<B> {
    backend: B,
    commits: Arc<AtomicU64>,
}

impl<B: Backend> Backend for Counted<B> {
    async fn reach(&mut self) -> Result<(), InboxError> {
        caught(self.backend.reach()).await
    }

    fn patience(&self) -> Duration {
        self.backend.patience()
    }

    async fn write(&mut self, batch: &Batch) -> Result<Outcome, InboxError> {
        let outcome = caught(self.backend.write(batch)).await?;
        self.commits.fetch_add(1, Ordering::Relaxed);
        Ok(outcome)
    }
}

/// What it says, or that it panicked: that fails one batch, and must not end the writer, which all others wait for. What it
/// had begun is rolled back as it is dropped.
async fn caught<T>(work: impl Future<Output = Result<T, InboxError>>) -> Result<T, InboxError> {
    let mut work = pin!(work);
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        polled.unwrap_or(Poll::Ready(Err(InboxError::Panicked)))
    })
    .await
}

/// The way to a writer, and the orders that come by it.
pub(crate) fn channel() -> (Orders, Inlet) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Orders::new(sender), Arc::new(Mutex::new(batch::Arrivals::new(receiver))))
}

/// Writes until the last sender is gone.
pub(crate) async fn run(backend: impl Backend, orders: Inlet, due: Arc<Notify>, commits: Arc<AtomicU64>) {
    let mut backend = Counted { backend, commits };
    loop {
        // Several writers take turns: while one commits, the next collects.
        let gathered = orders.lock().await.gather().await;
        let Some((batch, waiting)) = gathered else { return };
        let Err((error, batch, waiting)) = carry_out(&mut backend, batch, waiting, &due).await else { continue };
        if batch.len() > 1 && error.may_be_one_rows() {
            tracing::debug!(error = &error as &dyn std::error::Error, "a batch failed; its orders are tried alone");
            for (batch, waiting) in batch::one_by_one(batch, waiting) {
                if let Err((error, _, waiting)) = carry_out(&mut backend, batch, waiting, &due).await {
                    waiting.fail(&error);
                }
            }
        } else {
            waiting.fail(&error);
        }
    }
}

/// Carries a batch out for those who still wait for it, and answers them; gives back what could not be written.
async fn carry_out(
    backend: &mut impl Backend,
    mut batch: Batch,
    mut waiting: Waiting,
    due: &Notify,
) -> Result<(), (InboxError, Batch, Waiting)> {
    if batch.is_empty() {
        return Ok(());
    }
    if let Err(error) = backend.reach().await {
        waiting.fail(&error);
        return Ok(());
    }
    let mut patience = Patience::of(backend.patience());
    loop {
        // While the database was away or held, callers may have said 503: what they handed in is not to be written behind
        // their backs.
        (batch, waiting) = batch::without_given_up(batch, waiting);
        if batch.is_empty() {
            return Ok(());
        }
        match backend.write(&batch).await {
            Ok(outcome) => {
                answer(waiting, outcome, due, backend).await;
                return Ok(());
            }
            Err(error) if patience.bears(&error).await => {}
            Err(error) => return Err((error, batch, waiting)),
        }
    }
}

async fn answer(waiting: Waiting, outcome: Outcome, due: &Notify, backend: &mut impl Backend) {
    if outcome.due {
        due.notify_one();
    }
    // A worker that went away while its jobs were leased to it will not work on them.
    let unclaimed = waiting.answer(outcome);
    if unclaimed.is_empty() {
        return;
    }
    let batch = Batch::giving_back(&unclaimed);
    let mut patience = Patience::of(backend.patience());
    let written = loop {
        match backend.write(&batch).await {
            Err(error) if patience.bears(&error).await => {}
            written => break written,
        }
    };
    if let Err(error) = written {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "jobs that nobody waits for stay leased until their leases end"
        );
    }
    due.notify_one();
}
