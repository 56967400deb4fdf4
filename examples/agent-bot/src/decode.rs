//! Slack's payloads become something to answer, or a reason not to. Pure: bytes in, a value out.
//!
//! Answered are: a mention of the bot in a channel (`app_mention`), a message in a direct conversation with it
//! (`message` with `channel_type` `im`, where Slack sends no `app_mention`), and a slash command. Ignored, with a word
//! for the log:
//!
//! 1. what bots say, the bot itself included: otherwise two of them would talk for ever;
//! 2. messages with a subtype (edits, joins, topics) and hidden ones;
//! 3. every other `message` in a channel: it is not for the bot, or it is the copy of an `app_mention`, which has an
//!    event id of its own, so that deduplication cannot tell;
//! 4. the `app_mention` of an edited message: the post was answered when it was written;
//! 5. clicks, views and shortcuts, until there is something to click.

mod payload;

use payload::{Command, Envelope, Event, Interaction};

/// Somebody said something to the bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// The workspace the app is installed in, `T…`.
    pub team: String,
    /// `C…`, `G…` or `D…`.
    pub channel: String,
    /// The thread to answer in: the parent's timestamp, or the message's own. A slash command has none.
    pub thread_ts: Option<String>,
    /// Who said it, `U…` or `W…`.
    pub user: String,
    /// As Slack delivers it: escaped, mentions as `<@U…>`.
    pub text: String,
    /// `Ev…`. A slash command has none: its `trigger_id` is a capability and is not kept.
    pub event_id: Option<String>,
}

impl Inbound {
    /// The conversation it belongs to, `T…:C…` and in a thread `T…:C…:<ts>`: answers in one of them keep their order.
    #[must_use]
    pub fn conversation(&self) -> String {
        let Self { team, channel, .. } = self;
        match &self.thread_ts {
            Some(thread_ts) => format!("{team}:{channel}:{thread_ts}"),
            None => format!("{team}:{channel}"),
        }
    }
}

/// What a payload asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoded {
    /// Answer this.
    Message(Inbound),
    /// Nothing to do, for this reason.
    Ignored(&'static str),
}

/// An authentic payload that is not what Slack documents. It never holds the payload's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The body, or the form's `payload`, is not JSON of the documented shape.
    #[error("the payload is not the JSON that Slack documents: check that the route matches the kind of request")]
    NotJson,
    /// A field that is needed to answer is missing.
    #[error("the payload has no {0}: check that the route matches the kind of request")]
    Missing(&'static str),
    /// Slack's scheme has no kind of this name.
    #[error("the kind of request is none of Slack's: was it written down by a newer release?")]
    Kind,
}

/// Decodes a body of the kind that [`SLACK`](imchat_verify::providers::SLACK) found: `events`, `interactivity` or
/// `commands`.
///
/// # Errors
/// [`DecodeError`] when the payload is not what Slack documents for `kind`.
pub fn decode(kind: &str, body: &[u8]) -> Result<Decoded, DecodeError> {
    match kind {
        "events" => event(serde_json::from_slice(body).map_err(|_| DecodeError::NotJson)?),
        "interactivity" => interaction(body),
        "commands" => command(Command::of_form(body)),
        _ => Err(DecodeError::Kind),
    }
}

fn event(envelope: Envelope) -> Result<Decoded, DecodeError> {
    match envelope.kind.as_str() {
        "event_callback" => {}
        "app_rate_limited" => return Ok(Decoded::Ignored("app_rate_limited")),
        "url_verification" => return Ok(Decoded::Ignored("handshake")),
        _ => return Ok(Decoded::Ignored("unknown envelope")),
    }
    let authorization = envelope.authorizations.into_iter().next().unwrap_or_default();
    let event = envelope.event.ok_or(DecodeError::Missing("event"))?;
    if let Some(reason) = not_for_us(&event, authorization.user_id.as_deref()) {
        return Ok(Decoded::Ignored(reason));
    }
    let ts = event.ts.ok_or(DecodeError::Missing("event.ts"))?;
    Ok(Decoded::Message(Inbound {
        // In a shared channel the outer team may be another company's; the authorization is always ours.
        team: authorization.team_id.or(envelope.team_id).ok_or(DecodeError::Missing("team_id"))?,
        channel: event.channel.ok_or(DecodeError::Missing("event.channel"))?,
        thread_ts: Some(event.thread_ts.unwrap_or(ts)),
        user: event.user.ok_or(DecodeError::Missing("event.user"))?,
        text: event.text.unwrap_or_default(),
        event_id: Some(envelope.event_id.ok_or(DecodeError::Missing("event_id"))?),
    }))
}

fn not_for_us(event: &Event, own_user: Option<&str>) -> Option<&'static str> {
    let mention = match event.kind.as_str() {
        "app_mention" => true,
        "message" => false,
        _ => return Some("event of another kind"),
    };
    if event.bot_id.is_some() || event.user.is_none() || event.user.as_deref() == own_user {
        return Some("said by a bot");
    }
    if event.subtype.is_some() || event.hidden {
        return Some("message with a subtype");
    }
    match (mention, event.channel_type.as_deref()) {
        (true, _) if event.edited.is_some() => Some("edited after it was answered"),
        (true, _) | (false, Some("im")) => None,
        (false, _) => Some("message to a channel"),
    }
}

fn interaction(body: &[u8]) -> Result<Decoded, DecodeError> {
    let payload = payload::field(body, "payload").ok_or(DecodeError::Missing("payload"))?;
    let interaction: Interaction = serde_json::from_str(&payload).map_err(|_| DecodeError::NotJson)?;
    Ok(Decoded::Ignored(match interaction.kind.as_str() {
        "block_actions" => "block_actions",
        "view_submission" => "view_submission",
        "view_closed" => "view_closed",
        "shortcut" | "message_action" => "shortcut",
        _ => "interaction of another kind",
    }))
}

fn command(command: Command) -> Result<Decoded, DecodeError> {
    command.command.ok_or(DecodeError::Missing("command"))?;
    Ok(Decoded::Message(Inbound {
        team: command.team_id.ok_or(DecodeError::Missing("team_id"))?,
        channel: command.channel_id.ok_or(DecodeError::Missing("channel_id"))?,
        thread_ts: None,
        user: command.user_id.ok_or(DecodeError::Missing("user_id"))?,
        text: command.text.unwrap_or_default(),
        event_id: None,
    }))
}

#[cfg(test)]
mod tests;
