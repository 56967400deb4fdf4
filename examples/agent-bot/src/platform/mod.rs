//! What the bot asks of a chat platform.
//!
//! Decoding and rendering are pure; sending, editing and looking people up are the only ways out. Everything that a
//! platform sends arrives here proved, and everything that people wrote in it is untrusted.

#[cfg(test)]
pub(crate) mod archive;
mod client;
pub mod discord;
pub mod feishu;
pub(crate) mod json;
pub(crate) mod key;
pub(crate) mod pack;
mod platforms;
pub mod slack;
pub mod teams;
pub mod web;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use client::Client;
pub use platforms::Platforms;

use crate::message::{Action, Outbound};
use crate::who::{Person, Place, PlatformName};

/// What a platform is asked to do, under way.
pub type Doing<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// What a proved payload asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoded {
    /// Somebody said something to the bot.
    Message(Inbound),
    /// Somebody used a command of the bot's.
    Command(Inbound),
    /// Somebody pressed or chose something, or sent a form.
    Click(Click),
    /// The bot came into a channel, or left it, or its token ended.
    Lifecycle(Lifecycle),
    /// Nothing to do, for this reason.
    Ignored(&'static str),
}

/// Something said to the bot. The text is untrusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// Who said it.
    pub person: Person,
    /// Where it is answered.
    pub place: Place,
    /// As people read it: unescaped, and without the mention of the bot at its start.
    pub text: String,
    /// The message's own id: Slack `ts`, Feishu `om_…`, Discord the interaction's.
    pub message: Option<String>,
    /// The short-lived way to answer that the platform gave, if any.
    pub reply: Option<ReplyRoute>,
}

/// A press, a choice or a form, as the platform tells it. Who did it is proved; that they may is for the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Click {
    /// Who pressed.
    pub person: Person,
    /// Where the card stands.
    pub place: Place,
    /// What was pressed.
    pub action: Action,
    /// What was chosen or typed beside it: a select's value, a modal's passcode. Never logged.
    pub value: Option<String>,
    /// The card.
    pub card: Option<String>,
    /// For opening a modal, for three seconds (Slack): a capability. Never logged, never stored but sealed.
    pub trigger: Option<String>,
    /// The short-lived way to answer.
    pub reply: Option<ReplyRoute>,
}

/// A short-lived way to answer: a capability. Never logged, never stored but sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReplyRoute {
    /// Slack's `response_url`: five uses in half an hour.
    SlackResponseUrl(String),
    /// Discord's interaction token: fifteen minutes.
    DiscordToken {
        /// The application's id.
        application: String,
        /// The token.
        token: String,
    },
}

impl std::fmt::Debug for ReplyRoute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SlackResponseUrl(_) => f.write_str("SlackResponseUrl(…)"),
            Self::DiscordToken { .. } => f.write_str("DiscordToken(…)"),
        }
    }
}

/// What happens to the bot itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lifecycle {
    /// It was added to a channel.
    Joined,
    /// It was taken out of a channel.
    Left,
    /// The app was uninstalled, or its tokens were revoked.
    Revoked,
}

/// An authentic payload that is not what the platform documents. It never holds the payload's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The body is not JSON, or no form, of the documented shape.
    #[error("the payload is not what the platform documents: check that the route matches the kind of request")]
    Shape,
    /// A field that is needed is missing.
    #[error("the payload has no {0}: check that the route matches the kind of request")]
    Missing(&'static str),
    /// The scheme has no kind of this name.
    #[error("the kind of request is unknown: was it written down by a newer release?")]
    Kind,
}

/// What a platform takes in one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Characters of one text.
    pub text: usize,
    /// Characters of one message; a longer one is split at a paragraph.
    pub message: usize,
    /// Blocks, elements or components of one message.
    pub parts: usize,
    /// Buttons of one row.
    pub buttons: usize,
    /// Between two messages to one channel.
    pub apart: Duration,
}

/// One platform message, ready to send: as many as the limits asked for, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// The platform's own JSON.
    pub json: serde_json::Value,
}

