//! Stores that tell the time by themselves: it really passes.

use core::fmt;
use core::future::Future;
use core::time::Duration;
use std::boxed::Box;
use std::sync::Arc;
use std::time::Instant;

use super::{Pace, Subject, Task};
use crate::dedup::DedupStore;

/// A store that has its own clock, such as a database, on a runtime of yours.
pub struct OwnClock<S> {
    store: Arc<S>,
    started: Instant,
    sleep: Box<dyn Fn(Duration) -> Task + Send + Sync>,
    spawn: Box<dyn Fn(Task) + Send + Sync>,
    forget: Option<Box<dyn Fn() -> Task + Send + Sync>>,
    pace: Pace,
}

impl<S: DedupStore> OwnClock<S> {
    /// The store, and the runtime's ways to sleep and to start a task, such as `tokio::time::sleep` and
    /// `|task| drop(tokio::spawn(task))`.
    pub fn new<F>(
        store: S,
        sleep: impl Fn(Duration) -> F + Send + Sync + 'static,
        spawn: impl Fn(Task) + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self {
            store: Arc::new(store),
            started: Instant::now(),
            sleep: Box::new(move |span| Box::pin(sleep(span))),
            spawn: Box::new(spawn),
            forget: None,
            pace: Pace::REAL,
        }
    }

    /// Another slack: see [`Pace::slack`].
    #[must_use]
    pub fn slack(self, slack: Duration) -> Self {
        Self { pace: self.pace.slack(slack), ..self }
    }

    /// How to make the store lose what a restart, a flush or an eviction may cost it.
    #[must_use]
    pub fn forget_by<F>(self, forget: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { forget: Some(Box::new(move || Box::pin(forget()))), ..self }
    }
}

impl<S> fmt::Debug for OwnClock<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnClock").field("pace", &self.pace).finish_non_exhaustive()
    }
}

impl<S: DedupStore> Subject for OwnClock<S> {
    type Store = S;

    fn store(&self) -> Arc<S> {
        self.store.clone()
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    async fn advance(&self, span: Duration) {
        // Runtimes round as they like; what counts is that the time has passed.
        let start = Instant::now();
        while let Some(left) = span.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
            (self.sleep)(left).await;
        }
    }

    fn spawn(&self, task: Task) {
        (self.spawn)(task);
    }

    fn pace(&self) -> Pace {
        self.pace
    }

    async fn forget(&self) -> bool {
        match &self.forget {
            Some(forget) => {
                forget().await;
                true
            }
            None => false,
        }
    }
}
