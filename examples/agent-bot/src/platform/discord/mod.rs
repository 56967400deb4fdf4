//! Discord: interactions come in; their tokens, and the bot's own afterwards, lead out.
//!
//! The first answer to an interaction is the reply to its request ([`answer`]), because Discord waits three seconds for it;
//! what the bot has to say follows. Commands are the only way to ask: without the gateway no messages are sent to a bot.

mod answer;
mod api;
mod buckets;
mod decode;
mod markdown;
mod payload;
mod render;
mod route;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

pub use self::answer::answer;
use self::api::{Api, Call};
use self::buckets::Route;
pub use self::decode::decoded;
use self::route::{Originals, Token};
use super::json::{also, array, text};
use super::key::key_of;
use super::web::ClientError;
use super::{
    Address, Click, Client, DecodeError, Decoded, Limits, Profile, Prompt, Rendered, ReplyRoute, SendError, Sent,
    Standing,
};
use crate::config::Secret;
use crate::message::{Action, Outbound};
use crate::who::{Person, Place, PlatformName};

/// Characters of content, rows of components, buttons of a row; five messages in five seconds to one channel.
const LIMITS: Limits = Limits { text: 1900, message: 2000, parts: 5, buttons: 5, apart: Duration::from_secs(1) };
/// What a nonce may hold is 25 characters.
const NONCE: usize = 25;
/// Only one person sees it.
const EPHEMERAL: u64 = 1 << 6;
/// The tenant of a direct conversation.
const DIRECT: &str = "dm";

/// How the bot speaks to Discord.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscordAccess {
    /// The bot token.
    pub token: Secret,
    /// `https://discord.com/api/v10`, without a slash at its end.
    pub api_url: String,
    /// The bot's own address, which Discord is told.
    pub public_url: Option<String>,
}

/// A bot in any number of guilds.
#[derive(Debug)]
pub struct Discord {
    api: Api,
    originals: Originals,
}

impl Discord {
    /// A client for `access.api_url`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn new(access: &DiscordAccess) -> Result<Self, ClientError> {
        Ok(Self { api: Api::new(access)?, originals: Originals::default() })
    }

    /// Asks who the token belongs to: the bot's user id, which is its application's too.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn whoami(&self) -> Result<String, SendError> {
        let me = self.get("GET me", "", &["users", "@me"]).await?;
        text(&me, "/id").map(str::to_owned).ok_or(SendError::Unknown("it did not say who the bot is"))
    }

    /// Tells Discord of `/ask`, in the place of all commands that it knew of this application.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn register(&self, application: &str) -> Result<(), SendError> {
        let option = |kind: u8, name: &str, description: &str, required: bool| json!({ "type": kind, "name": name, "description": description, "required": required });
        let options = [
            option(3, payload::QUESTION, "What you want to know or to have done", true),
            option(5, payload::PRIVATE, "Answer so that only you can see it", false),
        ];
        let ask = json!({ "type": 1, "name": payload::COMMAND, "description": "Ask the bot", "options": options });
        let route = Route { call: "PUT commands", major: application, bot: true };
        let path = ["applications", application, "commands"];
        let body = json!([ask]);
        self.api.call(Call { route, method: Method::PUT, path: &path, body: Some(&body) }).await.map(|_| ())
    }

    async fn get(&self, call: &'static str, major: &str, path: &[&str]) -> Result<Value, SendError> {
        let route = Route { call, major, bot: true };
        self.api.call(Call { route, method: Method::GET, path, body: None }).await
    }

    /// Somebody's own conversation with the bot.
    async fn direct(&self, person: &Person) -> Result<Place, SendError> {
        let route = Route { call: "POST direct", major: "", bot: true };
        let body = json!({ "recipient_id": person.user });
        let path = ["users", "@me", "channels"];
        let answer = self.api.call(Call { route, method: Method::POST, path: &path, body: Some(&body) }).await?;
        let channel = text(&answer, "/id").ok_or(SendError::Unknown("it answered without a channel"))?.to_owned();
        Ok(Place { platform: PlatformName::Discord, tenant: DIRECT.to_owned(), channel, thread: None })
    }
}

/// A thread is a channel of its own.
fn channel(place: &Place) -> &str {
    place.thread.as_deref().unwrap_or(&place.channel)
}

