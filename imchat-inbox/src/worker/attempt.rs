//! One attempt at a job, from the call of the service to the settled lease.

use std::any::Any;
use std::future::poll_fn;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Duration, Instant, timeout};
use tower_service::Service;
use tracing::Instrument as _;

use super::builder::Settings;
use super::held::{End, Heard, Held};
use super::permanent::{BoxError, Next, why};
use super::report::{Outcome, Report};
use crate::{Job, Queue};

/// How long a handler that is stopped may take to come to an await.
const COME_TO_REST: Duration = Duration::from_secs(1);

/// What all attempts of a worker share.
#[derive(Debug)]
pub(super) struct Shared<Q> {
    pub(super) queue: Q,
    pub(super) settings: Settings,
}

/// A job that was taken, with what an attempt at it needs.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) job: Job,
    /// Just before it was asked for.
    pub(super) since: Instant,
    /// Free again once the handler has ended, before the job is settled.
    pub(super) slot: OwnedSemaphorePermit,
    /// Becomes true when handlers are to stop.
    pub(super) stop: watch::Receiver<bool>,
}

/// Makes the attempt; ends when the job is settled, or nothing more can be done about it.
pub(super) async fn attempt<Q, S>(shared: Arc<Shared<Q>>, service: S, taken: Taken)
where
    Q: Queue,
    S: Service<Job> + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    let report = Report::of(&taken.job);
    let span = report.span();
    make(shared, service, taken, report).instrument(span).await;
}

async fn make<Q, S>(shared: Arc<Shared<Q>>, service: S, taken: Taken, mut report: Report)
where
    Q: Queue,
    S: Service<Job> + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    let Taken { job, since, slot, mut stop } = taken;
    let held = Held { queue: &shared.queue, lease: job.lease, length: shared.settings.lease, since };
    let start = Instant::now();
    let mut handler = Handler::start(service, job);
    let ended = tokio::select! {
        biased;
        ended = handler.ended() => Ended::ByItself(ended),
        () = held.keep() => Ended::Lost,
        _ = stop.wait_for(|stop| *stop) => Ended::Stopped,
    };
    let end = match ended {
        Ended::ByItself(ended) => Some(end(ended, &shared.settings, report.attempt, held.seed())),
        // Its effects are fenced, but there is no use in them any more.
        Ended::Lost => {
            if let Stop::GoesOn = handler.stop().await {
                tracing::warn!("the handler goes on after its lease was lost, for it never awaits: it keeps its slot");
                // Beside it, one more than may run would run.
                let _ended = handler.ended().await;
            }
            None
        }
        // Where it goes on regardless, another worker had better wait for the lease's end.
        Ended::Stopped => match handler.stop().await {
            Stop::Rested => Some(End::GiveBack),
            Stop::Ended(ended) => Some(end(ended, &shared.settings, report.attempt, held.seed())),
            Stop::GoesOn => {
                tracing::warn!(
                    "the handler does not stop, for it never awaits: its job is left to the end of its lease"
                );
                return;
            }
        },
    };
    report.took = start.elapsed();
    // Before the lease is settled, so that the next job can be taken in the commit that settles this one.
    drop(slot);
    report.outcome = match end {
        None => Outcome::Lost,
        Some(end) => match held.settle(&end).await {
            Heard::Settled => outcome(end, report.last),
            Heard::Lost => Outcome::Lost,
            Heard::InDoubt => Outcome::InDoubt,
            Heard::Nothing => Outcome::Unsettled,
        },
    };
    report.log();
    if let Some(on_report) = &shared.settings.on_report {
        (on_report.0)(&report);
    }
}

enum Ended {
    ByItself(Result<Result<(), BoxError>, JoinError>),
    Lost,
    Stopped,
}

fn outcome(end: End, last: bool) -> Outcome {
    match end {
        End::Done => Outcome::Done,
        End::Retry { why, .. } if last => Outcome::Dead { why },
        End::Retry { after, why } => Outcome::Retry { after, why },
        End::Bury { why } => Outcome::Dead { why },
        End::GiveBack => Outcome::GivenBack,
    }
}

/// What the lease ends in, by what the handler said.
fn end(ended: Result<Result<(), BoxError>, JoinError>, settings: &Settings, attempt: u32, seed: u64) -> End {
    let again = |why| End::Retry { after: settings.backoff.pause(attempt, seed), why };
    match ended {
        Ok(Ok(())) => End::Done,
        Ok(Err(error)) => match (Next::of(&*error), why(&*error)) {
            (Next::Never, why) => End::Bury { why },
            (Next::After(after), why) => End::Retry { after, why },
            (Next::Unsaid, why) => again(why),
        },
        Err(ended) => match ended.try_into_panic() {
            Ok(said) => again(crate::desk::reason(&panicked(&*said))),
            // The runtime is shutting down.
            Err(_) => End::GiveBack,
        },
    }
}

fn panicked(said: &(dyn Any + Send)) -> String {
    let text = said.downcast_ref::<&str>().copied().or_else(|| said.downcast_ref::<String>().map(String::as_str));
    format!("the handler panicked: {}", text.unwrap_or("the process's own output says where"))
}

/// A handler on a task of its own: one that blocks its thread does not keep its lease from being renewed, and its panic
/// stays there. It is stopped when this is dropped.
struct Handler(JoinSet<Result<(), BoxError>>);

enum Stop {
    Rested,
    Ended(Result<Result<(), BoxError>, JoinError>),
    GoesOn,
}

impl Handler {
    fn start<S>(mut service: S, job: Job) -> Self
    where
        S: Service<Job> + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
    {
        let mut task = JoinSet::new();
        let run = async move {
            poll_fn(|context| service.poll_ready(context)).await.map_err(Into::into)?;
            service.call(job).await.map(|_| ()).map_err(Into::into)
        };
        task.spawn(run.in_current_span());
        Self(task)
    }

    async fn ended(&mut self) -> Result<Result<(), BoxError>, JoinError> {
        match self.0.join_next().await {
            Some(ended) => ended,
            // Asked again after it has ended.
            None => std::future::pending().await,
        }
    }

    /// Stops it at its next await.
    async fn stop(&mut self) -> Stop {
        self.0.abort_all();
        match timeout(COME_TO_REST, self.ended()).await {
            Ok(Err(ended)) if ended.is_cancelled() => Stop::Rested,
            // It was quicker.
            Ok(ended) => Stop::Ended(ended),
            Err(_) => Stop::GoesOn,
        }
    }
}
