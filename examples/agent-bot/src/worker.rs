//! Takes jobs from the inbox, a few at a time, and settles them as the executor says.

use std::sync::Arc;
use std::time::Duration;

use imchat_inbox::{InboxError, Job, Queue};
use imchat_verify::dedup::Settled;
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::task::JoinSet;
use tracing::{error, warn};

use crate::executor::{Executor, Next};
use crate::post::Post;

/// Longer than an attempt can take, so that no lease needs renewing.
const LEASE: Duration = Duration::from_secs(20);
/// Jobs worked on at the same time.
const HANDS: usize = 8;

/// Works until told to stop, then finishes what it has.
pub(crate) async fn run<Q: Queue, P: Post>(inbox: Q, executor: Arc<Executor<P>>, mut stopped: oneshot::Receiver<()>) {
    let inbox = Arc::new(inbox);
    let mut running = JoinSet::new();
    while matches!(stopped.try_recv(), Err(TryRecvError::Empty)) {
        let free = HANDS.saturating_sub(running.len());
        if free > 0 {
            match inbox.take(free, LEASE).await {
                Ok(jobs) if jobs.is_empty() => {}
                Ok(jobs) => {
                    for job in jobs {
                        let (inbox, executor) = (Arc::clone(&inbox), Arc::clone(&executor));
                        running.spawn(async move { work(&*inbox, &*executor, job).await });
                    }
                    // There may be more than there were hands for.
                    continue;
                }
                Err(error) => {
                    warn!(%error, "no jobs can be taken for now");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
        tokio::select! {
            biased;
            _ = &mut stopped => break,
            Some(_) = running.join_next(), if !running.is_empty() => {}
            () = inbox.wait(), if free > 0 => {}
        }
    }
    while running.join_next().await.is_some() {}
}

async fn work<Q: Queue, P: Post>(inbox: &Q, executor: &Executor<P>, job: Job) {
    let settled = match executor.work(&job).await {
        Ok(()) => inbox.done(&job.lease).await,
        Err(not_done) => {
            let why = not_done.to_string();
            match not_done.next() {
                Next::Bury => inbox.bury(&job.lease, &why).await,
                Next::After(wait) => inbox.retry(&job.lease, wait, &why).await,
                Next::Again => inbox.retry(&job.lease, pause(job.attempt), &why).await,
            }
        }
    };
    told(settled);
}

fn told(settled: Result<Settled, InboxError>) {
    match settled {
        Ok(Settled::Ok) => {}
        Ok(Settled::Lost) => warn!("a lease had ended before its job was settled: it is worked on again"),
        Err(error) => error!(%error, "a job could not be settled: it is worked on again"),
    }
}

fn pause(attempt: u32) -> Duration {
    Duration::from_secs(1_u64 << attempt.min(6))
}
