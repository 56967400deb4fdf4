//! How long a job waits after an attempt that failed.

use std::time::Duration;

/// A pause that doubles with every attempt, of which the latter half is left to chance: jobs that failed together do not
/// come back together.
///
/// Chance is the caller's seed, so that it is a function: the same attempt and seed are the same pause.
///
/// ```
/// # use imchat_inbox::worker::Backoff;
/// # use std::time::Duration;
/// let backoff = Backoff::new(Duration::from_secs(2), Duration::from_secs(600));
/// let third = backoff.pause(3, 42);
/// assert!(third >= Duration::from_secs(4) && third <= Duration::from_secs(8));
/// assert_eq!(third, backoff.pause(3, 42));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    most: Duration,
}

impl Default for Backoff {
    /// From 2 seconds to 10 minutes: twelve attempts, the default of the inboxes, are spread over half an hour.
    fn default() -> Self {
        Self::new(Duration::from_secs(2), Duration::from_secs(600))
    }
}

impl Backoff {
    /// From this long after the first attempt to this long at most.
    #[must_use]
    pub const fn new(first: Duration, most: Duration) -> Self {
        Self { first, most }
    }

    /// The pause after an attempt, of which 1 is the first: between half of the doubled time and all of it.
    #[must_use]
    pub fn pause(&self, attempt: u32, seed: u64) -> Duration {
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        let longest = self.first.saturating_mul(doubled).min(self.most);
        let half = part(longest, 2);
        // Of 1024 parts: nobody tells finer ones apart.
        let parts = u32::try_from(spread(seed) & 0x3FF).unwrap_or(0);
        half.saturating_add(part(half, 1023).saturating_mul(parts)).min(longest)
    }
}

/// One of so many parts.
pub(super) fn part(whole: Duration, parts: u32) -> Duration {
    whole.checked_div(parts).unwrap_or_default()
}

/// Neighbouring seeds far apart, by the mixer of SplitMix64: <https://doi.org/10.1145/2660193.2660195>
const fn spread(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_doubles_up_to_the_longest() {
        let backoff = Backoff::new(Duration::from_secs(2), Duration::from_secs(60));
        for (attempt, longest) in [(0, 2), (1, 2), (2, 4), (3, 8), (5, 32), (6, 60), (7, 60), (u32::MAX, 60)] {
            for seed in 0..500 {
                let (pause, longest) = (backoff.pause(attempt, seed), Duration::from_secs(longest));
                assert!(pause >= longest / 2 && pause <= longest, "{pause:?} after attempt {attempt}");
            }
        }
    }

    #[test]
    fn jobs_that_failed_together_come_back_apart() {
        let backoff = Backoff::new(Duration::from_secs(10), Duration::from_secs(10));
        let mut pauses: Vec<Duration> = (0..100).map(|job| backoff.pause(1, job)).collect();
        pauses.sort_unstable();
        pauses.dedup();
        assert!(pauses.len() > 90, "{} pauses of a hundred differ", pauses.len());
        let width = pauses.last().unwrap().saturating_sub(*pauses.first().unwrap());
        assert!(width > Duration::from_secs(4), "{width:?}");
    }

    #[test]
    fn the_same_attempt_and_seed_are_the_same_pause() {
        assert_eq!(Backoff::default().pause(4, 7), Backoff::default().pause(4, 7));
        assert_eq!(Backoff::new(Duration::ZERO, Duration::MAX).pause(9, 7), Duration::ZERO);
        assert!(Backoff::new(Duration::MAX, Duration::MAX).pause(9, 7) >= Duration::MAX / 2);
    }
}
