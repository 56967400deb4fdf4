//! Sending to a channel, and changing what stands there.

use std::time::Duration;

use serde_json::Value;

use super::calls::{Done, Refusal, State};
use super::content::{checked, is_empty};
use super::record::{EPHEMERAL, LOADING, Message};

const WINDOW: Duration = Duration::from_secs(5);
const IN_WINDOW: usize = 5;
/// The one flag that may be set with the two that say who sees it.
const SUPPRESS_EMBEDS: u64 = 1 << 2;

impl State {
    pub(super) fn send(&self, channel: &str, body: &[u8]) -> Result<Done, Refusal> {
        if !self.settings.channels.contains(channel) && !self.is_direct(channel) {
            return Err(Refusal::NO_CHANNEL);
        }
        let json = checked(body)?;
        if is_empty(&json) {
            return Err(Refusal::EMPTY);
        }
        let (left, reset) = self.room(channel)?;
        let mut message = message(&json, channel, self.settings.clock.now());
        // Only an interaction can be answered before one person's eyes.
        message.flags &= SUPPRESS_EMBEDS;
        let enforced = json.get("enforce_nonce").and_then(Value::as_bool).unwrap_or(false);
        let nonce = json.get("nonce").and_then(Value::as_str).map(str::to_owned);
        message.nonce = nonce.filter(|_| enforced);
        Ok(Done { json: self.record.accept(message).json(), bucket: Some((left, reset)) })
    }

    /// What is left of the channel's window, and when it ends.
    fn room(&self, channel: &str) -> Result<(usize, Duration), Refusal> {
        let now = self.settings.clock.now();
        let sent = self.record.within(WINDOW, channel, now);
        let oldest = sent.iter().min().copied().unwrap_or(now);
        let reset = oldest.saturating_add(WINDOW).saturating_sub(now);
        match IN_WINDOW.checked_sub(sent.len().saturating_add(1)) {
            None if self.settings.limited => Err(Refusal::RateLimited { wait: reset, global: false }),
            left => Ok((left.unwrap_or(IN_WINDOW), reset)),
        }
    }

    pub(super) fn change(&self, channel: &str, id: &str, body: &[u8]) -> Result<Done, Refusal> {
        let json = checked(body)?;
        let message = self.record.find(id).filter(|message| message.channel == channel && message.only.is_none());
        let message = message.ok_or(Refusal::NO_MESSAGE)?;
        self.changed(&message.id, &json)
    }

    /// What is given takes the place of what stood there; a message that was thought about is thought about no more.
    pub(super) fn changed(&self, id: &str, json: &Value) -> Result<Done, Refusal> {
        let changed = self.record.change(id, |message| {
            if let Some(content) = json.get("content") {
                content.as_str().unwrap_or_default().clone_into(&mut message.content);
            }
            if let Some(components) = json.get("components") {
                message.components = components.clone();
            }
            if let Some(mentions) = json.get("allowed_mentions") {
                message.allowed_mentions = mentions.clone();
            }
            message.flags &= !LOADING;
        });
        Ok(Done { json: changed.ok_or(Refusal::NO_MESSAGE)?.json(), bucket: None })
    }
}

/// A message as its body says; whoever sends it decides on what the body may not.
pub(super) fn message(json: &Value, channel: &str, at: Duration) -> Message {
    let flags = json.get("flags").and_then(Value::as_u64).unwrap_or_default();
    Message {
        id: String::new(),
        channel: channel.to_owned(),
        content: json.get("content").and_then(Value::as_str).unwrap_or_default().to_owned(),
        components: json.get("components").cloned().unwrap_or_default(),
        allowed_mentions: json.get("allowed_mentions").cloned().unwrap_or_default(),
        flags: flags & (SUPPRESS_EMBEDS | EPHEMERAL),
        nonce: None,
        only: None,
        interaction: false,
        edits: 0,
        at,
    }
}
