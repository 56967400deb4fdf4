//! The worker at work: takes jobs for the slots that are free, until it is told to stop.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tower_service::Service;

use super::attempt::{Shared, Taken, attempt};
use super::backoff::Backoff;
use super::held::{End, Heard, Held};
use super::permanent::{BoxError, why};
use super::unheard::within;
use super::{Worker, ready};
use crate::turn::others_first;
use crate::{Job, Queue};

/// Between tries of a queue or a service that failed.
const PAUSE: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
/// What giving jobs back may take after the drain time.
const LAST_WORD: Duration = Duration::from_secs(3);

impl<Q, S> Worker<Q, S>
where
    Q: Queue,
    S: Service<Job> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    /// Works until the future is dropped; that stops the handlers, and the jobs are left to the ends of their leases.
    pub async fn run(self) {
        self.run_until(std::future::pending()).await;
    }

    /// Works until `shutdown` is over. Then it takes no more jobs, lets handlers go on for the drain time, stops those that
    /// are still at it, and gives their jobs back, so that another worker may take them at once. It returns at most 3
    /// seconds after the drain time.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) {
        let slots = Arc::new(Semaphore::new(self.settings.concurrency.min(Semaphore::MAX_PERMITS)));
        let shared = Arc::new(Shared { queue: self.queue, settings: self.settings });
        let (stop, _) = watch::channel(false);
        Running { shared, service: self.service, slots, attempts: JoinSet::new(), stop }.until(shutdown).await;
    }
}

struct Running<Q, S> {
    shared: Arc<Shared<Q>>,
    service: S,
    /// One permit for each handler that may run.
    slots: Arc<Semaphore>,
    attempts: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl<Q, S> Running<Q, S>
where
    Q: Queue,
    S: Service<Job> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    async fn until(mut self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let mut failures = 0_u32;
        let told = loop {
            let services = tokio::select! {
                biased;
                () = &mut shutdown => break Instant::now(),
                services = self.services() => services,
            };
            let turn = match services {
                Ok(services) => self.take(services, shutdown.as_mut()).await,
                Err(error) => Turn::Failed(format!("the service is not ready: {}", why(&*error))),
            };
            let idle = match turn {
                Turn::Stopped(told) => break told,
                Turn::MoreMayBe => {
                    failures = 0;
                    continue;
                }
                Turn::TookAll => {
                    failures = 0;
                    None
                }
                Turn::Failed(why) => {
                    failures = failures.saturating_add(1);
                    tracing::warn!(why, "no jobs are taken for now; it is tried again");
                    Some(PAUSE.pause(failures, failures.into()))
                }
            };
            tokio::select! {
                biased;
                () = &mut shutdown => break Instant::now(),
                () = self.idle(idle) => {}
            }
        };
        self.drain(told).await;
    }

    /// An instance of the service for each job that may be taken, at least one.
    async fn services(&mut self) -> Result<Vec<S>, BoxError> {
        let free = self.free().await;
        ready::instances(&self.service, free).await
    }

    /// Waits for a slot; returns how many there are.
    async fn free(&mut self) -> usize {
        // Those that only wait for their commit do not count, or the next jobs could not be taken in the same one; but where
        // the database takes nothing, they must not become ever more.
        let most = self.shared.settings.concurrency.saturating_mul(2);
        loop {
            // Others whose handlers have ended in this moment come along.
            others_first().await;
            while let Some(ended) = self.attempts.try_join_next() {
                note(ended);
            }
            let room = most.saturating_sub(self.attempts.len());
            let free = self.slots.available_permits().min(room);
            if free > 0 {
                return free;
            }
            tokio::select! {
                Some(ended) = self.attempts.join_next() => note(ended),
                _ = self.slots.acquire(), if room > 0 => {}
            }
        }
    }

    /// One take for all that is free. It is not broken off when the worker is told to stop, for the jobs may be on their way.
    async fn take(&mut self, services: Vec<S>, shutdown: Pin<&mut impl Future<Output = ()>>) -> Turn {
        let (shared, since) = (Arc::clone(&self.shared), Instant::now());
        // Leases that began when it was asked for would be over.
        let mut taking = pin!(within(shared.settings.lease, shared.queue.take(services.len(), shared.settings.lease)));
        tokio::select! {
            biased;
            () = shutdown => {
                let told = Instant::now();
                if let Ok(Ok(jobs)) = timeout(shared.settings.drain, taking).await {
                    self.give_back(jobs, since);
                }
                Turn::Stopped(told)
            }
            taken = &mut taking => match taken {
                Ok(jobs) => self.start(jobs, services, since),
                Err(error) => Turn::Failed(error.to_string()),
            },
        }
    }

    fn start(&mut self, jobs: Vec<Job>, services: Vec<S>, since: Instant) -> Turn {
        let turn = if jobs.len() < services.len() { Turn::TookAll } else { Turn::MoreMayBe };
        let (mut jobs, mut services) = (jobs.into_iter(), services.into_iter());
        while let (Some(service), Ok(slot)) = (services.next(), Arc::clone(&self.slots).try_acquire_owned()) {
            let Some(job) = jobs.next() else { break };
            let taken = Taken { job, since, slot, stop: self.stop.subscribe() };
            self.attempts.spawn(attempt(Arc::clone(&self.shared), service, taken));
        }
        // A queue that gave more than it was asked for.
        self.give_back(jobs.collect(), since);
        turn
    }

    fn give_back(&mut self, jobs: Vec<Job>, since: Instant) {
        for job in jobs {
            let shared = Arc::clone(&self.shared);
            self.attempts.spawn(async move {
                let held = Held { queue: &shared.queue, lease: job.lease, length: shared.settings.lease, since };
                if held.settle(&End::GiveBack).await == Heard::Nothing {
                    tracing::warn!(id = job.lease.id(), "a job is not given back; it runs when its lease ends");
                }
            });
        }
    }

    /// Waits for a notice, and not for ever, or just so long.
    async fn idle(&self, pause: Option<Duration>) {
        match pause {
            Some(pause) => sleep(pause).await,
            // Late is as good as a notice.
            None => drop(timeout(self.shared.settings.poll, self.shared.queue.wait()).await),
        }
    }

    async fn drain(mut self, told: Instant) {
        let left = self.shared.settings.drain.saturating_sub(told.elapsed());
        if timeout(left, self.all_ended()).await.is_ok() {
            return;
        }
        self.stop.send_replace(true);
        if timeout(LAST_WORD, self.all_ended()).await.is_err() {
            let jobs = self.attempts.len();
            tracing::warn!(jobs, "not all jobs could be given back; they run again when their leases end");
        }
    }

    async fn all_ended(&mut self) {
        while let Some(ended) = self.attempts.join_next().await {
            note(ended);
        }
    }
}

/// What became of a turn.
enum Turn {
    /// As many as were asked for: there may be more.
    MoreMayBe,
    TookAll,
    Failed(String),
    /// The worker was told to stop at this time.
    Stopped(Instant),
}

/// Attempts settle whatever their handlers do; what can still panic is the hook for reports.
fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!("`on_report` panicked after a job was settled: mend it, for its reports are lost");
    }
}
