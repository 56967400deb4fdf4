//! What the bot said, and the interactions that it may answer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

pub(super) const EPHEMERAL: u64 = 1 << 6;
pub(super) const LOADING: u64 = 1 << 7;
/// How long a first answer may take, and how long a token lives.
const ANSWER: Duration = Duration::from_secs(3);
const LIFE: Duration = Duration::from_secs(15 * 60);
/// Discord says "the past few minutes".
const NONCE: Duration = Duration::from_secs(5 * 60);
const NO_WEBHOOK: u64 = 10_015;
const NO_MESSAGE: u64 = 10_008;
const BAD_TOKEN: u64 = 50_027;

/// One message that stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// A snowflake.
    pub id: String,
    /// Where.
    pub channel: String,
    /// As sent.
    pub content: String,
    /// Rows of components.
    pub components: Value,
    /// Who may be pinged.
    pub allowed_mentions: Value,
    /// Message flags: 64 only one person sees it, 128 the bot is thinking.
    pub flags: u64,
    /// As sent.
    pub nonce: Option<String>,
    /// Who sees it, where it is one person.
    pub only: Option<String>,
    /// Whether it came over an interaction's token.
    pub interaction: bool,
    /// How often it was changed.
    pub edits: u32,
    /// When it was sent, by the API's clock.
    pub at: Duration,
}

impl Message {
    /// As the API tells it.
    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "type": 0,
            "channel_id": self.channel,
            "content": self.content,
            "components": self.components,
            "flags": self.flags,
            "nonce": self.nonce,
        })
    }
}

/// The first answer came after three seconds: Discord has shown an error and forgot the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the first answer took longer than three seconds: the token never counts")]
pub struct TooLate;

#[derive(Debug)]
struct Interaction {
    channel: String,
    user: String,
    /// The message it happened on, or the one that stands for "the bot is thinking".
    original: Option<String>,
    answered: bool,
    since: Duration,
}

/// Whom a call over a token speaks for.
#[derive(Debug, Clone)]
pub(super) struct Answering {
    pub(super) channel: String,
    pub(super) user: String,
    pub(super) original: Option<String>,
}

#[derive(Debug, Default)]
struct Said {
    count: u64,
    messages: Vec<Message>,
    interactions: HashMap<String, Interaction>,
    commands: Value,
    forms: Vec<Value>,
}

/// Everything said.
#[derive(Debug, Default)]
pub(super) struct Record(Mutex<Said>);

impl Record {
    fn lock(&self) -> MutexGuard<'_, Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn messages(&self) -> Vec<Message> {
        self.lock().messages.clone()
    }

    pub(super) fn commands(&self) -> Value {
        self.lock().commands.clone()
    }

    pub(super) fn register(&self, commands: Value) {
        self.lock().commands = commands;
    }

    pub(super) fn forms(&self) -> Vec<Value> {
        self.lock().forms.clone()
    }

    pub(super) fn find(&self, id: &str) -> Option<Message> {
        self.lock().messages.iter().find(|message| message.id == id).cloned()
    }

    /// The message as it stands: a new one, or the one that the same nonce made a moment ago.
    pub(super) fn accept(&self, message: Message) -> Message {
        let mut said = self.lock();
        let again = said.messages.iter().find(|made| {
            made.nonce.is_some() && made.nonce == message.nonce && message.at.saturating_sub(made.at) < NONCE
        });
        match again {
            Some(made) => made.clone(),
            None => said.add(message),
        }
    }

    /// Changes a message with what is given; nothing where there is none.
    pub(super) fn change(&self, id: &str, change: impl FnOnce(&mut Message)) -> Option<Message> {
        let mut said = self.lock();
        let message = said.messages.iter_mut().find(|message| message.id == id)?;
        change(message);
        message.edits = message.edits.saturating_add(1);
        Some(message.clone())
    }

    pub(super) fn delete(&self, id: &str) -> bool {
        let mut said = self.lock();
        let before = said.messages.len();
        said.messages.retain(|message| message.id != id);
        said.messages.len() < before
    }

    /// When those within the last while were sent to this channel under the bot's token.
    pub(super) fn within(&self, window: Duration, channel: &str, now: Duration) -> Vec<Duration> {
        let said = self.lock();
        let sent = said.messages.iter().filter(|message| !message.interaction && message.channel == channel);
        sent.map(|message| message.at).filter(|at| at.saturating_add(window) > now).collect()
    }

    pub(super) fn opened(&self, channel: &str, user: &str, message: Option<&str>, now: Duration) -> String {
        let mut said = self.lock();
        said.count = said.count.saturating_add(1);
        let token = format!("aW50ZXJhY3Rpb246{:032x}", said.count);
        let interaction = Interaction {
            channel: channel.to_owned(),
            user: user.to_owned(),
            original: message.map(str::to_owned),
            answered: false,
            since: now,
        };
        said.interactions.insert(token.clone(), interaction);
        token
    }

    pub(super) fn answered(&self, token: &str, answer: &Value, now: Duration) -> Result<(), TooLate> {
        let mut said = self.lock();
        let Some(interaction) = said.interactions.get_mut(token) else { return Err(TooLate) };
        if interaction.answered || now.saturating_sub(interaction.since) > ANSWER {
            return Err(TooLate);
        }
        interaction.answered = true;
        let (channel, user) = (interaction.channel.clone(), interaction.user.clone());
        let private = answer.pointer("/data/flags").and_then(Value::as_u64).unwrap_or_default() & EPHEMERAL;
        let kind = answer.get("type").and_then(Value::as_u64);
        if kind == Some(9) {
            said.forms.push(answer.clone());
        }
        if let Some(kind @ (4 | 5)) = kind {
            let content = answer.pointer("/data/content").and_then(Value::as_str).unwrap_or_default();
            let message = said.add(Message {
                id: String::new(),
                channel,
                content: content.to_owned(),
                components: json!([]),
                allowed_mentions: Value::Null,
                flags: if kind == 5 { private | LOADING } else { private },
                nonce: None,
                only: (private != 0).then_some(user),
                interaction: true,
                edits: 0,
                at: now,
            });
            if let Some(interaction) = said.interactions.get_mut(token) {
                interaction.original = Some(message.id);
            }
        }
        Ok(())
    }

    /// Whom a token speaks for; errors are Discord's codes.
    pub(super) fn answering(&self, token: &str, now: Duration) -> Result<Answering, u64> {
        let said = self.lock();
        let interaction = said.interactions.get(token).ok_or(BAD_TOKEN)?;
        if now.saturating_sub(interaction.since) > LIFE {
            return Err(BAD_TOKEN);
        }
        if !interaction.answered {
            return Err(NO_WEBHOOK);
        }
        let Interaction { channel, user, original, .. } = interaction;
        Ok(Answering { channel: channel.clone(), user: user.clone(), original: original.clone() })
    }

    /// A message that may be changed over a token: the original, or one that came over it.
    pub(super) fn named(&self, answering: &Answering, id: &str) -> Result<Message, u64> {
        let id = if id == "@original" { answering.original.as_deref().ok_or(NO_MESSAGE)? } else { id };
        self.find(id).ok_or(NO_MESSAGE)
    }
}

impl Said {
    fn add(&mut self, mut message: Message) -> Message {
        self.count = self.count.saturating_add(1);
        message.id = 1_174_109_840_159_540_000_u64.saturating_add(self.count).to_string();
        self.messages.push(message.clone());
        message
    }
}
