//! What the bot said.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

/// Whom a message is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receiver {
    /// A chat.
    Chat(String),
    /// One person, by open id, in their own conversation with the bot.
    Person(String),
    /// A reply to this message.
    Reply {
        /// `om_…`.
        to: String,
        /// Whether it opens a thread.
        in_thread: bool,
    },
}

/// One message that stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// `om_…`.
    pub id: String,
    /// Whom it is for.
    pub receiver: Receiver,
    /// `interactive`, `text`, …
    pub msg_type: String,
    /// The content, which is sent as a string of JSON.
    pub content: Value,
    /// As sent.
    pub uuid: Option<String>,
    /// How often it was changed.
    pub edits: u32,
    /// When it was sent, by the API's clock.
    pub at: Duration,
}

#[derive(Debug, Default)]
struct Said {
    messages: Vec<Message>,
    uuids: HashMap<String, (Duration, String)>,
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

    pub(super) fn find(&self, id: &str) -> Option<Message> {
        self.lock().messages.iter().find(|message| message.id == id).cloned()
    }

    /// The message's id: a new one, or the one that the same uuid made within an hour.
    pub(super) fn accept(&self, mut message: Message) -> String {
        let mut said = self.lock();
        if let Some(uuid) = &message.uuid {
            let hour = Duration::from_secs(3600);
            if let Some((at, id)) = said.uuids.get(uuid)
                && message.at.saturating_sub(*at) < hour
            {
                return id.clone();
            }
        }
        let id = format!("om_{:032x}", said.messages.len().saturating_add(1));
        message.id.clone_from(&id);
        if let Some(uuid) = &message.uuid {
            said.uuids.insert(uuid.clone(), (message.at, id.clone()));
        }
        said.messages.push(message);
        id
    }

    pub(super) fn change(&self, id: &str, content: Value) {
        if let Some(message) = self.lock().messages.iter_mut().find(|message| message.id == id) {
            message.content = content;
            message.edits = message.edits.saturating_add(1);
        }
    }

    /// How many went to this receiver within the last while.
    pub(super) fn within(&self, window: Duration, receiver: &Receiver, now: Duration) -> usize {
        let said = self.lock();
        let sent = said.messages.iter().filter(|message| message.receiver == *receiver);
        sent.filter(|message| message.at.saturating_add(window) > now).count()
    }
}
