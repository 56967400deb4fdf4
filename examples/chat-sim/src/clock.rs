//! The platforms' time, which may run faster than the wall's: what expires and what is retried follows it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A clock that starts at zero, `speed` times as fast as real time, and can be put forward. Clones are one clock.
#[derive(Debug, Clone)]
pub struct Clock {
    start: Instant,
    speed: u32,
    ahead: Arc<Mutex<Duration>>,
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(1)
    }
}

impl Clock {
    /// A clock that runs `speed` times as fast as real time; 0 counts as 1.
    #[must_use]
    pub fn new(speed: u32) -> Self {
        Self { start: Instant::now(), speed: speed.max(1), ahead: Arc::default() }
    }

    /// A clock that stands still until somebody puts it forward, and moves by what is slept.
    #[must_use]
    pub fn still() -> Self {
        Self { speed: 0, ..Self::new(1) }
    }

    /// Since the clock started, in its own time.
    #[must_use]
    pub fn now(&self) -> Duration {
        let ran = self.start.elapsed().saturating_mul(self.speed);
        ran.saturating_add(*self.ahead.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts it forward. Who sleeps already is not woken.
    pub fn advance(&self, by: Duration) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        *ahead = ahead.saturating_add(by);
    }

    /// Sleeps for this long in the clock's own time.
    pub async fn sleep(&self, span: Duration) {
        match span.checked_div(self.speed) {
            Some(real) => tokio::time::sleep(real).await,
            None => self.advance(span),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_runs_as_fast_as_it_was_told() {
        let clock = Clock::new(60);
        clock.sleep(Duration::from_secs(600)).await;
        assert!(clock.start.elapsed() <= Duration::from_millis(10_001));
        assert!(clock.now() >= Duration::from_secs(600));
    }

    #[tokio::test(start_paused = true)]
    async fn clones_are_put_forward_together() {
        let clock = Clock::default();
        clock.clone().advance(Duration::from_secs(5));
        assert_eq!(clock.now(), Duration::from_secs(5));
    }

    #[tokio::test]
    async fn a_still_clock_moves_by_what_is_slept() {
        let clock = Clock::still();
        assert_eq!(clock.now(), Duration::ZERO);
        clock.sleep(Duration::from_secs(600)).await;
        assert_eq!(clock.now(), Duration::from_secs(600));
    }
}
