//! The per-channel rate of `chat.postMessage`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A steady rate with a burst, for each channel by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// One post may follow another after this long.
    pub every: Duration,
    /// Posts that may come at once after a pause; at least one.
    pub burst: u32,
}

impl Rate {
    /// What Slack documents for `chat.postMessage`: one a second in each channel, short bursts allowed.
    pub const SLACK: Self = Self { every: Duration::from_secs(1), burst: 3 };
}

/// When each channel will have used up nothing of its burst again.
#[derive(Debug, Default)]
pub(super) struct Channels(Mutex<HashMap<String, Instant>>);

impl Channels {
    /// Counts one post, or says how long to wait before the next is allowed.
    pub(super) fn take(&self, channel: &str, rate: Rate, now: Instant) -> Result<(), Duration> {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let idle_at = channels.entry(channel.to_owned()).or_insert(now);
        let debt = idle_at.saturating_duration_since(now);
        let allowance = rate.every.saturating_mul(rate.burst.saturating_sub(1));
        if debt > allowance {
            return Err(debt.saturating_sub(allowance));
        }
        if let Some(next) = (*idle_at).max(now).checked_add(rate.every) {
            *idle_at = next;
        }
        Ok(())
    }
}

/// A `Retry-After`: rounded up, since a client that returns early would be refused again; at least one second.
pub(super) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_rounded_up() {
        for (millis, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (2500, 3)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds);
        }
    }

    #[test]
    fn a_burst_passes_then_one_a_second() {
        let (channels, start) = (Channels::default(), Instant::now());
        for _ in 0..3 {
            assert_eq!(channels.take("C1", Rate::SLACK, start), Ok(()));
        }
        assert_eq!(channels.take("C1", Rate::SLACK, start), Err(Duration::from_secs(1)));
        let later = start + Duration::from_millis(999);
        assert_eq!(channels.take("C1", Rate::SLACK, later), Err(Duration::from_millis(1)));
        assert_eq!(channels.take("C1", Rate::SLACK, start + Duration::from_secs(1)), Ok(()));
        assert!(channels.take("C1", Rate::SLACK, start + Duration::from_secs(1)).is_err());
    }

    #[test]
    fn channels_do_not_share_a_rate() {
        let (channels, start) = (Channels::default(), Instant::now());
        let strict = Rate { every: Duration::from_secs(1), burst: 1 };
        assert_eq!(channels.take("C1", strict, start), Ok(()));
        assert!(channels.take("C1", strict, start).is_err());
        assert_eq!(channels.take("C2", strict, start), Ok(()));
    }

    #[test]
    fn a_pause_earns_no_more_than_the_burst() {
        let (channels, start) = (Channels::default(), Instant::now());
        assert_eq!(channels.take("C1", Rate::SLACK, start), Ok(()));
        let later = start + Duration::from_secs(3600);
        let passed = (0..10).filter(|_| channels.take("C1", Rate::SLACK, later).is_ok()).count();
        assert_eq!(passed, 3);
    }
}
