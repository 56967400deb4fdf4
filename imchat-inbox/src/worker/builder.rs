//! A worker and its settings.

use std::sync::Arc;
use std::time::Duration;

use super::backoff::Backoff;
use super::report::{OnReport, Report};

/// Takes jobs from a queue, runs a service on each, and settles it as the service says; see the [module](super) for how.
#[derive(Debug, Clone)]
#[must_use = "a worker does nothing until `run_until` is awaited"]
pub struct Worker<Q, S> {
    pub(super) queue: Q,
    pub(super) service: S,
    pub(super) settings: Settings,
}

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) concurrency: usize,
    pub(super) lease: Duration,
    pub(super) backoff: Backoff,
    pub(super) poll: Duration,
    pub(super) drain: Duration,
    pub(super) on_report: Option<OnReport>,
}

/// Below it, a commit on a slow disk could outlast a lease.
const SHORTEST_LEASE: Duration = Duration::from_millis(100);
const SHORTEST_POLL: Duration = Duration::from_millis(10);
const LONGEST_LEASE: Duration = Duration::from_secs(24 * 60 * 60);

impl<Q, S> Worker<Q, S> {
    /// A worker that takes jobs from this queue and runs this service on each.
    pub const fn new(queue: Q, service: S) -> Self {
        let settings = Settings {
            concurrency: 8,
            lease: Duration::from_secs(60),
            backoff: Backoff::new(Duration::from_secs(2), Duration::from_secs(600)),
            poll: Duration::from_secs(5),
            drain: Duration::from_secs(20),
            on_report: None,
        };
        Self { queue, service, settings }
    }

    /// How many jobs are worked on at a time. Default: 8; 0 counts as 1.
    pub const fn concurrency(mut self, jobs: usize) -> Self {
        self.settings.concurrency = if jobs == 0 { 1 } else { jobs };
        self
    }

    /// How long a job is kept from others while nothing is heard of its worker: after a crash it waits as long. It is no
    /// limit to the work, since it is renewed. Default: 60 seconds; less than 100 milliseconds counts as those, more than a
    /// day as a day.
    pub fn lease(mut self, length: Duration) -> Self {
        self.settings.lease = length.clamp(SHORTEST_LEASE, LONGEST_LEASE);
        self
    }

    /// How long a job waits after an attempt that failed and did not say. Default: 2 seconds, doubled up to 10 minutes.
    pub const fn backoff(mut self, backoff: Backoff) -> Self {
        self.settings.backoff = backoff;
        self
    }

    /// How often to look for jobs though the queue gave no notice. Default: 5 seconds; less than 10 milliseconds counts as
    /// those. The inboxes of this crate have an interval of their own besides.
    pub fn poll(mut self, every: Duration) -> Self {
        self.settings.poll = every.max(SHORTEST_POLL);
        self
    }

    /// How long handlers may go on once the worker is told to stop. Default: 20 seconds, below the 30 that orchestrators
    /// usually give a process.
    pub const fn drain(mut self, most: Duration) -> Self {
        self.settings.drain = most;
        self
    }

    /// Sees what became of every attempt, after it was settled: one place for metrics.
    pub fn on_report(mut self, see: impl Fn(&Report) + Send + Sync + 'static) -> Self {
        self.settings.on_report = Some(OnReport(Arc::new(see)));
        self
    }
}
