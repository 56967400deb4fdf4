//! The worker: takes jobs, decodes them, answers in the right thread.
//!
//! 1. Jobs are dispatched to a few *lanes*, each channel always to the same one: answers in a channel keep their order,
//!    and a channel that is over its rate limit holds up only its own lane, until that lane is full.
//! 2. A post that was certainly not made (rate limit, no connection) is tried again a bounded number of times, a rate
//!    limit exactly as late as the platform asks; every other failure is logged once and not tried again, since the
//!    message may stand in the channel already.
//! 3. On [`Executor::drain`] the queue closes, what it holds is still answered, and what does not fit into the time is
//!    counted as abandoned.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tracing::{debug, error, info, warn};

use crate::decode::{Decoded, Inbound, decode};
use crate::post::{Outbound, Post, PostError};
use crate::queue::{Job, Jobs};
use crate::reply;

/// How hard the executor tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Channels answered at the same time; at least one.
    pub lanes: usize,
    /// Answers that may wait in one lane; at least one.
    pub lane_capacity: usize,
    /// Posts tried for one answer; at least one.
    pub attempts: u32,
    /// A `Retry-After` longer than this is not waited for.
    pub longest_wait: Duration,
    /// Time for one post.
    pub post_deadline: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lanes: 4,
            lane_capacity: 16,
            attempts: 5,
            longest_wait: Duration::from_secs(60),
            post_deadline: crate::slack::POST_DEADLINE,
        }
    }
}

/// What became of the jobs, counted when the executor stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drained {
    /// Answers that were posted.
    pub answered: u64,
    /// Jobs that asked for nothing.
    pub ignored: u64,
    /// Jobs that could not be decoded, and answers that could not be posted.
    pub failed: u64,
    /// Jobs that were acknowledged and not finished in time.
    pub abandoned: u64,
}

#[derive(Debug, Default)]
struct Tally {
    answered: AtomicU64,
    ignored: AtomicU64,
    failed: AtomicU64,
}

/// The running worker.
#[derive(Debug)]
pub struct Executor {
    stop: oneshot::Sender<()>,
    dispatcher: JoinHandle<()>,
    accepted: Arc<AtomicU64>,
    tally: Arc<Tally>,
}

impl Executor {
    /// Starts to work on `jobs`, answering through `post`.
    #[must_use]
    pub fn start(jobs: Jobs, post: impl Post, limits: Limits) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (accepted, tally) = (jobs.accepted(), Arc::new(Tally::default()));
        let worker = Arc::new(Worker { post, limits, tally: Arc::clone(&tally) });
        let dispatcher = tokio::spawn(dispatch(jobs, worker, stopped));
        Self { stop, dispatcher, accepted, tally }
    }

    /// Closes the queue, finishes what it holds, and stops at the latest after `within`.
    pub async fn drain(mut self, within: Duration) -> Drained {
        // Gone only when the dispatcher has ended already.
        let _ = self.stop.send(());
        if tokio::time::timeout(within, &mut self.dispatcher).await.is_err() {
            self.dispatcher.abort();
        }
        let count = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        let (answered, ignored, failed) =
            (count(&self.tally.answered), count(&self.tally.ignored), count(&self.tally.failed));
        let finished = answered.saturating_add(ignored).saturating_add(failed);
        Drained { answered, ignored, failed, abandoned: count(&self.accepted).saturating_sub(finished) }
    }
}

