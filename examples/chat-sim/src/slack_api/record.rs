//! What the bot said.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::sync::Notify;

/// One `chat.postMessage`.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// As sent; empty when it was missing.
    pub channel: String,
    /// The thread it answers in.
    pub thread_ts: Option<String>,
    /// As sent, mrkdwn; empty when there was none. A later `chat.update` changes it.
    pub text: String,
    /// As sent, or `null`. A later `chat.update` changes it.
    pub blocks: Value,
    /// All arguments, as sent.
    pub arguments: Value,
    /// Whether the call carried the right token.
    pub token_valid: bool,
    /// What was answered.
    pub outcome: Outcome,
}

/// What became of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It stands in the channel under this timestamp.
    Posted {
        /// The message's id in its channel, `1700000000.000100`.
        ts: String,
    },
    /// It was answered with this error, or `http_<status>`.
    Refused(String),
}

impl Post {
    /// The message's timestamp, if it was accepted.
    #[must_use]
    pub fn ts(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Posted { ts } => Some(ts),
            Outcome::Refused(_) => None,
        }
    }
}

/// One accepted `chat.update`.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// The message's channel.
    pub channel: String,
    /// The message's timestamp.
    pub ts: String,
    /// Its new text.
    pub text: String,
    /// Its new blocks, or `null`.
    pub blocks: Value,
}

/// One accepted `chat.postEphemeral`.
#[derive(Debug, Clone, PartialEq)]
pub struct Ephemeral {
    /// Where.
    pub channel: String,
    /// Who sees it.
    pub user: String,
    /// As sent.
    pub text: String,
    /// As sent, or `null`.
    pub blocks: Value,
}

/// Fewer posts came than were waited for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{seen} of {wanted} posts came within {within:?}")]
pub struct TooFew {
    /// How many were waited for.
    pub wanted: usize,
    /// How many were accepted until then.
    pub seen: usize,
    /// How long it was waited.
    pub within: Duration,
}

#[derive(Debug, Default)]
struct Said {
    posts: Vec<Post>,
    updates: Vec<Update>,
    ephemerals: Vec<Ephemeral>,
    views: Vec<Value>,
    last_ts: u128,
}

/// Everything said, and a bell that rings at every accepted post.
#[derive(Debug, Default)]
pub(super) struct Record {
    said: Mutex<Said>,
    accepted: Notify,
}

impl Record {
    fn lock(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn posts(&self) -> Vec<Post> {
        self.lock().posts.clone()
    }

    pub(super) fn updates(&self) -> Vec<Update> {
        self.lock().updates.clone()
    }

    pub(super) fn ephemerals(&self) -> Vec<Ephemeral> {
        self.lock().ephemerals.clone()
    }

    pub(super) fn whisper(&self, ephemeral: Ephemeral) {
        self.lock().ephemerals.push(ephemeral);
    }

    pub(super) fn views(&self) -> Vec<Value> {
        self.lock().views.clone()
    }

    /// Keeps a view and says it as Slack does, with an id.
    pub(super) fn opened(&self, view: Value) -> Value {
        let mut said = self.lock();
        said.views.push(view.clone());
        let mut shown = view;
        if let Value::Object(fields) = &mut shown {
            fields.insert("id".to_owned(), format!("V{:09}", said.views.len()).into());
        }
        shown
    }

    pub(super) fn refuse(&self, mut post: Post, error: &str) {
        post.outcome = Outcome::Refused(error.to_owned());
        self.lock().posts.push(post);
    }

    /// Accepts a post under a new timestamp, later than every one before even when the clock steps back.
    pub(super) fn accept(&self, mut post: Post) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        let ts = {
            let mut said = self.lock();
            said.last_ts = now.max(said.last_ts.saturating_add(1));
            let ts = format!("{}.{:06}", said.last_ts / 1_000_000, said.last_ts % 1_000_000);
            post.outcome = Outcome::Posted { ts: ts.clone() };
            said.posts.push(post);
            ts
        };
        self.accepted.notify_waiters();
        ts
    }

    /// Changes an accepted post; false when there is none.
    pub(super) fn update(&self, update: Update) -> bool {
        let mut said = self.lock();
        let found = said.posts.iter_mut().find(|post| post.channel == update.channel && post.ts() == Some(&update.ts));
        let Some(post) = found else { return false };
        post.text.clone_from(&update.text);
        post.blocks = update.blocks.clone();
        said.updates.push(update);
        true
    }

    pub(super) async fn posted(&self, wanted: usize, within: Duration) -> Result<Vec<Post>, TooFew> {
        let enough = async {
            loop {
                // Armed before counting, so that a post between the two still wakes it.
                let bell = self.accepted.notified();
                tokio::pin!(bell);
                bell.as_mut().enable();
                let accepted = self.accepted_posts();
                if accepted.len() >= wanted {
                    return accepted;
                }
                bell.await;
            }
        };
        match tokio::time::timeout(within, enough).await {
            Ok(posts) => Ok(posts),
            Err(_) => Err(TooFew { wanted, seen: self.accepted_posts().len(), within }),
        }
    }

    fn accepted_posts(&self) -> Vec<Post> {
        self.lock().posts.iter().filter(|post| post.ts().is_some()).cloned().collect()
    }
}
