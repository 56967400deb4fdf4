//! Orders that share a transaction.

use std::collections::HashSet;

use imchat_verify::dedup::Settled;
use imchat_verify::inbox::Accepted;
use tokio::sync::mpsc;

use super::order::Reply;
use super::{Act, Order, Outcome, Settle, Take, Way};
use crate::InboxError;
use crate::row::{Row, Stored};
use crate::turn::others_first;

/// Orders in one transaction: enough for its cost to vanish, few enough for the first not to wait for the last.
const MOST: usize = 256;
/// Bytes after which no more rows join a transaction.
const MOST_BYTES: usize = 8 << 20;

/// Orders that share a transaction, by kind and each kind in the order of arrival. No two settle the same job.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) enqueues: Vec<Row>,
    pub(crate) settles: Vec<Settle>,
    pub(crate) takes: Vec<Take>,
    pub(crate) acts: Vec<Act>,
}

/// Who waits for what of a batch, in its order.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    enqueues: Vec<Enqueued>,
    settles: Vec<Reply<Settled>>,
    takes: Vec<Reply<Vec<Stored>>>,
    acts: Vec<Reply<u64>>,
}

/// Who waits for what became of rows.
#[derive(Debug)]
enum Enqueued {
    One(Reply<Accepted>),
    /// So many rows in a row, which have one answer.
    All(usize, Reply<Vec<Accepted>>),
}

impl Enqueued {
    /// Whether nobody waits for the answer any more.
    fn is_given_up(&self) -> bool {
        match self {
            Self::One(reply) => reply.is_closed(),
            Self::All(_, reply) => reply.is_closed(),
        }
    }

    const fn rows(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::All(rows, _) => *rows,
        }
    }

    /// Takes what became of its rows off the front.
    fn tell(self, accepted: &mut impl Iterator<Item = Result<Accepted, InboxError>>) {
        match self {
            Self::One(reply) => {
                let _gone = accepted.next().map(|accepted| reply.send(accepted));
            }
            Self::All(rows, reply) => {
                // All of them are taken, also behind one that failed.
                let accepted: Vec<_> = accepted.take(rows).collect();
                let _gone = reply.send(accepted.into_iter().collect());
            }
        }
    }
}

impl Batch {
    pub(crate) const fn len(&self) -> usize {
        let orders = self.enqueues.len().saturating_add(self.settles.len());
        orders.saturating_add(self.takes.len()).saturating_add(self.acts.len())
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it is nothing but rows without lanes, at most so many: one statement writes those.
    pub(crate) fn is_only_plain_rows(&self, most: usize) -> bool {
        let rows = self.enqueues.len();
        self.len() == rows && rows <= most && self.enqueues.iter().all(|row| row.lane.is_none())
    }

    /// Jobs that were leased for somebody who is gone.
    pub(super) fn giving_back(jobs: &[Stored]) -> Self {
        let settles = jobs.iter().map(|job| Settle { lease: job.lease(), way: Way::GiveBack }).collect();
        Self { settles, ..Self::default() }
    }

    fn add(&mut self, waiting: &mut Waiting, order: Order) {
        match order {
            // Nobody waits for these any more: a delivery is sent again, and a job is better left to the others.
            Order::Enqueue(_, reply) if reply.is_closed() => {}
            Order::EnqueueAll(_, reply) if reply.is_closed() => {}
            Order::Take(_, reply) if reply.is_closed() => {}
            Order::Enqueue(row, reply) => {
                self.enqueues.push(*row);
                waiting.enqueues.push(Enqueued::One(reply));
            }
            Order::EnqueueAll(rows, reply) => {
                waiting.enqueues.push(Enqueued::All(rows.len(), reply));
                self.enqueues.extend(rows);
            }
            Order::Settle(settle, reply) => {
                self.settles.push(settle);
                waiting.settles.push(reply);
            }
            Order::Take(take, reply) => {
                self.takes.push(take);
                waiting.takes.push(reply);
            }
            Order::Act(act, reply) => {
                self.acts.push(act);
                waiting.acts.push(reply);
            }
        }
    }
}

impl Waiting {
    /// Tells everybody what became of their orders; returns the jobs of those who no longer wait for them.
    pub(super) fn answer(self, outcome: Outcome) -> Vec<Stored> {
        let mut accepted = outcome.accepted.into_iter();
        for enqueued in self.enqueues {
            enqueued.tell(&mut accepted);
        }
        for (reply, settled) in self.settles.into_iter().zip(outcome.settled) {
            let _gone = reply.send(Ok(settled));
        }
        for (reply, acted) in self.acts.into_iter().zip(outcome.acted) {
            let _gone = reply.send(Ok(acted));
        }
        let mut unclaimed = Vec::new();
        for (reply, jobs) in self.takes.into_iter().zip(outcome.taken) {
            if let Err(Ok(jobs)) = reply.send(Ok(jobs)) {
                unclaimed.extend(jobs);
            }
        }
        unclaimed
    }

