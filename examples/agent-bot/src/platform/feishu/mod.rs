//! Feishu and Lark: events and card actions come in; messages are cards, which can be changed later.

mod api;
mod decode;
mod markdown;
mod render;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use self::api::Api;
pub use self::decode::decoded;
use super::json::{also, array, text};
use super::key::key_of;
use super::web::ClientError;
use super::{
    Address, Click, Client, DecodeError, Decoded, Limits, Profile, Prompt, Rendered, SendError, Sent, Standing,
};
use crate::config::Secret;
use crate::message::{Action, Outbound};
use crate::who::{Person, PlatformName};

/// A card is 30 KB at most, counted in bytes of JSON; five messages a second to one chat, shared by all its bots.
const LIMITS: Limits = Limits { text: 6000, message: 24_000, parts: 50, buttons: 5, apart: Duration::from_millis(250) };
/// What a `uuid` may hold is 50 characters.
const UUID: usize = 43;

/// How the bot speaks to Feishu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeishuAccess {
    /// `cli_…`.
    pub app_id: String,
    /// The app's secret.
    pub app_secret: Secret,
    /// `https://open.feishu.cn` or `https://open.larksuite.com`, without a slash at its end.
    pub api_url: String,
}

/// Which app and which bot this is, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Own {
    /// `cli_…`: what is sent for another app is ignored.
    pub app: Option<String>,
    /// The bot's open id: which mention is its own, and which messages.
    pub bot: Option<String>,
}

/// A bot in one tenant.
#[derive(Debug)]
pub struct Feishu {
    api: Api,
    own: Own,
}

impl Feishu {
    /// A client for `access.api_url`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn new(access: &FeishuAccess) -> Result<Self, ClientError> {
        let own = Own { app: Some(access.app_id.clone()), bot: None };
        Ok(Self { api: Api::new(access)?, own })
    }

    /// Tells which open id is the bot's own: see [`whoami`](Self::whoami).
    #[must_use]
    pub fn with_bot(mut self, open_id: impl Into<String>) -> Self {
        self.own.bot = Some(open_id.into());
        self
    }

    /// Asks who the app's bot is: its open id.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn whoami(&self) -> Result<String, SendError> {
        let me = self.api.call(Method::GET, &["bot", "v3", "info"], &[], None).await?;
        text(&me, "/bot/open_id").map(str::to_owned).ok_or(SendError::Unknown("it did not say who the bot is"))
    }

    async fn post(&self, to: &Address, message: &Rendered, key: Option<&str>) -> Result<Sent, SendError> {
        let body = json!({ "msg_type": "interactive", "content": message.json.to_string() });
        let body = match key {
            Some(key) => also(body, [("uuid", key_of(key, UUID).into())]),
            None => body,
        };
        let messages = ["im", "v1", "messages"];
        let answer = match (&to.only, &to.place.thread) {
            // A card for one person goes to their own conversation with the bot.
            (Some(person), _) => self.direct(&messages, "open_id", &person.user, body).await?,
            (None, None) => self.direct(&messages, "chat_id", &to.place.channel, body).await?,
            (None, Some(root)) => {
                let body = also(body, [("reply_in_thread", true.into())]);
                let path = ["im", "v1", "messages", root.as_str(), "reply"];
                self.api.call(Method::POST, &path, &[], Some(&body)).await?
            }
        };
        let id = text(&answer, "/data/message_id").ok_or(SendError::Unknown("it answered without a message id"))?;
        Ok(Sent { place: to.place.clone(), message: Some(id.to_owned()) })
    }

    async fn direct(&self, path: &[&str], kind: &str, id: &str, body: Value) -> Result<Value, SendError> {
        let body = also(body, [("receive_id", id.into())]);
        self.api.call(Method::POST, path, &[("receive_id_type", kind)], Some(&body)).await
    }
}

/// A contact is of the app's own tenant: of others nothing is told.
fn profile(user: &Value) -> Option<Profile> {
    let flag = |name: &str| user.pointer("/status").and_then(|status| status.get(name)?.as_bool()).unwrap_or(false);
    let gone = flag("is_resigned") || flag("is_frozen") || flag("is_exited");
    let groups = array(user, "/department_ids").iter().filter_map(|id| id.as_str().map(str::to_owned));
    Some(Profile {
        name: text(user, "/name")?.to_owned(),
        standing: if gone { Standing::Gone } else { Standing::Member },
        groups: groups.collect(),
    })
}

impl Client for Feishu {
    const NAME: PlatformName = PlatformName::Feishu;
    const LIMITS: Limits = LIMITS;

    fn decode(&self, kind: &str, body: &[u8]) -> Result<Decoded, DecodeError> {
        decoded(kind, body, &self.own)
    }

    fn render(&self, message: &Outbound) -> Vec<Rendered> {
        render::render(message, &LIMITS)
    }

    async fn send(&self, to: &Address, message: &Rendered, key: &str) -> Result<Sent, SendError> {
        self.post(to, message, Some(key)).await
    }

    async fn edit(&self, sent: &Sent, message: &Rendered) -> Result<(), SendError> {
        let id = sent.message.as_deref().ok_or(SendError::Refused {
            code: "no_message".to_owned(),
            remedy: "the message has no id: say it anew",
        })?;
        let body = json!({ "content": message.json.to_string() });
        self.api.call(Method::PATCH, &["im", "v1", "messages", id], &[], Some(&body)).await.map(|_| ())
    }

    async fn ask(&self, click: &Click, action: &Action, prompt: &Prompt) -> Result<(), SendError> {
        let to = Address { place: click.place.clone(), only: Some(click.person.clone()), reply: None };
        // Without a key: who asks again, because the first form is lost among others, gets another.
        self.post(&to, &render::form(action, prompt), None).await.map(|_| ())
    }

    async fn identify(&self, person: &Person) -> Result<Profile, SendError> {
        let query = [("user_id_type", "open_id"), ("department_id_type", "open_department_id")];
        let path = ["contact", "v3", "users", person.user.as_str()];
        let answer = self.api.call(Method::GET, &path, &query, None).await?;
        answer.pointer("/data/user").and_then(profile).ok_or(SendError::Unknown("it answered without a user"))
    }
}

#[cfg(test)]
mod tests;
