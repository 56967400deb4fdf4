//! A queue in memory that lives by tokio's clock, which a test can pause, and that fails when it is told to.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use imchat_inbox::{InboxError, Job, JobLease, Queue};
use imchat_verify::dedup::{Fence, Settled};
use imchat_verify::inbox::Delivery;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::room::{START, at};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Waiting,
    Leased,
    Done,
    Dead(String),
}

#[derive(Debug, Clone, Copy)]
pub enum Fault {
    Error,
    Hang,
    Slow(Duration),
    /// It does what it was asked for, and its answer is lost.
    Unheard,
}

#[derive(Debug)]
struct Row {
    delivery: Delivery,
    state: State,
    /// When a wait or a lease ends.
    due: Instant,
    fence: u64,
    attempt: u32,
    why: Vec<String>,
}

#[derive(Debug, Default)]
struct Inner {
    rows: Mutex<Vec<Row>>,
    calls: Mutex<Vec<String>>,
    faults: Mutex<VecDeque<(&'static str, Fault)>>,
    due: Notify,
    deaf: bool,
    generous: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Fake(Arc<Inner>);

pub const MOST_ATTEMPTS: u32 = 3;

impl Fake {
    pub fn of(deliveries: impl IntoIterator<Item = Delivery>) -> Self {
        let fake = Self::default();
        deliveries.into_iter().for_each(|delivery| fake.add(delivery));
        fake
    }

    /// Its waits never end.
    pub fn deaf() -> Self {
        Self(Arc::new(Inner { deaf: true, ..Inner::default() }))
    }

    /// It hands out all that it has, whatever it was asked for.
    pub fn generous() -> Self {
        Self(Arc::new(Inner { generous: true, ..Inner::default() }))
    }

    pub fn add(&self, delivery: Delivery) {
        let row = Row { delivery, state: State::Waiting, due: Instant::now(), fence: 0, attempt: 0, why: Vec::new() };
        self.rows().push(row);
        self.0.due.notify_one();
    }

    /// The next call of this verb goes wrong.
    pub fn fault(&self, verb: &'static str, fault: Fault) {
        self.0.faults.lock().unwrap().push_back((verb, fault));
    }

    pub fn state(&self, row: usize) -> (State, u32) {
        let rows = self.rows();
        (rows[row].state.clone(), rows[row].attempt)
    }

    /// What was said of each failed attempt.
    pub fn why(&self, row: usize) -> Vec<String> {
        self.rows()[row].why.clone()
    }

    /// The calls of this verb.
    pub fn calls(&self, verb: &str) -> Vec<String> {
        self.0.calls.lock().unwrap().iter().filter(|call| call.starts_with(verb)).cloned().collect()
    }

    /// Somebody else takes the job over.
    pub fn steal(&self, row: usize) {
        self.rows()[row].fence += 1;
    }

    fn rows(&self) -> MutexGuard<'_, Vec<Row>> {
        self.0.rows.lock().unwrap()
    }

    async fn call(&self, verb: &'static str, told: String) -> Result<(), InboxError> {
        self.0.calls.lock().unwrap().push(format!("{verb}{told}"));
        let fault = {
            let mut faults = self.0.faults.lock().unwrap();
            let place = faults.iter().position(|(of, fault)| *of == verb && !matches!(fault, Fault::Unheard));
            place.and_then(|place| faults.remove(place))
        };
        match fault {
            None | Some((_, Fault::Unheard)) => Ok(()),
            Some((_, Fault::Error)) => Err(InboxError::Closed),
            Some((_, Fault::Hang)) => pending().await,
            Some((_, Fault::Slow(time))) => {
                sleep(time).await;
                Ok(())
            }
        }
    }

    async fn settle(
        &self,
        verb: &'static str,
        lease: &JobLease,
        change: impl FnOnce(&mut Row) + Send,
    ) -> Result<Settled, InboxError> {
        self.call(verb, format!(" {}", lease.id())).await?;
        let mut rows = self.rows();
        let row = &mut rows[usize::try_from(lease.id()).unwrap()];
        if row.state != State::Leased || row.fence != lease.fence().get() || row.due <= Instant::now() {
            return Ok(Settled::Lost);
        }
        change(row);
        self.0.due.notify_one();
        let mut faults = self.0.faults.lock().unwrap();
        match faults.iter().position(|(of, fault)| *of == verb && matches!(fault, Fault::Unheard)) {
            Some(place) => {
                faults.remove(place);
                Err(InboxError::Closed)
            }
            None => Ok(Settled::Ok),
        }
    }
}

impl Queue for Fake {
    async fn take(&self, most: usize, lease: Duration) -> Result<Vec<Job>, InboxError> {
        self.call("take", format!(" {most}")).await?;
        let (mut rows, mut jobs, now) = (self.rows(), Vec::new(), Instant::now());
        let mut lanes = Vec::new();
        for (id, row) in rows.iter_mut().enumerate() {
            let unfinished = matches!(row.state, State::Waiting | State::Leased);
            let free = row.delivery.lane.as_ref().is_none_or(|lane| !lanes.contains(lane));
            if unfinished {
                lanes.extend(row.delivery.lane.clone());
            }
            if !unfinished || row.due > now || !free {
                continue;
            }
            if row.attempt >= MOST_ATTEMPTS {
                row.state = State::Dead("no answer".to_owned());
                continue;
            }
            if jobs.len() >= most && !self.0.generous {
                break;
            }
            row.attempt += 1;
            row.fence += 1;
            (row.state, row.due) = (State::Leased, now + lease);
            let lease = JobLease::new(i64::try_from(id).unwrap(), Fence::new(row.fence));
            jobs.push(Job::new(lease, row.delivery.clone(), row.attempt, MOST_ATTEMPTS, at(START)));
        }
        Ok(jobs)
    }

