//! Tenant tokens.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const LIFE: Duration = Duration::from_secs(7200);
const RENEWED_BELOW: Duration = Duration::from_secs(1800);

#[derive(Debug, Default)]
struct Given {
    calls: u64,
    /// With their ends.
    tokens: Vec<(String, Duration)>,
}

/// Every token that was given out.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<Given>);

impl Tokens {
    fn lock(&self) -> MutexGuard<'_, Given> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A token and how long it still lives.
    pub(super) fn give(&self, now: Duration) -> (String, Duration) {
        let mut given = self.lock();
        given.calls = given.calls.saturating_add(1);
        if let Some((token, end)) = given.tokens.last()
            && end.saturating_sub(now) >= RENEWED_BELOW
        {
            return (token.clone(), end.saturating_sub(now));
        }
        let token = format!("t-{:032}", given.calls);
        let end = now.saturating_add(LIFE);
        given.tokens.push((token.clone(), end));
        (token, LIFE)
    }

    pub(super) fn is_good(&self, token: &str, now: Duration) -> bool {
        self.lock().tokens.iter().any(|(given, end)| given == token && now < *end)
    }

    pub(super) fn calls(&self) -> u64 {
        self.lock().calls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_in_its_last_half_hour_and_both_count() {
        let tokens = Tokens::default();
        let (first, life) = tokens.give(Duration::ZERO);
        assert_eq!(life, LIFE);
        assert_eq!(tokens.give(Duration::from_secs(5400)), (first.clone(), Duration::from_secs(1800)));
        let (second, _) = tokens.give(Duration::from_secs(5401));
        assert_ne!(first, second);
        let later = Duration::from_secs(7199);
        assert!(tokens.is_good(&first, later) && tokens.is_good(&second, later));
        assert!(!tokens.is_good(&first, LIFE) && tokens.is_good(&second, LIFE));
    }
}
