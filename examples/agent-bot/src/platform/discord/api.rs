//! Calls of Discord's API: under the bot token, or over an interaction's own.

use http::StatusCode;
use reqwest::{Method, Url};
use serde_json::Value;
use tokio::time::Instant;

use super::DiscordAccess;
use super::buckets::{Buckets, Route};
use crate::config::Secret;
use crate::platform::SendError;
use crate::platform::web::{Answer, ClientError, Web, base};

/// `DiscordBot ($url, $versionNumber)`, by which Discord finds whoever calls it; without an address of the bot's own the
/// program's name stands there, and nobody else's address:
/// <https://discord.com/developers/docs/reference#user-agent>.
fn agent(public_url: Option<&str>) -> String {
    format!("DiscordBot ({}, {})", public_url.unwrap_or(env!("CARGO_PKG_NAME")), env!("CARGO_PKG_VERSION"))
}

/// A bot's voice.
pub(super) struct Api {
    web: Web,
    base: Url,
    token: Secret,
    buckets: Buckets,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}

/// One call. `route.bot` says whether it carries the bot token.
pub(super) struct Call<'c> {
    pub(super) route: Route<'c>,
    pub(super) method: Method,
    pub(super) path: &'c [&'c str],
    pub(super) body: Option<&'c Value>,
}

impl Api {
    pub(super) fn new(access: &DiscordAccess) -> Result<Self, ClientError> {
        let base = base(&access.api_url)?;
        let web = Web::named(&base, &agent(access.public_url.as_deref()))?;
        Ok(Self { web, base, token: access.token.clone(), buckets: Buckets::default() })
    }

    /// Calls once; not at all where the call's rate limit is known to be used up.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Value, SendError> {
        let Call { route, method, path, body } = call;
        if let Some(wait) = self.buckets.wait(&route, Instant::now()) {
            return Err(SendError::RateLimited { retry_after: Some(wait) });
        }
        let authorization = route.bot.then(|| format!("Bot {}", self.token.expose()));
        let answer = self.web.call(method, self.url(path)?, authorization.as_deref(), body).await?;
        match self.buckets.learn(&route, &answer, Instant::now()) {
            Some(wait) => Err(SendError::RateLimited { retry_after: Some(wait) }),
            None => judged(answer, route.bot),
        }
    }

    /// The segments are encoded: an id cannot lead to another path.
    fn url(&self, path: &[&str]) -> Result<Url, SendError> {
        let mut url = self.base.clone();
        url.path_segments_mut().map_err(|()| SendError::Unreachable)?.pop_if_empty().extend(path);
        Ok(url)
    }
}

fn judged(answer: Answer, bot: bool) -> Result<Value, SendError> {
    let code = answer.json.get("code").and_then(Value::as_u64).unwrap_or_default();
    match (answer.status, code) {
        (status, _) if status.is_success() => Ok(answer.json),
        (status, _) if status.is_server_error() => Err(SendError::Unknown("it answered with a server error")),
        // An unknown webhook, an unknown interaction, and a webhook token that is none or has ended.
        (_, 10_015 | 10_062 | 50_027) if !bot => Err(SendError::RouteEnded),
        (StatusCode::UNAUTHORIZED, 0) => Err(SendError::Refused {
            code: "http_401".to_owned(),
            remedy: "set DISCORD_BOT_TOKEN to the app's current bot token",
        }),
        (status, 0) => {
            Err(SendError::Refused { code: format!("http_{}", status.as_u16()), remedy: "check DISCORD_API_URL" })
        }
        (_, code) => Err(SendError::Refused { code: code.to_string(), remedy: remedy(code) }),
    }
}

/// What a person can do about a refusal.
fn remedy(code: u64) -> &'static str {
    match code {
        10_003 => "the channel was deleted; nothing can be posted there",
        10_004 | 50_001 => "add the bot to the server, and let it view the channel",
        10_007 | 10_013 => "the account has left the server, or was never there",
        10_008 => "the message was deleted; nothing is left to edit",
        30_046 => "the message is too old for more edits: say it anew",
        50_005 => "the message is somebody else's",
        50_007 => "the person takes no direct messages from the server's members",
        50_013 => "let the bot send messages in the channel, in threads too",
        50_083 | 160_005 => "the thread is archived or locked; open it again",
        50_035 => "the message is not what Discord takes; look its limits up",
        _ => "look the code up in Discord's list of JSON error codes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discord_is_told_the_bots_own_address_and_nobody_elses() {
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(agent(Some("https://bot.example.org")), format!("DiscordBot (https://bot.example.org, {version})"));
        assert_eq!(agent(None), format!("DiscordBot (agent-bot, {version})"));
    }
}
