//! What the writer can be asked to do.

use std::time::Duration;

use imchat_verify::dedup::Settled;
use imchat_verify::inbox::Accepted;
use tokio::sync::{mpsc, oneshot};

use crate::clock::span;
use crate::row::{self, Row, Stored};
use crate::{InboxError, JobLease};

pub(crate) type Reply<T> = oneshot::Sender<Result<T, InboxError>>;

/// One caller's order, with where the answer goes.
#[derive(Debug)]
pub(crate) enum Order {
    Enqueue(Box<Row>, Reply<Accepted>),
    /// The items of a batch, which stay together whatever else fails.
    EnqueueAll(Vec<Row>, Reply<Vec<Accepted>>),
    Settle(Settle, Reply<Settled>),
    Take(Take, Reply<Vec<Stored>>),
    Act(Act, Reply<u64>),
}

/// A compare-and-set on a job and its fence.
#[derive(Debug, Clone)]
pub(crate) struct Settle {
    pub(crate) lease: JobLease,
    pub(crate) way: Way,
}

/// What a settled lease ends in.
#[derive(Debug, Clone)]
pub(crate) enum Way {
    Renew(Duration),
    Done,
    Retry {
        after: Duration,
        why: String,
    },
    Bury {
        why: String,
    },
    /// As if it had not been taken: nobody worked on it.
    GiveBack,
}

impl Way {
    /// The state that it ends in, when that falls due counted from now in microseconds, and the reason.
    ///
    /// A retry ends as a dead letter where no attempt is left, which only the row knows.
    pub(crate) fn ends(&self) -> (i64, i64, Option<&str>) {
        match self {
            Self::Renew(length) => (row::LEASED, span(*length), None),
            Self::Done => (row::DONE, 0, None),
            Self::Retry { after, why } => (row::WAITING, span(*after), Some(why)),
            Self::Bury { why } => (row::DEAD, 0, Some(why)),
            Self::GiveBack => (row::READY, 0, None),
        }
    }
}

/// A worker's wish for jobs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Take {
    pub(crate) most: usize,
    pub(crate) lease: Duration,
}

/// What a person, or the housekeeping, does.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Replay {
        id: i64,
        who: String,
        why: String,
    },
    Discard {
        id: i64,
        who: String,
        why: String,
    },
    /// At most this many tombstones whose retention is over.
    Purge {
        most: u32,
    },
}

/// What the audit says of an act, but for when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) act: &'static str,
    pub(crate) who: &'a str,
    pub(crate) why: &'a str,
}

impl<'a> Entry<'a> {
    pub(crate) const REDELIVERED: Entry<'static> =
        Entry { act: "rearm", who: "the platform", why: "it was sent again" };

    pub(crate) const fn replay(who: &'a str, why: &'a str) -> Self {
        Self { act: "replay", who, why }
    }

    pub(crate) const fn discard(who: &'a str, why: &'a str) -> Self {
        Self { act: "discard", who, why }
    }
}

/// What a dead letter says whose last worker did not come back.
pub(crate) const NO_ANSWER: &str = "the last attempt ended without an answer: its worker died or took too long";

/// The way to the writer.
#[derive(Debug, Clone)]
pub(crate) struct Orders(mpsc::Sender<Order>);

impl Orders {
    pub(crate) const fn new(sender: mpsc::Sender<Order>) -> Self {
        Self(sender)
    }

    pub(crate) async fn enqueue(&self, row: Row) -> Result<Accepted, InboxError> {
        self.order(|reply| Order::Enqueue(Box::new(row), reply)).await
    }

    pub(crate) async fn enqueue_all(&self, rows: Vec<Row>) -> Result<Vec<Accepted>, InboxError> {
        self.order(|reply| Order::EnqueueAll(rows, reply)).await
    }

    pub(crate) async fn settle(&self, lease: &JobLease, way: Way) -> Result<Settled, InboxError> {
        self.order(|reply| Order::Settle(Settle { lease: *lease, way }, reply)).await
    }

    pub(crate) async fn take(&self, take: Take) -> Result<Vec<Stored>, InboxError> {
        self.order(|reply| Order::Take(take, reply)).await
    }

    pub(crate) async fn act(&self, act: Act) -> Result<u64, InboxError> {
        self.order(|reply| Order::Act(act, reply)).await
    }

    async fn order<T>(&self, order: impl FnOnce(Reply<T>) -> Order) -> Result<T, InboxError> {
        let (reply, answer) = oneshot::channel();
        self.0.send(order(reply)).await.map_err(|_| InboxError::Closed)?;
        answer.await.map_err(|_| InboxError::Closed)?
    }
}