    async fn heartbeat(&self, lease: &JobLease, length: Duration) -> Result<Settled, InboxError> {
        self.settle("heartbeat", lease, |row| row.due = Instant::now() + length).await
    }

    async fn done(&self, lease: &JobLease) -> Result<Settled, InboxError> {
        self.settle("done", lease, |row| row.state = State::Done).await
    }

    async fn retry(&self, lease: &JobLease, after: Duration, why: &str) -> Result<Settled, InboxError> {
        let why = why.to_owned();
        self.settle("retry", lease, |row| {
            row.state = if row.attempt < MOST_ATTEMPTS { State::Waiting } else { State::Dead(why.clone()) };
            row.due = Instant::now() + after;
            row.why.push(why);
        })
        .await
    }

    async fn bury(&self, lease: &JobLease, why: &str) -> Result<Settled, InboxError> {
        self.settle("bury", lease, |row| row.state = State::Dead(why.to_owned())).await
    }

    async fn give_back(&self, lease: &JobLease) -> Result<Settled, InboxError> {
        self.settle("give_back", lease, |row| {
            row.state = State::Waiting;
            row.due = Instant::now();
            row.attempt -= 1;
        })
        .await
    }

    async fn wait(&self) {
        if self.0.deaf {
            return pending().await;
        }
        let now = Instant::now();
        let due = self
            .rows()
            .iter()
            .filter(|row| matches!(row.state, State::Waiting | State::Leased))
            .map(|row| row.due)
            .filter(|due| *due > now)
            .min();
        match due {
            Some(due) => tokio::select! { () = sleep_until(due) => {}, () = self.0.due.notified() => {} },
            None => self.0.due.notified().await,
        }
    }
}

/// One that has only what a queue must have.
#[derive(Debug, Clone)]
pub struct Plain(pub Fake);

impl Queue for Plain {
    async fn take(&self, most: usize, lease: Duration) -> Result<Vec<Job>, InboxError> {
        self.0.take(most, lease).await
    }

    async fn heartbeat(&self, lease: &JobLease, length: Duration) -> Result<Settled, InboxError> {
        self.0.heartbeat(lease, length).await
    }

    async fn done(&self, lease: &JobLease) -> Result<Settled, InboxError> {
        self.0.done(lease).await
    }

    async fn retry(&self, lease: &JobLease, after: Duration, why: &str) -> Result<Settled, InboxError> {
        self.0.retry(lease, after, why).await
    }

    async fn bury(&self, lease: &JobLease, why: &str) -> Result<Settled, InboxError> {
        self.0.bury(lease, why).await
    }

    async fn wait(&self) {
        self.0.wait().await;
    }
}

/// Until the queue is as the test wants it, in simulated time.
pub async fn until(what: impl Fn() -> bool) {
    let waited = timeout(Duration::from_secs(24 * 3600), async {
        while !what() {
            sleep(Duration::from_millis(10)).await;
        }
    });
    waited.await.expect("what was waited for did not come");
}
