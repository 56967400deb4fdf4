//! Slack: events, slash commands and interactivity come in; the Web API, through slack-morphism, and response URLs lead out.

mod api;
mod decode;
mod modal;
mod mrkdwn;
mod payload;
mod render;
mod route;

use std::time::Duration;

use serde_json::{Value, json};

use self::api::Api;
pub use self::decode::decoded;
pub use self::modal::FIELD;
use self::route::Routes;
use super::json::{also, array, text};
use super::web::ClientError;
use super::{
    Address, Click, Client, DecodeError, Decoded, Limits, Profile, Prompt, Rendered, ReplyRoute, SendError, Sent,
    Standing,
};
use crate::config::SlackAccess;
use crate::message::{Action, Outbound};
use crate::who::{Person, PlatformName};

/// <https://docs.slack.dev/reference/block-kit/blocks> and <https://docs.slack.dev/apis/web-api/rate-limits>.
const LIMITS: Limits = Limits { text: 3000, message: 4000, parts: 50, buttons: 25, apart: Duration::from_secs(1) };

/// A bot in one workspace.
#[derive(Debug)]
pub struct Slack {
    api: Api,
    routes: Routes,
}

impl Slack {
    /// A client for `access.api_url`. Response URLs lead to `hooks.slack.com` alone; where the API is a simulated one on a
    /// loopback address, to loopback addresses alone.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn new(access: &SlackAccess) -> Result<Self, ClientError> {
        Ok(Self { api: Api::new(access)?, routes: Routes::new(access)? })
    }

    /// Asks who the token belongs to: the bot's user id.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn whoami(&self) -> Result<String, SendError> {
        let me = self.api.call("auth.test", &json!({})).await?;
        text(&me, "/user_id").map(str::to_owned).ok_or(SendError::Unknown("it did not say who the bot is"))
    }

    /// The user groups somebody is in, by their handles. An app without `usergroups:read` knows of none.
    async fn groups(&self, user: &str) -> Result<Vec<String>, SendError> {
        let listed = match self.api.get("usergroups.list", &[("include_users", "true")]).await {
            Err(SendError::Refused { code, .. }) if code == "missing_scope" => return Ok(Vec::new()),
            listed => listed?,
        };
        let has = |group: &&Value| array(group, "/users").iter().any(|id| id == user);
        let groups = array(&listed, "/usergroups").iter().filter(has);
        Ok(groups.filter_map(|group| text(group, "/handle").map(str::to_owned)).collect())
    }
}

/// The arguments that every message has: links of strangers are not fetched, and names not turned into pings.
fn quiet(message: &Rendered, channel: &str) -> Value {
    let members = [("channel", channel.into()), ("link_names", false.into()), ("parse", "none".into())];
    also(message.json.clone(), members)
}

/// The step as [message metadata](https://docs.slack.dev/messaging/message-metadata), which people do not see.
///
/// Slack documents no key under which `chat.postMessage` is done once: a `client_msg_id` is no argument of it. So a step
/// that is made again may stand there twice, but under the same key: whoever reads the channel with its metadata can tell
/// that the two are one.
fn step(key: &str) -> Value {
    json!({ "event_type": "imchat_step", "event_payload": { "key": key } })
}

fn profile(user: &Value, person: &Person) -> Option<Profile> {
    let flag = |name: &str| user.get(name).and_then(Value::as_bool).unwrap_or(false);
    let name = ["/profile/display_name", "/profile/real_name", "/real_name", "/name"];
    let name = name.iter().find_map(|path| text(user, path).filter(|name| !name.is_empty()))?;
    let standing = if flag("deleted") {
        Standing::Gone
    } else if flag("is_bot") || flag("is_workflow_bot") || text(user, "/id") == Some("USLACKBOT") {
        Standing::Bot
    } else if flag("is_restricted")
        || flag("is_ultra_restricted")
        || flag("is_stranger")
        || text(user, "/team_id").is_some_and(|team| team != person.tenant)
    {
        Standing::Guest
    } else {
        Standing::Member
    };
    Some(Profile { name: name.to_owned(), standing, groups: Vec::new() })
}

impl Client for Slack {
    const NAME: PlatformName = PlatformName::Slack;
    const LIMITS: Limits = LIMITS;

    fn decode(&self, kind: &str, body: &[u8]) -> Result<Decoded, DecodeError> {
        decoded(kind, body)
    }

    fn render(&self, message: &Outbound) -> Vec<Rendered> {
        render::render(message, &LIMITS)
    }

    async fn send(&self, to: &Address, message: &Rendered, key: &str) -> Result<Sent, SendError> {
        if let Some(ReplyRoute::SlackResponseUrl(url)) = &to.reply {
            self.routes.post(url, message, to.only.is_some()).await?;
            // What is said over a response URL has no timestamp that anybody tells.
            return Ok(Sent { place: to.place.clone(), message: None });
        }
        let mut arguments = quiet(message, &to.place.channel);
        if let Some(thread) = &to.place.thread {
            arguments = also(arguments, [("thread_ts", thread.as_str().into())]);
        }
        if let Some(person) = &to.only {
            let arguments = also(arguments, [("user", person.user.as_str().into())]);
            self.api.call("chat.postEphemeral", &arguments).await?;
            return Ok(Sent { place: to.place.clone(), message: None });
        }
        let members = [("unfurl_links", false.into()), ("unfurl_media", false.into()), ("metadata", step(key))];
        let arguments = also(arguments, members);
        let posted = self.api.call("chat.postMessage", &arguments).await?;
        let ts = text(&posted, "/ts").ok_or(SendError::Unknown("it answered without a timestamp"))?;
        Ok(Sent { place: to.place.clone(), message: Some(ts.to_owned()) })
    }

    async fn edit(&self, sent: &Sent, message: &Rendered) -> Result<(), SendError> {
        let Some(ts) = &sent.message else {
            return Err(SendError::Refused {
                code: "cant_update_message".to_owned(),
                remedy: "ephemeral messages cannot be edited: say it anew",
            });
        };
        let arguments = also(quiet(message, &sent.place.channel), [("ts", ts.as_str().into())]);
        self.api.call("chat.update", &arguments).await.map(|_| ())
    }

    async fn ask(&self, click: &Click, action: &Action, prompt: &Prompt) -> Result<(), SendError> {
        let Some(trigger) = &click.trigger else { return Err(SendError::RouteEnded) };
        let arguments = json!({ "trigger_id": trigger, "view": modal::view(click, action, prompt) });
        self.api.call("views.open", &arguments).await.map(|_| ())
    }

    async fn identify(&self, person: &Person) -> Result<Profile, SendError> {
        let answer = self.api.get("users.info", &[("user", &person.user)]).await?;
        let mut profile = profile(answer.pointer("/user").unwrap_or(&Value::Null), person)
            .ok_or(SendError::Unknown("it answered without a user"))?;
        if profile.standing == Standing::Member {
            profile.groups = self.groups(&person.user).await?;
        }
        Ok(profile)
    }
}

#[cfg(test)]
mod tests;
