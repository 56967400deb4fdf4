//! The worker on a queue in memory, in simulated time. What it does on databases is in the suite.

mod drain;
mod fake;
mod faults;
mod leases;
mod outcomes;
mod taking;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use imchat_inbox::Worker;
use imchat_inbox::worker::{Outcome, Permanent, Report};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::sleep;

pub use fake::{Fake, Fault, MOST_ATTEMPTS, Plain, State, until};

pub const SECOND: Duration = Duration::from_secs(1);

/// What a service says that cannot fail for a while.
pub type Told = Result<(), Permanent>;

/// Takes so long, and is done.
pub async fn takes(time: Duration) -> Told {
    sleep(time).await;
    Ok(())
}

/// What a worker reported.
#[derive(Clone, Default)]
pub struct Reports(Arc<Mutex<Vec<Report>>>);

impl Reports {
    pub fn keep<Q, S>(&self, worker: Worker<Q, S>) -> Worker<Q, S> {
        let reports = self.clone();
        worker.on_report(move |report| reports.0.lock().unwrap().push(report.clone()))
    }

    pub fn all(&self) -> Vec<Report> {
        self.0.lock().unwrap().clone()
    }

    pub fn outcomes(&self) -> Vec<Outcome> {
        self.all().into_iter().map(|report| report.outcome).collect()
    }

    pub fn names(&self) -> Vec<&'static str> {
        self.all().iter().map(|report| report.outcome.name()).collect()
    }
}

/// A worker at work on a task of its own.
pub struct Working {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

macro_rules! start {
    ($worker:expr) => {{
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let worker = $worker;
        let task = tokio::spawn(async move { worker.run_until(async { drop(stopped.await) }).await });
        $crate::worker::Working::new(stop, task)
    }};
}
pub(crate) use start;

impl Working {
    pub fn new(stop: oneshot::Sender<()>, task: JoinHandle<()>) -> Self {
        Self { stop, task }
    }

    /// Tells it to stop, and waits until it has.
    pub async fn stop(self) {
        drop(self.stop);
        self.task.await.expect("the worker panicked");
    }
}
