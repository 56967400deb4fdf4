//! Token buckets by key, in memory or in Redis.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::RateLimiter;
use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use imchat_redis::{Quota, RedisLimiter, Take};
use imchat_verify::Clock;
use tracing::warn;

/// Keys in memory. Full buckets leave; while all of them are in use, nobody is let through.
const MOST: usize = 50_000;

/// A kind of bucket: one for each key.
pub struct Bucket {
    name: &'static str,
    quota: Quota,
    tokens: Embedded,
    notices: Embedded,
    shared: Option<RedisLimiter>,
}

impl Bucket {
    /// Buckets of this name and quota. With `shared` they are in Redis, and in memory while it does not answer.
    #[must_use]
    pub fn new(name: &'static str, quota: Quota, clock: Arc<dyn Clock>, shared: Option<RedisLimiter>) -> Self {
        let tokens = Embedded::new(quota, Arc::clone(&clock));
        let notices = Embedded::new(Quota::new(1, quota.per()), clock);
        Self { name, quota, tokens, notices, shared }
    }

    /// Takes `cost`, all or nothing. What a bucket never holds has to wait for ever, told as the time it takes to fill.
    pub async fn take(&self, key: &str, cost: u32) -> Take {
        self.ask("", key, cost, self.quota, &self.tokens).await
    }

    /// Takes `cost`, or what there is of it.
    pub async fn drain(&self, key: &str, cost: u64) {
        let mut cost = u32::try_from(cost).unwrap_or(u32::MAX).min(self.quota.burst());
        // Others take at the same time; whoever loses against them all has found the bucket empty.
        for _ in 0..4 {
            let Take::Wait(wait) = self.take(key, cost).await else { return };
            cost = cost.saturating_sub(filled_in(self.quota, wait).max(1));
            if cost == 0 {
                return;
            }
        }
    }

    /// Whether this is the first time in this quota's time.
    pub async fn notice(&self, key: &str) -> bool {
        let quota = Quota::new(1, self.quota.per());
        self.ask("notice:", key, 1, quota, &self.notices).await == Take::Taken
    }

    async fn ask(&self, what: &str, key: &str, cost: u32, quota: Quota, own: &Embedded) -> Take {
        if cost == 0 {
            return Take::Taken;
        }
        if let Some(shared) = self.shared.as_ref().filter(|_| cost <= quota.burst()) {
            match shared.take(format!("{what}{}:{key}", self.name), cost, quota).await {
                Ok(take) => return take,
                Err(error) => warn!(bucket = self.name, %error, "Redis does not answer; this process counts by itself"),
            }
        }
        own.take(key, cost)
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").field("name", &self.name).field("quota", &self.quota).finish_non_exhaustive()
    }
}

/// How many come back in this time, rounded up.
fn filled_in(quota: Quota, time: Duration) -> u32 {
    let filled = time.as_nanos().saturating_mul(u128::from(quota.burst()));
    let per = quota.per().as_nanos().max(1);
    u32::try_from(filled.div_ceil(per)).unwrap_or(u32::MAX)
}

/// A clock as governor wants it: the time since 1970.
struct Since(Arc<dyn Clock>);

impl GovernorClock for Since {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_micros(self.0.micros())
    }
}

struct Embedded {
    per: Duration,
    clock: Arc<dyn Clock>,
    /// None lets nothing through.
    limiter: Option<RateLimiter<String, DefaultKeyedStateStore<String>, Since, NoOpMiddleware<Duration>>>,
}

impl Embedded {
    fn new(quota: Quota, clock: Arc<dyn Clock>) -> Self {
        let limiter = NonZeroU32::new(quota.burst()).and_then(|burst| {
            let each = quota.per().checked_div(burst.get())?;
            let quota = governor::Quota::with_period(each)?.allow_burst(burst);
            Some(RateLimiter::new(quota, DefaultKeyedStateStore::default(), Since(Arc::clone(&clock))))
        });
        Self { per: quota.per(), clock, limiter }
    }

    fn take(&self, key: &str, cost: u32) -> Take {
        let (Some(limiter), Some(cost)) = (&self.limiter, NonZeroU32::new(cost)) else { return Take::Wait(self.per) };
        if limiter.len() >= MOST {
            limiter.retain_recent();
            if limiter.len() >= MOST {
                return Take::Wait(self.per);
            }
        }
        match limiter.check_key_n(&key.to_owned(), cost) {
            Ok(Ok(())) => Take::Taken,
            Ok(Err(later)) => Take::Wait(later.wait_time_from(Duration::from_micros(self.clock.micros()))),
            Err(_) => Take::Wait(self.per),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;

    #[tokio::test]
    async fn memory_is_bounded_and_a_flood_of_keys_lets_nobody_through() {
        let bucket =
            Bucket::new("test", Quota::new(2, Duration::from_secs(60)), Arc::new(|| OffsetDateTime::UNIX_EPOCH), None);
        for key in 0..MOST {
            assert_eq!(bucket.take(&key.to_string(), 1).await, Take::Taken);
        }
        assert_eq!(bucket.take("one more", 1).await, Take::Wait(Duration::from_secs(60)));
    }

    #[tokio::test]
    async fn a_bucket_of_nothing_lets_nothing_through() {
        let bucket =
            Bucket::new("test", Quota::new(0, Duration::from_secs(60)), Arc::new(|| OffsetDateTime::UNIX_EPOCH), None);
        assert_eq!(bucket.take("a", 1).await, Take::Wait(Duration::from_secs(60)));
    }
}
