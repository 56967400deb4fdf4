//! Token buckets that all machines take from.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use redis::Value;

use crate::connection::Redis;
use crate::error::{Error, ErrorKind};
use crate::key::tagged;
use crate::script::Script;

/// How many tokens a bucket holds, and in which time an empty one becomes full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    burst: u32,
    per: Duration,
}

impl Quota {
    /// `burst` tokens at once, and `burst` more in each `per`, evenly: `Quota::new(20, Duration::from_secs(60))`.
    #[must_use]
    pub const fn new(burst: u32, per: Duration) -> Self {
        Self { burst, per }
    }

    /// How many tokens a full bucket holds.
    #[must_use]
    pub const fn burst(&self) -> u32 {
        self.burst
    }

    /// In which time an empty bucket becomes full.
    #[must_use]
    pub const fn per(&self) -> Duration {
        self.per
    }

    fn full(&self) -> u64 {
        u64::try_from(self.per.as_micros()).unwrap_or(u64::MAX).min(LONGEST)
    }

    /// The time in which so many tokens come back, in whole microseconds, rounded down so that a burst fits in; nothing
    /// if the bucket never holds them.
    fn time_of(&self, cost: u32) -> Option<u64> {
        if cost > self.burst {
            return None;
        }
        let whole = u128::from(self.full()).checked_mul(u128::from(cost))?;
        u64::try_from(whole.checked_div(u128::from(self.burst)).unwrap_or(0)).ok()
    }
}

/// Lua counts in doubles, which are exact up to here and the time now together.
const LONGEST: u64 = 1 << 52;

/// A bucket's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a taker that has to wait was given nothing"]
pub enum Take {
    /// The tokens were there, and are taken.
    Taken,
    /// Nothing was taken; after this long the tokens are there, if nobody else takes them.
    Wait(Duration),
}

/// A limit on how often something is done, over all machines: a token bucket for each key, in the server's own time.
///
/// A bucket takes a few bytes, and leaves when it is full. Redis that forgets makes full buckets.
#[derive(Clone)]
pub struct RedisLimiter {
    redis: Redis,
    prefix: Arc<str>,
    take: Arc<Script>,
}

impl RedisLimiter {
    /// The limiter with the prefix `imchat:limit`.
    #[must_use]
    pub fn new(redis: &Redis) -> Self {
        let take = Arc::new(Script::new(include_str!("scripts/take.lua")));
        Self { redis: redis.clone(), prefix: "imchat:limit".into(), take }
    }

    /// The limiter with another prefix: a bucket is named `{prefix:key}`.
    #[must_use]
    pub fn prefix(self, prefix: &str) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// Takes `cost` tokens out of the bucket of this key, all or none. Every taker of a bucket gives the same quota.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Cost`] if the bucket never holds so many; else what keeps Redis from answering.
    pub async fn take(&self, key: impl AsRef<[u8]>, cost: u32, quota: Quota) -> Result<Take, Error> {
        let time = quota.time_of(cost).ok_or(Error::new(ErrorKind::Cost))?;
        let name = tagged(&self.prefix, key.as_ref());
        match self.redis.run(&self.take, &name, &(time, quota.full())).await? {
            Value::Int(0) => Ok(Take::Taken),
            Value::Int(wait) => u64::try_from(wait)
                .map(|micros| Take::Wait(Duration::from_micros(micros)))
                .map_err(|_| self.redis.error(ErrorKind::Answer)),
            _ => Err(self.redis.error(ErrorKind::Answer)),
        }
    }
}

impl fmt::Debug for RedisLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLimiter").field("redis", &self.redis).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_of_single_tokens_costs_no_more_than_a_whole_bucket() {
        for (burst, seconds) in [(1, 1), (3, 1), (7, 60), (1000, 1), (u32::MAX, 1)] {
            let quota = Quota::new(burst, Duration::from_secs(seconds));
            let one = quota.time_of(1).unwrap();
            assert!(one * u64::from(burst) <= quota.full(), "{quota:?}");
            assert_eq!(quota.time_of(burst), Some(quota.full()), "{quota:?}");
        }
    }

    #[test]
    fn what_a_bucket_never_holds_has_no_time() {
        assert_eq!(Quota::new(3, Duration::from_secs(1)).time_of(4), None);
        assert_eq!(Quota::new(0, Duration::from_secs(1)).time_of(1), None);
        assert_eq!(Quota::new(0, Duration::from_secs(1)).time_of(0), Some(0));
    }
}
