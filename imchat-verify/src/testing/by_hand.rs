//! Stores that are given a clock: it is moved by hand.

use core::fmt;
use core::future::{Future, ready};
use core::time::Duration;
use std::boxed::Box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use time::OffsetDateTime;

use super::{Pace, Subject, Task, block_on};
use crate::clock::Clock;
use crate::dedup::DedupStore;

/// A clock that stands still until it is moved; its clones move with it.
#[derive(Debug, Clone, Default)]
pub struct HandClock(Arc<AtomicU64>);

impl HandClock {
    /// A Tuesday in November 2023.
    const START: i64 = 1_700_000_000;

    /// Moves the clock ahead, by whole microseconds.
    pub fn advance(&self, span: Duration) {
        self.0.fetch_add(u64::try_from(span.as_micros()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// How far it was moved since it was made.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::SeqCst))
    }
}

impl Clock for HandClock {
    fn now(&self) -> OffsetDateTime {
        let start = OffsetDateTime::from_unix_timestamp(Self::START).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        start.saturating_add(time::Duration::try_from(self.elapsed()).unwrap_or(time::Duration::MAX))
    }
}

/// A store that is given a clock and needs no runtime, such as one in memory.
pub struct ByHand<S> {
    clock: HandClock,
    make: Box<dyn Fn(HandClock) -> S + Send + Sync>,
    store: Mutex<Arc<S>>,
}

impl<S: DedupStore> ByHand<S> {
    /// The store that this makes of a clock; it is made anew when the store is to forget.
    pub fn new(make: impl Fn(HandClock) -> S + Send + Sync + 'static) -> Self {
        let clock = HandClock::default();
        let store = Mutex::new(Arc::new(make(clock.clone())));
        Self { clock, make: Box::new(make), store }
    }
}

impl<S> fmt::Debug for ByHand<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByHand").field("clock", &self.clock).finish_non_exhaustive()
    }
}

impl<S: DedupStore> Subject for ByHand<S> {
    type Store = S;

    fn store(&self) -> Arc<S> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    fn advance(&self, span: Duration) -> impl Future<Output = ()> + Send {
        self.clock.advance(span);
        ready(())
    }

    fn spawn(&self, task: Task) {
        thread::spawn(move || block_on(task));
    }

    fn pace(&self) -> Pace {
        Pace::BY_HAND
    }

    fn forget(&self) -> impl Future<Output = bool> + Send {
        *self.store.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new((self.make)(self.clock.clone()));
        ready(true)
    }
}
