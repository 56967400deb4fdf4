//! The dedup store.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use imchat_verify::Digest;
use imchat_verify::dedup::{Claim, DedupKey, DedupStore, Fence, Lease, Settled};
use redis::Value;

use crate::connection::Redis;
use crate::error::{Error, ErrorKind};
use crate::key::tagged;
use crate::script::Script;

/// An entry outlives its lease or its retention by so many milliseconds, for the sake of its fence.
///
/// A fence is at least the server's time, so a forgotten one is only missed where the clock has stepped back since: by a
/// correction, or since a replica with a slower clock was promoted. An hour is far more than either, and next to a
/// retention of days it costs nothing.
const FENCE_OUTLIVES: u64 = 3_600_000;

/// Lua counts in doubles: below 2^53 they are exact, and this many microseconds, 142 years, from now is.
const LONGEST: u64 = 1 << 52;

/// A [`DedupStore`] on Redis: each verb is one script, one round trip, and in the server's own time.
///
/// Its clones are the same store, and so are stores of other processes with the same prefix on the same server.
#[derive(Clone)]
pub struct RedisStore {
    redis: Redis,
    prefix: Arc<str>,
    scripts: Arc<Scripts>,
}

struct Scripts {
    claim: Script,
    renew: Script,
    complete: Script,
    release: Script,
}

impl RedisStore {
    /// The store with the prefix `imchat:dedup`.
    #[must_use]
    pub fn new(redis: &Redis) -> Self {
        let scripts = Scripts {
            claim: Script::new(include_str!("scripts/claim.lua")),
            renew: Script::new(include_str!("scripts/renew.lua")),
            complete: Script::new(include_str!("scripts/complete.lua")),
            release: Script::new(include_str!("scripts/release.lua")),
        };
        Self { redis: redis.clone(), prefix: "imchat:dedup".into(), scripts: Arc::new(scripts) }
    }

    /// The store with another prefix: a key is named `{prefix:key}`. Stores with different prefixes share nothing.
    #[must_use]
    pub fn prefix(self, prefix: &str) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    async fn settle(&self, script: &Script, lease: &Lease, span: Option<Duration>) -> Result<Settled, Error> {
        let name = tagged(&self.prefix, lease.key().as_bytes());
        let fence = format!("{:016}", lease.fence().get());
        let answer = match span.map(micros) {
            Some(span) => self.redis.run(script, &name, &(fence, expiry(span), span)).await?,
            None => self.redis.run(script, &name, &(fence, expiry(0))).await?,
        };
        match answer {
            Value::Int(1) => Ok(Settled::Ok),
            Value::Int(0) => Ok(Settled::Lost),
            _ => Err(self.redis.error(ErrorKind::Answer)),
        }
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("redis", &self.redis).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl DedupStore for RedisStore {
    type Error = Error;

    async fn claim(&self, key: &DedupKey, digest: Option<Digest>, lease: Duration) -> Result<Claim, Error> {
        let name = tagged(&self.prefix, key.as_bytes());
        let digest = digest.as_ref().map_or(&[][..], |digest| digest);
        let span = micros(lease);
        let answer = self.redis.run(&self.scripts.claim, &name, &(span, digest, expiry(span))).await?;
        claimed(&answer, *key, lease).ok_or_else(|| self.redis.error(ErrorKind::Answer))
    }

    async fn renew(&self, lease: &Lease, length: Duration) -> Result<Settled, Error> {
        self.settle(&self.scripts.renew, lease, Some(length)).await
    }

    async fn complete(&self, lease: &Lease, retain: Duration) -> Result<Settled, Error> {
        self.settle(&self.scripts.complete, lease, Some(retain)).await
    }

    async fn release(&self, lease: &Lease) -> Result<Settled, Error> {
        self.settle(&self.scripts.release, lease, None).await
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).map_or(LONGEST, |micros| micros.min(LONGEST))
}

/// When an entry whose end is so many microseconds from now expires, in ms from now.
fn expiry(span: u64) -> u64 {
    span.div_ceil(1000).saturating_add(FENCE_OUTLIVES)
}

/// Reads the answer of `claim.lua`.
fn claimed(answer: &Value, key: DedupKey, lease: Duration) -> Option<Claim> {
    if let Value::Int(fence) = answer {
        return Some(Claim::Granted(Lease::new(key, Fence::new(u64::try_from(*fence).ok()?), lease)));
    }
    let Value::Array(parts) = answer else { return None };
    match parts.as_slice() {
        [Value::BulkString(busy), Value::Int(left)] if busy == b"busy" => {
            Some(Claim::Busy { retry_after: Duration::from_micros(u64::try_from(*left).ok()?) })
        }
        [Value::BulkString(done), Value::BulkString(digest)] if done == b"done" => {
            let digest = if digest.is_empty() { None } else { Some(Digest::try_from(digest.as_slice()).ok()?) };
            Some(Claim::Done { digest })
        }
        [Value::BulkString(mismatch)] if mismatch == b"mismatch" => Some(Claim::Mismatch),
        _ => None,
    }
}
