//! Interaction tokens: fifteen minutes, no bot token, and a first message that is already there.
//!
//! A command was answered with "the bot is thinking": that message is the original, and the first thing said takes its
//! place. What comes after, and all that answers a press, is a message of its own.
//! <https://discord.com/developers/docs/interactions/receiving-and-responding#followup-messages>.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use tokio::time::Instant;

use super::api::{Api, Call};
use super::buckets::Route;
use super::{EPHEMERAL, with_flags};
use crate::platform::json::{array, text};
use crate::platform::key::key_of;
use crate::platform::{Rendered, SendError};

const LIFE: Duration = Duration::from_secs(15 * 60);
/// The original is still "the bot is thinking".
const LOADING: u64 = 1 << 7;
const ORIGINAL: &str = "@original";

/// One interaction.
#[derive(Clone, Copy)]
pub(super) struct Token<'t> {
    pub(super) application: &'t str,
    pub(super) token: &'t str,
}

/// Which step took the place of an original, as far as this process knows: the same step made again takes it again, and so
/// is not said twice.
#[derive(Debug, Default)]
pub(super) struct Originals(Mutex<HashMap<String, (String, Instant)>>);

impl Originals {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, (String, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_of(&self, token: &str, key: &str) -> bool {
        self.lock().get(&key_of(token, 43)).is_some_and(|(taken, _)| taken == key)
    }

    fn take(&self, token: &str, key: &str, now: Instant) {
        let mut taken = self.lock();
        taken.retain(|_, (_, since)| now.saturating_duration_since(*since) < LIFE);
        taken.insert(key_of(token, 43), (key.to_owned(), now));
    }
}

/// Says `message` over a token: the message's id, or nothing where only one person sees it, so that no bot can edit it.
pub(super) async fn say(
    api: &Api,
    originals: &Originals,
    token: Token<'_>,
    message: &Rendered,
    only: bool,
    key: &str,
) -> Result<Option<String>, SendError> {
    let mut only = only;
    let first = if originals.is_of(token.token, key) {
        true
    } else {
        let original = match original(api, token, "GET original", Method::GET, None).await {
            Err(SendError::Refused { code, .. }) if code == "10008" => None,
            original => Some(original?),
        };
        let flags = original.as_ref().and_then(|message| message.get("flags")?.as_u64()).unwrap_or_default();
        let (loading, private) = (flags & LOADING != 0, flags & EPHEMERAL != 0);
        if private && !only && !array(&message.json, "/components").is_empty() {
            // Who asked in private may not be who is to press: a card belongs where all see it.
            return Err(SendError::RouteEnded);
        }
        if loading && only && !private {
            // What everybody sees cannot become what one person sees: it goes, and another comes.
            original_gone(api, token).await?;
        }
        let first = loading && (!only || private);
        only |= private;
        first
    };
    let answer = if first {
        originals.take(token.token, key, Instant::now());
        original(api, token, "PATCH original", Method::PATCH, Some(&message.json)).await?
    } else {
        let body = if only { with_flags(message, EPHEMERAL) } else { message.json.clone() };
        followup(api, token, &body).await?
    };
    let private = answer.get("flags").and_then(Value::as_u64).unwrap_or_default() & EPHEMERAL != 0;
    let id = text(&answer, "/id").ok_or(SendError::Unknown("it answered without a message id"))?;
    Ok((!private).then(|| id.to_owned()))
}

/// A message of its own.
pub(super) async fn followup(api: &Api, token: Token<'_>, body: &Value) -> Result<Value, SendError> {
    let route = Route { call: "POST followup", major: token.token, bot: false };
    let path = ["webhooks", token.application, token.token];
    api.call(Call { route, method: Method::POST, path: &path, body: Some(body) }).await
}

async fn original_gone(api: &Api, token: Token<'_>) -> Result<(), SendError> {
    original(api, token, "DELETE original", Method::DELETE, None).await.map(|_| ())
}

async fn original(
    api: &Api,
    token: Token<'_>,
    call: &'static str,
    method: Method,
    body: Option<&Value>,
) -> Result<Value, SendError> {
    let route = Route { call, major: token.token, bot: false };
    let path = ["webhooks", token.application, token.token, "messages", ORIGINAL];
    api.call(Call { route, method, path: &path, body }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_keeps_its_place_for_as_long_as_the_token_lives() {
        let (originals, now) = (Originals::default(), Instant::now());
        originals.take("a", "step", now);
        assert!(originals.is_of("a", "step"));
        assert!(!originals.is_of("a", "other") && !originals.is_of("b", "step"));
        assert!(!format!("{originals:?}").contains("\"a\""), "tokens are kept as digests");
        originals.take("b", "step", now + LIFE);
        assert!(!originals.is_of("a", "step"));
    }
}
