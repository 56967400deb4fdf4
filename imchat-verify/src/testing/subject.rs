//! What the cases need of a store under test, beside its verbs.

use core::future::{Future, ready};
use core::time::Duration;
use std::sync::Arc;

use super::Task;
use crate::dedup::DedupStore;

/// A store under test, its time and its tasks.
///
/// [`ByHand`](super::ByHand) and [`OwnClock`](super::OwnClock) are two that fit most stores.
pub trait Subject: Send + Sync + 'static {
    /// The store.
    type Store: DedupStore;

    /// The store as it is now; after [`forget`](Self::forget) it may be another.
    fn store(&self) -> Arc<Self::Store>;

    /// How long the test has taken, by a clock that goes as the store's does.
    fn elapsed(&self) -> Duration;

    /// Lets at least this much time pass, for the store too.
    fn advance(&self, span: Duration) -> impl Future<Output = ()> + Send;

    /// Starts a task beside the case that runs: on another thread, if there is one.
    fn spawn(&self, task: Task);

    /// The spans that the cases work with.
    fn pace(&self) -> Pace;

    /// Makes the store lose what a restart, a flush or an eviction may cost it; `false` where that cannot be done, and
    /// the case that needs it then proves nothing.
    fn forget(&self) -> impl Future<Output = bool> + Send {
        ready(false)
    }
}

/// How long the cases wait, how exact the store's time is, and how much of it may be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    pub(super) unit: Duration,
    pub(super) slack: Duration,
    pub(super) histories: u64,
}

impl Pace {
    /// For a clock that is moved: seconds, exact to the microsecond, and many random histories.
    pub const BY_HAND: Self = Self { unit: Duration::from_secs(1), slack: Duration::ZERO, histories: 300 };

    /// For a clock that only goes: spans of 20 ms that are told apart to 3 ms, and three random histories.
    pub const REAL: Self = Self { unit: Duration::from_millis(20), slack: Duration::from_millis(3), histories: 3 };

    /// Another slack: by how much the store's time may differ from [`Subject::elapsed`] between two verbs, for rounding
    /// or because it runs on another machine. Spans grow with it.
    #[must_use]
    pub fn slack(self, slack: Duration) -> Self {
        let unit = self.unit.max(slack.saturating_mul(6));
        Self { unit, slack, ..self }
    }

    /// A lease that ends soon.
    pub(super) fn short(self) -> Duration {
        self.unit * 2
    }

    /// Time enough for a [`short`](Self::short) lease to end, however the store's clock rounds.
    pub(super) fn past_short(self) -> Duration {
        self.short() + self.slack * 2
    }
}
