//! A job ends in the transaction of what it led to.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use imchat_inbox::{InboxError, Job, JobLease, PostgresInbox, Queue, SqliteInbox};
use imchat_verify::dedup::Settled;
use imchat_verify::inbox::Delivery;

use super::NotDone;
use crate::platform::Doing;
use crate::state::Tx;

/// Ends jobs in a transaction.
pub trait Settle: Send + Sync {
    /// Ends the lease with the work done, once the transaction is committed; roll back after an error.
    fn done_in<'a>(&'a self, tx: &'a mut Tx, lease: &'a JobLease) -> Doing<'a, (), NotDone>;

    /// What waits in the job's lane behind it, the oldest first.
    fn behind<'a>(&'a self, lease: &'a JobLease, most: u32) -> Doing<'a, Vec<Delivery>, NotDone>;
}

/// An inbox that can end a job in a transaction on the bot's own tables.
pub trait DoneIn: Queue {
    /// As of the inbox's own `done_in`.
    fn done_in<'a>(&'a self, tx: &'a mut Tx, lease: &'a JobLease) -> Doing<'a, Settled, NotDone>;
}

impl DoneIn for SqliteInbox {
    fn done_in<'a>(&'a self, tx: &'a mut Tx, lease: &'a JobLease) -> Doing<'a, Settled, NotDone> {
        Box::pin(async move {
            match tx.sqlite() {
                Some(db) => Ok(Self::done_in(self, db, lease).await?),
                None => Err(NotDone::Lost),
            }
        })
    }
}

impl DoneIn for PostgresInbox {
    fn done_in<'a>(&'a self, tx: &'a mut Tx, lease: &'a JobLease) -> Doing<'a, Settled, NotDone> {
        Box::pin(async move {
            match tx.postgres() {
                Some(db) => Ok(Self::done_in(self, db, lease).await?),
                None => Err(NotDone::Lost),
            }
        })
    }
}

/// An inbox whose jobs end in transactions, for a worker: what ended there it need not end again.
#[derive(Debug, Clone)]
pub struct Settling<I> {
    inbox: I,
    ended: Arc<Mutex<HashSet<(i64, u64)>>>,
}

impl<I> Settling<I> {
    /// Over this inbox.
    #[must_use]
    pub fn new(inbox: I) -> Self {
        Self { inbox, ended: Arc::default() }
    }

    fn ended(&self) -> MutexGuard<'_, HashSet<(i64, u64)>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the lease ended in a transaction; it is forgotten here.
    fn forget(&self, lease: &JobLease) -> bool {
        self.ended().remove(&name(lease))
    }
}

fn name(lease: &JobLease) -> (i64, u64) {
    (lease.id(), lease.fence().get())
}

impl<I: DoneIn> Settle for Settling<I> {
    fn done_in<'a>(&'a self, tx: &'a mut Tx, lease: &'a JobLease) -> Doing<'a, (), NotDone> {
        Box::pin(async move {
            if self.inbox.done_in(tx, lease).await? == Settled::Lost {
                return Err(NotDone::Lost);
            }
            self.ended().insert(name(lease));
            Ok(())
        })
    }

    fn behind<'a>(&'a self, lease: &'a JobLease, most: u32) -> Doing<'a, Vec<Delivery>, NotDone> {
        Box::pin(async move { Ok(self.inbox.behind(lease, most).await?) })
    }
}

impl<I: Queue> Queue for Settling<I> {
    async fn take(&self, most: usize, lease: Duration) -> Result<Vec<Job>, InboxError> {
        self.inbox.take(most, lease).await
    }

    async fn heartbeat(&self, lease: &JobLease, length: Duration) -> Result<Settled, InboxError> {
        // What is left of the work needs no lease any more.
        if self.ended().contains(&name(lease)) {
            return Ok(Settled::Ok);
        }
        self.inbox.heartbeat(lease, length).await
    }

    async fn done(&self, lease: &JobLease) -> Result<Settled, InboxError> {
        if self.forget(lease) {
            return Ok(Settled::Ok);
        }
        self.inbox.done(lease).await
    }

    // What was not committed after all is tried again; what was is found lost.

    async fn retry(&self, lease: &JobLease, after: Duration, why: &str) -> Result<Settled, InboxError> {
        self.forget(lease);
        self.inbox.retry(lease, after, why).await
    }

    async fn bury(&self, lease: &JobLease, why: &str) -> Result<Settled, InboxError> {
        self.forget(lease);
        self.inbox.bury(lease, why).await
    }

    async fn give_back(&self, lease: &JobLease) -> Result<Settled, InboxError> {
        self.forget(lease);
        self.inbox.give_back(lease).await
    }

    async fn behind(&self, lease: &JobLease, most: u32) -> Result<Vec<Delivery>, InboxError> {
        self.inbox.behind(lease, most).await
    }

    async fn wait(&self) {
        self.inbox.wait().await;
    }
}
