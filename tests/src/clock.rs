//! Time, moved by hand.

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use imchat_verify::Clock;
use time::{Duration, OffsetDateTime};

use crate::SIGNED_AT;

/// The instant of these Unix seconds.
#[must_use]
pub fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).expect("a time that the calendar has")
}

/// A clock that stands at [`SIGNED_AT`] until it is moved; its clones move with it.
#[derive(Debug, Clone, Default)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    /// Moves the clock by these microseconds, which may be negative.
    pub fn turn(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::SeqCst);
    }

    /// Moves the clock by these seconds, which may be negative.
    pub fn turn_seconds(&self, seconds: i64) {
        self.turn(seconds * 1_000_000);
    }
}

impl Clock for Hands {
    fn now(&self) -> OffsetDateTime {
        at(SIGNED_AT) + Duration::microseconds(self.0.load(Ordering::SeqCst))
    }
}

/// The answer of a future that never waits, such as the memory store's.
///
/// # Panics
///
/// Where it does wait.
pub fn now_or_never<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("a store in memory has nothing to wait for"),
    }
}