fn with_flags(message: &Rendered, more: u64) -> Value {
    let flags = message.json.get("flags").and_then(Value::as_u64).unwrap_or_default() | more;
    also(message.json.clone(), [("flags", flags.into())])
}

/// A member's groups are the ids of their roles: names can be taken by others.
fn profile(member: &Value) -> Option<Profile> {
    let flag = |pointer: &str| member.pointer(pointer).and_then(Value::as_bool).unwrap_or(false);
    let name = ["/nick", "/user/global_name", "/user/username"];
    let name = name.iter().find_map(|path| text(member, path).filter(|name| !name.is_empty()))?;
    let standing = if flag("/user/bot") || flag("/user/system") {
        Standing::Bot
    } else if flag("/pending") {
        // Has not yet agreed to the guild's rules.
        Standing::Guest
    } else {
        Standing::Member
    };
    let groups = array(member, "/roles").iter().filter_map(|id| id.as_str().map(str::to_owned));
    Some(Profile { name: name.to_owned(), standing, groups: groups.collect() })
}

impl Client for Discord {
    const NAME: PlatformName = PlatformName::Discord;
    const LIMITS: Limits = LIMITS;

    fn decode(&self, kind: &str, body: &[u8]) -> Result<Decoded, DecodeError> {
        decoded(kind, body)
    }

    fn render(&self, message: &Outbound) -> Vec<Rendered> {
        render::render(message, &LIMITS)
    }

    async fn send(&self, to: &Address, message: &Rendered, key: &str) -> Result<Sent, SendError> {
        if let Some(ReplyRoute::DiscordToken { application, token }) = &to.reply {
            let token = Token { application, token };
            let message = route::say(&self.api, &self.originals, token, message, to.only.is_some(), key).await?;
            return Ok(Sent { place: to.place.clone(), message });
        }
        let place = match &to.only {
            // Only an interaction can be answered before one person's eyes: else it goes to their own conversation.
            Some(person) => self.direct(person).await?,
            None => to.place.clone(),
        };
        let body = also(message.json.clone(), [("nonce", key_of(key, NONCE).into()), ("enforce_nonce", true.into())]);
        let channel = channel(&place);
        let route = Route { call: "POST message", major: channel, bot: true };
        let path = ["channels", channel, "messages"];
        let answer = self.api.call(Call { route, method: Method::POST, path: &path, body: Some(&body) }).await?;
        let id = text(&answer, "/id").ok_or(SendError::Unknown("it answered without a message id"))?.to_owned();
        Ok(Sent { place, message: Some(id) })
    }

    async fn edit(&self, sent: &Sent, message: &Rendered) -> Result<(), SendError> {
        let Some(id) = &sent.message else {
            return Err(SendError::Refused {
                code: "ephemeral".to_owned(),
                remedy: "what only one person sees cannot be edited: say it anew",
            });
        };
        let channel = channel(&sent.place);
        let route = Route { call: "PATCH message", major: channel, bot: true };
        let path = ["channels", channel, "messages", id];
        let body = Some(&message.json);
        self.api.call(Call { route, method: Method::PATCH, path: &path, body }).await.map(|_| ())
    }

    /// Says where to press for a form: Discord opens one only as the answer to a press.
    async fn ask(&self, click: &Click, action: &Action, prompt: &Prompt) -> Result<(), SendError> {
        let Some(ReplyRoute::DiscordToken { application, token }) = &click.reply else {
            return Err(SendError::RouteEnded);
        };
        let body = with_flags(&render::form(action, prompt), EPHEMERAL);
        route::followup(&self.api, Token { application, token }, &body).await.map(|_| ())
    }

    async fn identify(&self, person: &Person) -> Result<Profile, SendError> {
        if person.tenant == DIRECT {
            let user = self.get("GET user", "", &["users", &person.user]).await?;
            return profile(&json!({ "user": user })).ok_or(SendError::Unknown("it answered without a user"));
        }
        let path = ["guilds", person.tenant.as_str(), "members", person.user.as_str()];
        match self.get("GET member", &person.tenant, &path).await {
            // Somebody who left.
            Err(SendError::Refused { code, .. }) if code == "10007" => {
                Ok(Profile { name: person.user.clone(), standing: Standing::Gone, groups: Vec::new() })
            }
            member => profile(&member?).ok_or(SendError::Unknown("it answered without a member")),
        }
    }
}

#[cfg(test)]
mod tests;