    pub(super) fn fail(self, error: &InboxError) {
        fn tell<T>(replies: Vec<Reply<T>>, error: &InboxError) {
            for reply in replies {
                let _gone = reply.send(Err(error.clone()));
            }
        }
        for enqueued in self.enqueues {
            match enqueued {
                Enqueued::One(reply) => tell(vec![reply], error),
                Enqueued::All(_, reply) => tell(vec![reply], error),
            }
        }
        tell(self.settles, error);
        tell(self.takes, error);
        tell(self.acts, error);
    }
}

/// Where orders arrive.
#[derive(Debug)]
pub(crate) struct Arrivals {
    orders: mpsc::Receiver<Order>,
    /// An order that has to come after the batch it arrived with.
    held: Option<Order>,
}

impl Arrivals {
    pub(super) const fn new(orders: mpsc::Receiver<Order>) -> Self {
        Self { orders, held: None }
    }

    /// The next batch: the first order, and what is there besides; `None` once the last sender is gone.
    pub(super) async fn gather(&mut self) -> Option<(Batch, Waiting)> {
        let first = match self.held.take() {
            Some(held) => held,
            None => self.orders.recv().await?,
        };
        let mut gathering = Gathering::default();
        self.held = gathering.add(first);
        loop {
            let before = gathering.orders;
            // Whoever was answered just now has not had its turn yet: without one, every second batch would be of one order.
            others_first().await;
            while self.held.is_none() && gathering.has_room() {
                match self.orders.try_recv() {
                    Ok(order) => self.held = gathering.add(order),
                    Err(_) => break,
                }
            }
            if gathering.orders == before || self.held.is_some() || !gathering.has_room() {
                return Some((gathering.batch, gathering.waiting));
            }
        }
    }
}

#[derive(Default)]
struct Gathering {
    batch: Batch,
    waiting: Waiting,
    orders: usize,
    bytes: usize,
    jobs: HashSet<i64>,
}

impl Gathering {
    const fn has_room(&self) -> bool {
        self.orders < MOST && self.bytes < MOST_BYTES
    }

    /// Gives the order back where it settles a job that another order of the batch settles.
    fn add(&mut self, order: Order) -> Option<Order> {
        let mut orders = 1_usize;
        match &order {
            Order::Enqueue(row, _) => self.bytes = self.bytes.saturating_add(row.bytes()),
            Order::EnqueueAll(rows, _) => {
                self.bytes = rows.iter().fold(self.bytes, |sum, row| sum.saturating_add(row.bytes()));
                orders = rows.len();
            }
            Order::Settle(settle, _) if !self.jobs.insert(settle.lease.id()) => return Some(order),
            Order::Settle(..) | Order::Take(..) | Order::Act(..) => {}
        }
        self.orders = self.orders.saturating_add(orders);
        self.batch.add(&mut self.waiting, order);
        None
    }
}

/// What is left of a batch without the rows whose callers have gone: they said 503, and the sender sends them again.
pub(super) fn without_given_up(mut batch: Batch, mut waiting: Waiting) -> (Batch, Waiting) {
    if !waiting.enqueues.iter().any(Enqueued::is_given_up) {
        return (batch, waiting);
    }
    let mut rows = std::mem::take(&mut batch.enqueues).into_iter();
    for enqueued in std::mem::take(&mut waiting.enqueues) {
        let its = rows.by_ref().take(enqueued.rows());
        if enqueued.is_given_up() {
            its.for_each(drop);
        } else {
            batch.enqueues.extend(its);
            waiting.enqueues.push(enqueued);
        }
    }
    (batch, waiting)
}

/// The orders of a batch, each in one of its own.
pub(super) fn one_by_one(batch: Batch, waiting: Waiting) -> impl Iterator<Item = (Batch, Waiting)> {
    fn alone(fill: impl FnOnce(&mut Batch, &mut Waiting)) -> (Batch, Waiting) {
        let mut pair = (Batch::default(), Waiting::default());
        fill(&mut pair.0, &mut pair.1);
        pair
    }
    let mut rows = batch.enqueues.into_iter();
    let enqueues = waiting.enqueues.into_iter().map(move |enqueued| {
        alone(|batch, waiting| {
            batch.enqueues.extend(rows.by_ref().take(enqueued.rows()));
            waiting.enqueues.push(enqueued);
        })
    });
    let settles = batch.settles.into_iter().zip(waiting.settles).map(|(settle, reply)| {
        alone(|batch, waiting| {
            batch.settles.push(settle);
            waiting.settles.push(reply);
        })
    });
    let takes = batch.takes.into_iter().zip(waiting.takes).map(|(take, reply)| {
        alone(|batch, waiting| {
            batch.takes.push(take);
            waiting.takes.push(reply);
        })
    });
    let acts = batch.acts.into_iter().zip(waiting.acts).map(|(act, reply)| {
        alone(|batch, waiting| {
            batch.acts.push(act);
            waiting.acts.push(reply);
        })
    });
    enqueues.chain(settles).chain(takes).chain(acts)
}
