//! What durable inboxes cost: deliveries written down, beside what one would write without them.
//!
//! Every contender is a number of tasks that write one delivery after the other for a slice of time; on its own file or
//! table, with the same rows, and durable when it says so.

mod ack;
mod growth;
mod postgres;
mod row;
mod sqlite;
mod syncs;
mod worker;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use imchat_inbox::{InboxError, Queue};
use imchat_verify::dedup::Settled;
use imchat_verify::inbox::{Accepted, Inbox};
use tokio::task::JoinSet;

pub use ack::acks;
pub use growth::{FEW, MANY, growth};
pub use postgres::postgres;
pub use sqlite::sqlite;
pub use syncs::{Syncs, accept_for, syncs};
pub use worker::{Worked, worker_on_postgres, worker_on_sqlite};

/// Deliveries that are under way at a time, and rows of the largest statement of a peer.
pub const IN_FLIGHT: usize = 64;

/// What a race came to.
#[derive(Debug, Default)]
pub struct Figures {
    /// Accepts of the inbox in a second, by round.
    pub ours: Vec<f64>,
    /// Deliveries of the inbox to a commit, by round.
    pub to_a_commit: Vec<f64>,
    /// Deliveries in a second with a transaction each, by round.
    pub one_each: Vec<f64>,
    /// Deliveries in a second in statements of many rows, by round.
    pub many_rows: Vec<f64>,
    /// Jobs in a second from taken to done.
    pub drained: f64,
}

/// Runs `tasks` of a piece of work again and again for a slice; returns how many deliveries were written, where each piece
/// says how many it wrote, and the time from the first to the last.
async fn written<F, W>(tasks: usize, slice: Duration, work: W) -> Result<(u64, Duration)>
where
    F: Future<Output = Result<u64>> + Send,
    W: Fn() -> F + Clone + Send + 'static,
{
    let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let start = Instant::now();
    let mut running = Vec::new();
    for _ in 0..tasks {
        let (stop, written, work) = (Arc::clone(&stop), Arc::clone(&written), work.clone());
        running.push(tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                written.fetch_add(work().await?, Ordering::Relaxed);
            }
            anyhow::Ok(())
        }));
    }
    tokio::time::sleep(slice).await;
    stop.store(true, Ordering::Relaxed);
    for task in running {
        task.await??;
    }
    Ok((written.load(Ordering::Relaxed), start.elapsed()))
}

/// The same, in a second.
async fn rate<F, W>(tasks: usize, slice: Duration, work: W) -> Result<f64>
where
    F: Future<Output = Result<u64>> + Send,
    W: Fn() -> F + Clone + Send + 'static,
{
    let (written, took) = written(tasks, slice, work).await?;
    Ok(written as f64 / took.as_secs_f64())
}

/// Accepts in a second, of deliveries that are all new.
async fn accepts(inbox: &(impl Inbox<Error = InboxError> + Clone), slice: Duration) -> Result<f64> {
    let (accepted, took) = accepted(inbox, slice).await?;
    Ok(accepted as f64 / took.as_secs_f64())
}

/// Deliveries that are all new, and how long they took.
async fn accepted(inbox: &(impl Inbox<Error = InboxError> + Clone), slice: Duration) -> Result<(u64, Duration)> {
    let inbox = inbox.clone();
    written(IN_FLIGHT, slice, move || {
        let inbox = inbox.clone();
        async move {
            ensure!(inbox.accept(row::delivery()).await? == Accepted::New, "a new key was not new");
            Ok(1)
        }
    })
    .await
}

/// Jobs in a second from the inbox to the tombstone, of those that were accepted: taken many at a time, done one by one.
async fn drain(inbox: &(impl Queue + Clone), slice: Duration) -> Result<f64> {
    let inbox = inbox.clone();
    rate(4, slice, move || {
        let inbox = inbox.clone();
        async move {
            let mut working = JoinSet::new();
            for job in inbox.take(IN_FLIGHT, Duration::from_secs(60)).await? {
                let inbox = inbox.clone();
                working.spawn(async move { inbox.done(&job.lease).await });
            }
            let mut done = 0;
            while let Some(settled) = working.join_next().await {
                ensure!(settled?? == Settled::Ok, "a lease of a minute was lost");
                done += 1;
            }
            Ok(done)
        }
    })
    .await
}