/// Where a message is to stand, and how it may get there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Where.
    pub place: Place,
    /// Only this person sees it, where the platform can.
    pub only: Option<Person>,
    /// The short-lived way, used while it lives.
    pub reply: Option<ReplyRoute>,
}

/// A message that stands: what an edit needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Where it stands.
    pub place: Place,
    /// The platform's id of it; `None` where the platform gives none (ephemeral ones): it cannot be edited.
    pub message: Option<String>,
}

/// Why a message was not sent, sorted by what may be done about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// Not sent; may be tried again after this long.
    #[error("the channel is over its rate limit")]
    RateLimited {
        /// What `Retry-After` said, if it could be read.
        retry_after: Option<Duration>,
    },
    /// Not sent, because no connection was made; may be tried again.
    #[error("the platform's API cannot be reached: check its URL and the network")]
    Unreachable,
    /// The short-lived way has ended: the API is to be used instead.
    #[error("the reply route has ended: the API is used instead")]
    RouteEnded,
    /// Not sent, and trying again would not help.
    #[error("the platform refused with {code}: {remedy}")]
    Refused {
        /// The platform's own error code, or `http_<status>`.
        code: String,
        /// What a person can do.
        remedy: &'static str,
    },
    /// Perhaps sent: the request left and no usable answer came. Sent again under the same key.
    #[error("the platform gave no usable answer ({0}): the message may have arrived all the same")]
    Unknown(&'static str),
}

/// What a form of one field asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// What stands at its top.
    pub title: String,
    /// What is to be typed.
    pub label: String,
    /// What stands on the button that sends it.
    pub submit: String,
}

/// A text of at most this many characters; where it is cut, the last is an ellipsis.
pub(crate) fn clipped(text: &str, limit: usize) -> String {
    let mut kept: String = text.chars().take(limit).collect();
    if text.chars().nth(limit).is_some() {
        kept.pop();
        kept.push('…');
    }
    kept
}

/// What a platform says about a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// As people read it. Untrusted.
    pub name: String,
    /// A bot, a guest or a deactivated account may be asked nothing and may approve nothing.
    pub standing: Standing,
    /// The groups, roles or departments, as the policy file names them.
    pub groups: Vec<String>,
}

/// What an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Standing {
    /// A member of the tenant.
    Member,
    /// A guest, or somebody of another tenant in a shared channel.
    Guest,
    /// A program.
    Bot,
    /// Deactivated.
    Gone,
}

/// A chat platform.
pub trait Platform: Send + Sync + 'static {
    /// Which.
    fn name(&self) -> PlatformName;

    /// What a proved payload asks for. Pure.
    ///
    /// # Errors
    /// [`DecodeError`] where it is not what the platform documents.
    fn decode(&self, kind: &str, body: &[u8]) -> Result<Decoded, DecodeError>;

    /// The message in the platform's own form, split where it is too long. Pure.
    fn render(&self, message: &Outbound) -> Vec<Rendered>;

    /// What fits.
    fn limits(&self) -> Limits;

    /// Sends once, without retrying. `key` is the same at every attempt at the same step, and the platform's own
    /// idempotency key is made of it, where it has one.
    fn send<'a>(&'a self, to: &'a Address, message: &'a Rendered, key: &'a str) -> Doing<'a, Sent, SendError>;

    /// Puts another message in the place of one that stands.
    fn edit<'a>(&'a self, sent: &'a Sent, message: &'a Rendered) -> Doing<'a, (), SendError>;

    /// Asks who pressed to type something: comes back as a click of `action`, with what was typed as its value.
    ///
    /// [`SendError::RouteEnded`] where it is too late for it, as it is three seconds after a press on Slack.
    fn ask<'a>(&'a self, click: &'a Click, action: &'a Action, prompt: &'a Prompt) -> Doing<'a, (), SendError>;

    /// Looks a person up.
    fn identify<'a>(&'a self, person: &'a Person) -> Doing<'a, Profile, SendError>;
}