async fn dispatch<P: Post>(mut jobs: Jobs, worker: Arc<Worker<P>>, mut stopped: oneshot::Receiver<()>) {
    let mut running = JoinSet::new();
    let lanes: Vec<mpsc::Sender<Inbound>> = (0..worker.limits.lanes.max(1))
        .map(|_| {
            let (lane, mut inbounds) = mpsc::channel::<Inbound>(worker.limits.lane_capacity.max(1));
            let worker = Arc::clone(&worker);
            running.spawn(async move {
                while let Some(inbound) = inbounds.recv().await {
                    worker.answer(inbound).await;
                }
            });
            lane
        })
        .collect();

    let mut draining = false;
    loop {
        let job = tokio::select! {
            biased;
            _ = &mut stopped, if !draining => {
                jobs.close();
                draining = true;
                continue;
            }
            job = jobs.next() => job,
        };
        let Some(job) = job else { break };
        let Some(inbound) = worker.decoded(&job) else { continue };
        let sent = match lane_of(&inbound, &lanes) {
            Some(lane) => lane.send(inbound).await.is_ok(),
            None => false,
        };
        if !sent {
            worker.tally.failed.fetch_add(1, Ordering::SeqCst);
            error!("a lane has stopped: restart the process, answers to some channels are lost");
        }
    }
    drop(lanes);
    while running.join_next().await.is_some() {}
}

/// A channel's lane: always the same one.
fn lane_of<'a>(inbound: &Inbound, lanes: &'a [mpsc::Sender<Inbound>]) -> Option<&'a mpsc::Sender<Inbound>> {
    let mut hasher = DefaultHasher::new();
    (&inbound.team, &inbound.channel).hash(&mut hasher);
    let count = u64::try_from(lanes.len()).ok()?;
    lanes.get(usize::try_from(hasher.finish().checked_rem(count)?).ok()?)
}

struct Worker<P> {
    post: P,
    limits: Limits,
    tally: Arc<Tally>,
}

impl<P: Post> Worker<P> {
    fn decoded(&self, job: &Job) -> Option<Inbound> {
        match decode(job.kind, &job.body) {
            Ok(Decoded::Message(inbound)) => return Some(inbound),
            Ok(Decoded::Ignored(reason)) => {
                self.tally.ignored.fetch_add(1, Ordering::SeqCst);
                debug!(kind = ?job.kind, reason, "nothing to answer");
            }
            Err(error) => {
                self.tally.failed.fetch_add(1, Ordering::SeqCst);
                error!(kind = ?job.kind, %error, "an authentic request cannot be decoded");
            }
        }
        None
    }

    async fn answer(&self, inbound: Inbound) {
        let (event_id, channel) = (inbound.event_id.as_deref().unwrap_or("-"), inbound.channel.as_str());
        let message = Outbound {
            channel: inbound.channel.clone(),
            thread_ts: inbound.thread_ts.clone(),
            text: reply::answer(&inbound.text),
        };
        let counter = match self.say(&message).await {
            Ok(ts) => {
                info!(event_id, channel, ts, "answered");
                &self.tally.answered
            }
            Err(error) => {
                error!(event_id, channel, %error, "not answered");
                &self.tally.failed
            }
        };
        counter.fetch_add(1, Ordering::SeqCst);
    }

    /// Posts, again where that cannot say a thing twice.
    async fn say(&self, message: &Outbound) -> Result<String, PostError> {
        let mut attempt = 1_u32;
        loop {
            let once = tokio::time::timeout(self.limits.post_deadline, self.post.post(message)).await;
            let error = match once.unwrap_or(Err(PostError::Unknown("it took too long"))) {
                Ok(ts) => return Ok(ts),
                Err(error) => error,
            };
            let wait = match error {
                PostError::RateLimited { retry_after } => retry_after.unwrap_or(Duration::from_secs(1)),
                PostError::Unreachable => Duration::from_secs(1).saturating_mul(attempt),
                PostError::Refused { .. } | PostError::Unknown(_) => return Err(error),
            };
            // Coming back earlier than asked would only be refused again.
            if attempt >= self.limits.attempts || wait > self.limits.longest_wait {
                return Err(error);
            }
            warn!(channel = message.channel, attempt, wait_s = wait.as_secs(), %error, "trying again later");
            tokio::time::sleep(wait).await;
            attempt = attempt.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests;
