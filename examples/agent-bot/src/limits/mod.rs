//! How much may be asked of the bot: by person, by channel and by workspace, in messages and in a model's tokens.
//!
//! 1. A [`Bucket`] holds so many and fills up evenly. The person's is asked first, so that one who floods empties
//!    nobody else's.
//! 2. What is over the limit is not worked on, and said so once in each window: [`Verdict::Over`]'s `notice`.
//! 3. What a turn used is known only afterwards: it is taken then, down to an empty bucket, so that the overdraft is one
//!    turn's budget at most.
//! 4. With Redis all machines share the buckets. While Redis does not answer, each has its own.

mod bucket;

use std::sync::Arc;
use std::time::Duration;

pub use bucket::Bucket;
pub use imchat_redis::Quota;
use imchat_redis::{RedisLimiter, Take};
use imchat_verify::Clock;

use crate::who::{Person, Place};

/// A quota for each of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scopes {
    /// For one person.
    pub user: Quota,
    /// For one channel, threads and all.
    pub channel: Quota,
    /// For one workspace, tenant or guild.
    pub workspace: Quota,
}

/// What is given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowances {
    /// Messages that are worked on.
    pub messages: Scopes,
    /// Tokens of a model, read and written.
    pub tokens: Scopes,
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

impl Default for Allowances {
    fn default() -> Self {
        Self {
            messages: Scopes {
                user: Quota::new(10, MINUTE),
                channel: Quota::new(30, MINUTE),
                workspace: Quota::new(120, MINUTE),
            },
            tokens: Scopes {
                user: Quota::new(100_000, HOUR),
                channel: Quota::new(300_000, HOUR),
                workspace: Quota::new(1_000_000, HOUR),
            },
        }
    }
}

/// Whether there was enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "what is over the limit is not worked on"]
pub enum Verdict {
    /// There was.
    Within,
    /// There was not: the message is not worked on.
    Over {
        /// When there will be.
        retry_after: Duration,
        /// Whether this is the first in its window, and the person is told.
        notice: bool,
    },
}

/// What the person is told who is over a limit.
#[must_use]
pub fn over_limit(retry_after: Duration) -> String {
    let seconds = retry_after.as_secs().max(1);
    let wait = match seconds {
        1..=90 => format!("{seconds} seconds"),
        91..=5400 => format!("{} minutes", seconds.div_ceil(60)),
        _ => format!("{} hours", seconds.div_ceil(3600)),
    };
    format!("That is more than I may answer at once, so I left this out. Please ask again in {wait}.")
}

/// The buckets of all people, channels and workspaces; cheap to clone, and the clones are the same ones.
#[derive(Debug, Clone)]
pub struct RateLimits {
    messages: Arc<[Bucket; 3]>,
    tokens: Arc<[Bucket; 3]>,
}

impl RateLimits {
    /// Buckets in this process's memory; or in Redis, where it is given.
    #[must_use]
    pub fn new(allowances: Allowances, clock: &Arc<dyn Clock>, shared: Option<&RedisLimiter>) -> Self {
        let bucket = |name, quota| Bucket::new(name, quota, Arc::clone(clock), shared.cloned());
        let Allowances { messages, tokens } = allowances;
        Self {
            messages: Arc::new([
                bucket("message:user", messages.user),
                bucket("message:channel", messages.channel),
                bucket("message:workspace", messages.workspace),
            ]),
            tokens: Arc::new([
                bucket("token:user", tokens.user),
                bucket("token:channel", tokens.channel),
                bucket("token:workspace", tokens.workspace),
            ]),
        }
    }

    /// Takes one message.
    pub async fn message(&self, person: &Person, place: &Place) -> Verdict {
        one(&self.messages, person, place).await
    }

    /// Whether a turn may begin: takes one token, and [`spent`](Self::spent) the rest.
    pub async fn model(&self, person: &Person, place: &Place) -> Verdict {
        one(&self.tokens, person, place).await
    }

    /// Takes what a turn has used, as far as it is there.
    pub async fn spent(&self, person: &Person, place: &Place, tokens: u64) {
        for (bucket, key) in self.tokens.iter().zip(keys(person, place)) {
            bucket.drain(&key, tokens).await;
        }
    }
}

async fn one(buckets: &[Bucket; 3], person: &Person, place: &Place) -> Verdict {
    for (bucket, key) in buckets.iter().zip(keys(person, place)) {
        if let Take::Wait(retry_after) = bucket.take(&key, 1).await {
            return Verdict::Over { retry_after, notice: bucket.notice(&key).await };
        }
    }
    Verdict::Within
}

/// The person's, the channel's and the workspace's. Parts are length-prefixed, so that no two share one.
fn keys(person: &Person, place: &Place) -> [String; 3] {
    let Person { platform, tenant, user } = person;
    [
        format!("{platform}:{}:{tenant}:{user}", tenant.len()),
        format!("{}:{}:{}:{}", place.platform, place.tenant.len(), place.tenant, place.channel),
        format!("{}:{}", place.platform, place.tenant),
    ]
}

#[cfg(test)]
mod tests;
