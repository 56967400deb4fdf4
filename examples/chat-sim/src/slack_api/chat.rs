//! `chat.postMessage`, `chat.postEphemeral` and `chat.update`.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::arguments::Arguments;
use super::faults::Fault;
use super::methods::{Refusal, State};
use super::rate::whole_seconds;
use super::record::{Ephemeral, Outcome, Post, Update};

/// Characters, not bytes.
const MAX_TEXT: usize = 40_000;
const MAX_BLOCKS: usize = 50;
const MAX_ATTACHMENTS: usize = 100;

/// What is to be read, and where.
struct Written {
    channel: String,
    text: String,
    blocks: Value,
}

impl State {
    pub(super) fn chat_post_message(
        &self,
        authorized: Result<(), &'static str>,
        arguments: Result<Arguments, &'static str>,
    ) -> Result<Value, Refusal> {
        let (arguments, readable) = match arguments {
            Ok(arguments) => (arguments, Ok(())),
            Err(error) => (Arguments::default(), Err(error)),
        };
        let owned = |name| arguments.text(name).unwrap_or_default().to_owned();
        let post = Post {
            channel: owned("channel"),
            thread_ts: arguments.value("thread_ts").map(|ts| ts.as_str().unwrap_or_default().to_owned()),
            text: owned("text"),
            blocks: arguments.value("blocks").cloned().unwrap_or_default(),
            arguments: arguments.all(),
            token_valid: authorized.is_ok(),
            outcome: Outcome::Refused(String::new()),
        };
        match authorized.and(readable).map_err(Refusal::from).and_then(|()| self.admit(&post, &arguments)) {
            Ok(()) => {
                let ts = self.record.accept(post.clone());
                let message = self.message(&post, &ts);
                Ok(json!({ "ok": true, "channel": post.channel, "ts": ts, "message": message }))
            }
            Err(refusal) => {
                self.record.refuse(post, &refusal.code());
                Err(refusal)
            }
        }
    }

    pub(super) fn chat_post_ephemeral(
        &self,
        authorized: Result<(), &'static str>,
        arguments: Result<Arguments, &'static str>,
    ) -> Result<Value, Refusal> {
        let (arguments, Written { channel, text, blocks }) = self.written(authorized, arguments)?;
        let user = arguments.text("user").filter(|user| self.settings.users.contains_key(*user));
        let user = user.ok_or("user_not_in_channel")?.to_owned();
        self.record.whisper(Ephemeral { channel, user, text, blocks });
        Ok(json!({ "ok": true, "message_ts": "1700000000.000001" }))
    }

    pub(super) fn chat_update(
        &self,
        authorized: Result<(), &'static str>,
        arguments: Result<Arguments, &'static str>,
    ) -> Result<Value, Refusal> {
        let (arguments, Written { channel, text, blocks }) = self.written(authorized, arguments)?;
        let ts = arguments.text("ts").unwrap_or_default().to_owned();
        let update = Update { channel, ts, text, blocks };
        if !self.record.update(update.clone()) {
            return Err("message_not_found".into());
        }
        let Update { channel, ts, text, .. } = update;
        let user = &self.settings.workspace.bot_user;
        let message = json!({ "type": "message", "user": user, "text": text, "ts": ts });
        Ok(json!({ "ok": true, "channel": channel, "ts": ts, "text": text, "message": message }))
    }

    /// What a call other than a post writes, and where, once nothing stands against it.
    fn written(
        &self,
        authorized: Result<(), &'static str>,
        arguments: Result<Arguments, &'static str>,
    ) -> Result<(Arguments, Written), Refusal> {
        authorized?;
        let arguments = arguments?;
        self.fault()?;
        let channel = arguments.text("channel").unwrap_or_default().to_owned();
        self.known_channel(&channel)?;
        content(&arguments)?;
        let text = arguments.text("text").unwrap_or_default().to_owned();
        let blocks = arguments.value("blocks").cloned().unwrap_or_default();
        Ok((arguments, Written { channel, text, blocks }))
    }

    /// Everything that can stand against a post by a good token.
    fn admit(&self, post: &Post, arguments: &Arguments) -> Result<(), Refusal> {
        self.fault()?;
        self.known_channel(&post.channel)?;
        if let Some(rate) = self.settings.rate {
            let turn = self.rates.take(&post.channel, rate, Instant::now());
            turn.map_err(|wait| Refusal::RateLimited(whole_seconds(wait)))?;
        }
        content(arguments)?;
        match post.thread_ts.as_deref() {
            Some(ts) if !is_ts(ts) => Err("invalid_thread_ts".into()),
            _ => Ok(()),
        }
    }

    pub(super) fn fault(&self) -> Result<(), Refusal> {
        match self.faults.take() {
            None | Some(Fault::Hang(_) | Fault::LostResponse) => Ok(()),
            Some(Fault::RateLimited { retry_after }) => Err(Refusal::RateLimited(retry_after)),
            Some(Fault::Error(error)) => Err(Refusal::Error(error)),
            Some(Fault::Status(status)) => Err(Refusal::Status(status)),
        }
    }

    fn known_channel(&self, channel: &str) -> Result<(), Refusal> {
        if self.settings.channels.contains(channel) { Ok(()) } else { Err("channel_not_found".into()) }
    }

    fn message(&self, post: &Post, ts: &str) -> Value {
        let workspace = &self.settings.workspace;
        let mut message = json!({
            "type": "message",
            "user": workspace.bot_user,
            "bot_id": workspace.bot,
            "app_id": workspace.app,
            "team": workspace.team,
            "text": post.text,
            "ts": ts,
        });
        let optional = [("thread_ts", post.thread_ts.clone().into()), ("blocks", post.blocks.clone())];
        if let Value::Object(fields) = &mut message {
            let given = optional.into_iter().filter(|(_, value)| !value.is_null());
            fields.extend(given.map(|(name, value)| (name.to_owned(), value)));
        }
        message
    }
}

/// A message needs text, blocks or attachments, each within its limit.
fn content(arguments: &Arguments) -> Result<(), Refusal> {
    let text = arguments.text("text");
    if text.is_some_and(|text| text.chars().count() > MAX_TEXT) {
        return Err("msg_too_long".into());
    }
    let blocks = match arguments.value("blocks") {
        None => 0,
        Some(Value::Array(blocks)) => blocks.len(),
        Some(_) => return Err("invalid_blocks_format".into()),
    };
    if blocks > MAX_BLOCKS {
        return Err("invalid_blocks".into());
    }
    let attachments = arguments.value("attachments").and_then(Value::as_array).map_or(0, Vec::len);
    if attachments > MAX_ATTACHMENTS {
        return Err("too_many_attachments".into());
    }
    if text.is_none() && blocks == 0 && attachments == 0 { Err("no_text".into()) } else { Ok(()) }
}

/// `seconds.micros` with exactly six digits after the point.
fn is_ts(text: &str) -> bool {
    text.split_once('.').is_some_and(|(seconds, micros)| {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        digits(seconds) && digits(micros) && micros.len() == 6
    })
}
