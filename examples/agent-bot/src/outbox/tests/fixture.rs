//! An outbox, a sender, and a platform that answers as a test tells it to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;

use crate::config::Secret;
use crate::message::{Action, Outbound, Part};
use crate::outbox::{Draft, Outbox, Put, Sender, Turn};
use crate::platform::{
    Address, Click, DecodeError, Decoded, Doing, Limits, Platform, Profile, Prompt, Rendered, ReplyRoute, SendError,
    Sent,
};
use crate::seal::Seal;
use crate::state::State;
use crate::state::testing::Room;
use crate::who::{Person, Place, PlatformName};

pub(super) const APART: Duration = Duration::from_secs(1);
/// No jitter.
pub(super) const FIRST: Duration = Duration::from_secs(1);

/// What no attempt survives.
pub(super) const POISON: &str = "poison";

/// What the platform was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// `send`, `route` or the id that was edited.
    pub(super) how: String,
    pub(super) text: String,
    pub(super) key: String,
}

pub(super) fn called(how: &str, text: &str, key: &str) -> Call {
    Call { how: how.to_owned(), text: text.to_owned(), key: key.to_owned() }
}

/// A platform: each part of a message is a message of its own, and the id of one is its key.
#[derive(Default)]
pub(super) struct Stage {
    pub(super) calls: Mutex<Vec<Call>>,
    /// What it answers, before it answers well.
    pub(super) answers: Mutex<VecDeque<SendError>>,
    /// Gives no ids.
    pub(super) fleeting: bool,
    /// Waits inside of a call, and tells that it is there.
    pub(super) gate: Option<(Notify, Notify)>,
}

impl Stage {
    pub(super) fn answering(answers: impl IntoIterator<Item = SendError>) -> Self {
        Self { answers: Mutex::new(answers.into_iter().collect()), ..Self::default() }
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    pub(super) fn texts(&self) -> Vec<String> {
        self.calls().into_iter().map(|call| call.text).collect()
    }

    async fn answer(&self, how: &str, message: &Rendered, key: &str) -> Result<(), SendError> {
        self.calls.lock().unwrap().push(called(how, message.json.as_str().unwrap(), key));
        if let Some((inside, go)) = &self.gate {
            inside.notify_one();
            go.notified().await;
        }
        match self.answers.lock().unwrap().pop_front() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

impl Platform for Stage {
    fn name(&self) -> PlatformName {
        PlatformName::Slack
    }

    fn decode(&self, _: &str, _: &[u8]) -> Result<Decoded, DecodeError> {
        Err(DecodeError::Shape)
    }

    fn render(&self, message: &Outbound) -> Vec<Rendered> {
        let text = |part: &Part| match part {
            Part::Heading(text) if text == POISON => panic!("a fault of the renderer"),
            Part::Heading(text) | Part::Code(text) => text.clone(),
            _ => serde_json::to_string(part).unwrap(),
        };
        message.parts.iter().map(|part| Rendered { json: text(part).into() }).collect()
    }

    fn limits(&self) -> Limits {
        Limits { text: 100, message: 100, parts: 1, buttons: 1, apart: APART }
    }

    fn send<'a>(&'a self, to: &'a Address, message: &'a Rendered, key: &'a str) -> Doing<'a, Sent, SendError> {
        Box::pin(async move {
            self.answer(if to.reply.is_some() { "route" } else { "send" }, message, key).await?;
            Ok(Sent { place: to.place.clone(), message: (!self.fleeting).then(|| key.to_owned()) })
        })
    }

    fn edit<'a>(&'a self, sent: &'a Sent, message: &'a Rendered) -> Doing<'a, (), SendError> {
        Box::pin(async move { self.answer(sent.message.as_deref().unwrap(), message, "").await })
    }

    fn ask<'a>(&'a self, _: &'a Click, _: &'a Action, _: &'a Prompt) -> Doing<'a, (), SendError> {
        Box::pin(async { Err(SendError::RouteEnded) })
    }

    fn identify<'a>(&'a self, _: &'a Person) -> Doing<'a, Profile, SendError> {
        Box::pin(async { Err(SendError::Unreachable) })
    }
}

pub(super) fn refused() -> SendError {
    SendError::Refused { code: "not_in_channel".to_owned(), remedy: "add the bot to the channel" }
}

pub(super) fn seal(byte: u8) -> Seal {
    Seal::new(&Secret::new(const_hex::encode([byte; 32])), None).unwrap()
}

/// In a channel, in a thread of it.
pub(super) fn place(channel: &str, thread: &str) -> Place {
    let (channel, thread) = (channel.to_owned(), Some(thread.to_owned()));
    Place { platform: PlatformName::Slack, tenant: "T1".to_owned(), channel, thread }
}

/// One that says each of these lines by itself.
pub(super) fn draft(step: &str, place: Place, lines: &[&str]) -> Draft {
    let message = lines.iter().fold(Outbound::new(), |message, line| message.with(Part::Heading((*line).to_owned())));
    Draft { to: Address { place, only: None, reply: None }, message, step: step.to_owned(), edit_of: None }
}

pub(super) fn edit(step: &str, of: &str, lines: &[&str]) -> Draft {
    Draft { edit_of: Some(of.to_owned()), ..draft(step, place("C1", "1"), lines) }
}

pub(super) fn routed(step: &str) -> Draft {
    let mut draft = draft(step, place("C1", "1"), &["hello"]);
    draft.to.reply = Some(ReplyRoute::SlackResponseUrl("https://hooks.slack.com/secret".to_owned()));
    draft
}

/// One process, with its platform.
pub(super) struct Office {
    pub(super) state: State,
    pub(super) outbox: Outbox,
    pub(super) stage: Arc<Stage>,
    pub(super) sender: Sender,
}

impl Office {
    pub(super) async fn open(room: &Room, stage: Stage) -> Self {
        Self::sealing(room, Arc::new(stage), seal(1)).await
    }

