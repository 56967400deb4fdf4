//! Whose turn it is in a channel that is over its rate limit.
//!
//! A channel has many conversations, each answered by itself. Told the same `Retry-After`, they would all come back in the
//! same moment, one would be let through, and the others would use up their attempts.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// About what Slack lets into one channel: <https://docs.slack.dev/apis/web-api/rate-limits/>
const APART: Duration = Duration::from_secs(1);

/// The last turn that was given in each channel. Only in memory: it spreads attempts, and nothing rests on it.
#[derive(Debug)]
pub struct Turns {
    since: Instant,
    last: Mutex<HashMap<String, Duration>>,
}

impl Default for Turns {
    fn default() -> Self {
        Self { since: Instant::now(), last: Mutex::default() }
    }
}

impl Turns {
    /// How long to wait: not shorter than `asked`, and a second longer than whoever was told before.
    pub fn next(&self, channel: &str, asked: Duration) -> Duration {
        let now = self.since.elapsed();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.retain(|_, turn| *turn > now);
        let earliest = now.saturating_add(asked);
        let turn = last.get(channel).map_or(earliest, |before| earliest.max(before.saturating_add(APART)));
        last.insert(channel.to_owned(), turn);
        turn.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_is_told_to_wait_comes_back_one_after_the_other() {
        let (turns, seconds) = (Turns::default(), Duration::from_secs);
        assert_eq!([5, 5, 5].map(|asked| turns.next("C1", seconds(asked)).as_secs()), [5, 6, 7]);
        assert_eq!(turns.next("C1", seconds(30)), seconds(30), "never earlier than asked");
        assert_eq!(turns.next("C2", seconds(5)), seconds(5), "another channel waits for itself");
        tokio::time::advance(seconds(20)).await;
        assert_eq!(turns.next("C1", seconds(5)), seconds(11));
        assert_eq!(turns.next("C2", seconds(5)), seconds(5), "what is over is forgotten");
    }
}
