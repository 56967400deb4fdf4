//! What a turn of the agent needs, wherever in the process it is taken: the same limits and the same model for all.

use std::sync::Arc;

use imchat_axum::tower::SystemClock;
use imchat_redis::{RedisLimiter, Server};
use imchat_verify::Clock;
use tracing::error;

use super::StartError;
use crate::agent::model::Model;
use crate::agent::openai::{OpenAi, Patience};
use crate::agent::scripted::Scripted;
use crate::config::{Config, ModelChoice};
use crate::limits::RateLimits;

/// What a turn needs; cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "some of it shows nothing")]
pub struct Thinking {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How much may be asked.
    pub limits: RateLimits,
    /// Who answers.
    pub model: Arc<dyn Model>,
}

/// As configured.
pub(super) async fn of(config: &Config) -> Result<Thinking, StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let shared = match &config.redis {
        Some(url) => shared_limits(Server::at(url.expose())?).await,
        None => None,
    };
    let limits = RateLimits::new(config.policy.limits(), &clock, shared.as_ref());
    let model: Arc<dyn Model> = match &config.model {
        ModelChoice::Scripted(mood) => Arc::new(Scripted::new(*mood)),
        ModelChoice::OpenAi(access) => Arc::new(OpenAi::new(access, Patience::default())?),
    };
    Ok(Thinking { clock, limits, model })
}

/// A Redis that is down when the bot starts is no reason to answer nobody: the limits are then each process's own.
async fn shared_limits(server: Server) -> Option<RedisLimiter> {
    match server.connect().await {
        Ok(redis) => Some(RedisLimiter::new(&redis)),
        Err(error) => {
            error!(%error, "Redis cannot be reached: each process limits by itself until it is started again");
            None
        }
    }
}