    pub(super) async fn sealing(room: &Room, stage: Arc<Stage>, seal: Seal) -> Self {
        let (state, outbox) = (room.state().await, Outbox::new(seal));
        let platforms: Vec<Arc<dyn Platform>> = vec![Arc::clone(&stage) as _];
        let sender = Sender::new(state.clone(), outbox.clone(), platforms).with_random(|| 0);
        Self { state, outbox, stage, sender }
    }

    pub(super) async fn put(&self, draft: &Draft) -> Put {
        let mut tx = self.state.begin().await.unwrap();
        let put = self.outbox.put(&mut tx, draft).await.unwrap();
        tx.commit().await.unwrap();
        put
    }

    pub(super) async fn turn(&self) -> Turn {
        self.sender.turn().await.unwrap()
    }

    /// Until nothing is left to say, with time passing as it has to.
    pub(super) async fn deliver(&self, room: &Room) {
        for _ in 0..200 {
            match self.turn().await {
                Turn::Did => {}
                Turn::Idle(Some(wait)) => room.pass(wait).await,
                Turn::Idle(None) => return,
            }
        }
        panic!("it never ends");
    }

    /// A column of one row.
    pub(super) async fn column(&self, step: &str, column: &'static str) -> Option<String> {
        let mut tx = self.state.read().await.unwrap();
        let sql = "SELECT state, route, why FROM bot_outbox WHERE step = $1";
        let row = tx.query(sql).bind(step).row().await.unwrap()?;
        row.maybe_text(column).unwrap()
    }

    pub(super) async fn row(&self, step: &str) -> String {
        self.column(step, "state").await.unwrap_or_else(|| "none".to_owned())
    }

    pub(super) async fn acts(&self) -> Vec<String> {
        let mut tx = self.state.read().await.unwrap();
        let rows = tx.query("SELECT act, who FROM bot_audit ORDER BY number").rows().await.unwrap();
        rows.iter().map(|row| format!("{} {}", row.text("who").unwrap(), row.text("act").unwrap())).collect()
    }
}
