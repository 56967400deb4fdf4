//! Waiting for a database that another process holds.

use std::time::Duration;

use tokio::time::Instant;

use crate::InboxError;

/// As SQLite waits by itself: others hold the file for a commit or two.
const FIRST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(25);

/// How long something is tried again.
#[derive(Debug)]
pub(crate) struct Patience {
    until: Option<Instant>,
    pause: Duration,
}

impl Patience {
    pub(crate) fn of(span: Duration) -> Self {
        Self { until: Instant::now().checked_add(span), pause: FIRST }
    }

    /// Whether to try again after this error; it has waited then.
    pub(crate) async fn bears(&mut self, error: &InboxError) -> bool {
        let left = self.until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()));
        if !matches!(error, InboxError::Locked(_)) || left.is_zero() {
            return false;
        }
        tokio::time::sleep(self.pause.min(left)).await;
        self.pause = self.pause.saturating_mul(2).min(LONGEST);
        true
    }
}
