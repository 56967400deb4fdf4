//! What the suite needs of a database: a place of its own, and its time in the test's hands.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use imchat_inbox::{DeadLetters, InboxError, Job, NewJob, Queue, Upkeep};
use imchat_verify::Clock;
use imchat_verify::dedup::DedupKey;
use imchat_verify::inbox::{Accepted, Delivery, Inbox};
use time::OffsetDateTime;

/// Where the tests' time starts: 2026-11-25.
pub const START: u64 = 1_795_600_000_000_000;

/// A database of one test.
pub trait Room: Sized {
    type Inbox: Inbox<Error = InboxError> + Queue + DeadLetters + Upkeep + Clone;

    /// Opens an inbox over it; a second one is another process's in all but name.
    async fn open(&self, tune: Tune) -> Self::Inbox;

    /// Moves its clock.
    async fn set_micros(&self, micros: u64);

    /// The number that a statement returns.
    async fn number(&self, sql: &'static str) -> i64;

    /// Makes the database refuse rows of the provider "bad".
    async fn refuse_bad_rows(&self);

    /// The bodies of a table, as they are at rest.
    async fn bodies(&self, table: &str) -> Vec<Vec<u8>>;

    async fn enqueue(&self, inbox: &Self::Inbox, job: NewJob) -> Accepted;

    async fn inbox(&self) -> Self::Inbox {
        self.open(Tune::default()).await
    }
}

type SealFn = fn(&DedupKey, &[u8]) -> Vec<u8>;
type OpenFn = fn(&DedupKey, &[u8]) -> Option<Vec<u8>>;

/// Settings that differ from the defaults.
#[derive(Default, Clone, Copy)]
pub struct Tune {
    pub attempts: Option<u32>,
    pub retention: Option<Duration>,
    pub most_bytes: Option<usize>,
    pub poll: Option<Duration>,
    pub seal: Option<(SealFn, OpenFn)>,
}

macro_rules! tuned {
    ($builder:expr, $tune:expr) => {{
        let (mut builder, tune): (_, $crate::room::Tune) = ($builder, $tune);
        if let Some(most) = tune.attempts {
            builder = builder.attempts(most);
        }
        if let Some(retention) = tune.retention {
            builder = builder.retention(retention);
        }
        if let Some(most) = tune.most_bytes {
            builder = builder.most_bytes(most);
        }
        if let Some((seal, open)) = tune.seal {
            builder = builder.seal(seal, open);
        }
        // A wait that is not woken is a fault that no poll shall hide.
        builder.poll(tune.poll.unwrap_or(std::time::Duration::from_secs(3600)))
    }};
}
pub(crate) use tuned;

/// A clock that stands still unless it is moved.
#[derive(Clone)]
pub struct Hand(Arc<AtomicU64>);

impl Hand {
    pub fn new() -> Self {
        Self(Arc::new(AtomicU64::new(START)))
    }

    pub fn set(&self, micros: u64) {
        self.0.store(micros, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0.load(Ordering::SeqCst)) * 1000).unwrap()
    }
}

pub const LEASE: Duration = Duration::from_secs(60);
pub const SECOND: u64 = 1_000_000;

pub fn at(micros: u64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000).unwrap()
}

/// A delivery with this id, whose body names it.
pub fn delivery(id: &str) -> Delivery {
    Delivery::new(DedupKey::from_bytes(id.as_bytes()), "test", format!("body of {id}"), at(START))
}

pub fn in_lane(id: &str, lane: &str) -> Delivery {
    let mut delivery = delivery(id);
    delivery.lane = Some(lane.to_owned());
    delivery
}

pub fn with_body(id: &str, body: &'static [u8]) -> Delivery {
    Delivery::new(DedupKey::from_bytes(id.as_bytes()), "test", Bytes::from_static(body), at(START))
}

/// The ids of jobs, in their order.
pub fn ids(jobs: &[Job]) -> Vec<String> {
    jobs.iter().map(|job| String::from_utf8(job.delivery.key.as_bytes().to_vec()).unwrap()).collect()
}

/// So many futures at once, and what they answer in their order.
pub async fn futures<F: Future>(count: usize, make: impl Fn(usize) -> F) -> Vec<F::Output> {
    let mut running: Vec<_> = (0..count).map(|number| (Box::pin(make(number)), None)).collect();
    poll_fn(|context| {
        let mut ready = true;
        for (future, answer) in &mut running {
            if answer.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(told) => *answer = Some(told),
                    Poll::Pending => ready = false,
                }
            }
        }
        if ready { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, answer)| answer).collect()
}

/// Polls it once; `None` where it has no answer yet.
pub async fn poll_once<F: Future>(future: &mut Pin<Box<F>>) -> Option<F::Output> {
    poll_fn(|context| {
        Poll::Ready(match future.as_mut().poll(context) {
            Poll::Ready(told) => Some(told),
            Poll::Pending => None,
        })
    })
    .await
}

/// A seal for tests: it hides nothing, but shows the key and that it was used.
pub fn flip(key: &DedupKey, body: &[u8]) -> Vec<u8> {
    key.as_bytes().iter().chain(b":").copied().chain(body.iter().map(|byte| !byte)).collect()
}

pub fn unflip(key: &DedupKey, sealed: &[u8]) -> Option<Vec<u8>> {
    let body = sealed.strip_prefix(key.as_bytes())?.strip_prefix(b":")?;
    Some(body.iter().map(|byte| !byte).collect())
}
