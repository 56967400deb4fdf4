//! Slack's payloads become something to do, or a reason not to. Pure: bytes in, a value out.
//!
//! Asked are: a mention of the bot in a channel (`app_mention`), a message in a direct conversation with it (`message`
//! with `channel_type` `im`, where Slack sends no `app_mention`), and a slash command. Presses, choices and sent modals are
//! clicks. Ignored, with a word for the log:
//!
//! 1. what bots say, the bot itself included: otherwise two of them would talk for ever;
//! 2. messages with a subtype (edits, joins, topics) and hidden ones, but for those with a file and those that a thread
//!    sends to its channel too, which people wrote;
//! 3. every other `message` in a channel: it is not for the bot, or it is the copy of an `app_mention`, which has an
//!    event id of its own, so that deduplication cannot tell;
//! 4. the `app_mention` of an edited message: the post was answered when it was written;
//! 5. presses of what is not the bot's own making, shortcuts and closed views.

use serde::Deserialize as _;
use serde_json::Value;

use super::modal::Memo;
use super::mrkdwn::unescape;
use super::payload::{self, Authorization, Command, Envelope, Event, Interaction, Pressed, View};
use crate::message::Action;
use crate::platform::json::text;
use crate::platform::{Click, DecodeError, Decoded, Inbound, Lifecycle, ReplyRoute};
use crate::who::{Person, Place, PlatformName};

/// Of every other event only the type is looked at: who knows what its fields hold.
const READ: [&str; 8] = [
    "app_mention",
    "message",
    "member_joined_channel",
    "member_left_channel",
    "channel_left",
    "group_left",
    "app_uninstalled",
    "tokens_revoked",
];

/// What a payload of Slack's asks for, of the kind that [`SLACK`](imchat_verify::providers::SLACK) found: `events`,
/// `interactivity` or `commands`. Pure; for where no client is at hand.
///
/// # Errors
/// [`DecodeError`].
pub fn decoded(kind: &str, body: &[u8]) -> Result<Decoded, DecodeError> {
    match kind {
        "events" => event(serde_json::from_slice(body).map_err(|_| DecodeError::Shape)?),
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
    if !READ.contains(&text(&event, "/type").ok_or(DecodeError::Missing("event.type"))?) {
        return Ok(Decoded::Ignored("event of another kind"));
    }
    let event = Event::deserialize(event).map_err(|_| DecodeError::Shape)?;
    if let Some(lifecycle) = lifecycle(&event, &authorization) {
        return Ok(Decoded::Lifecycle(lifecycle));
    }
    if let Some(reason) = not_for_us(&event, authorization.user_id.as_deref()) {
        return Ok(Decoded::Ignored(reason));
    }
    // In a shared channel the outer team may be another company's; the authorization is always ours.
    let tenant = authorization.team_id.or(envelope.team_id).ok_or(DecodeError::Missing("team_id"))?;
    let ts = event.ts.ok_or(DecodeError::Missing("event.ts"))?;
    let home = event.user_team.as_deref().unwrap_or(&tenant);
    Ok(Decoded::Message(Inbound {
        person: person(home, event.user.ok_or(DecodeError::Missing("event.user"))?),
        place: Place {
            platform: PlatformName::Slack,
            tenant,
            channel: event.channel.ok_or(DecodeError::Missing("event.channel"))?,
            thread: Some(event.thread_ts.unwrap_or_else(|| ts.clone())),
        },
        text: spoken(&event.text.unwrap_or_default(), authorization.user_id.as_deref()),
        message: Some(ts),
        reply: None,
    }))
}

fn lifecycle(event: &Event, authorization: &Authorization) -> Option<Lifecycle> {
    let own = event.user.is_some() && event.user == authorization.user_id;
    match event.kind.as_str() {
        "member_joined_channel" if own => Some(Lifecycle::Joined),
        "member_left_channel" if own => Some(Lifecycle::Left),
        "channel_left" | "group_left" => Some(Lifecycle::Left),
        "app_uninstalled" | "tokens_revoked" => Some(Lifecycle::Revoked),
        _ => None,
    }
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
    if event.hidden || !matches!(event.subtype.as_deref(), None | Some("file_share" | "thread_broadcast")) {
        return Some("message with a subtype");
    }
    match (mention, event.channel_type.as_deref()) {
        (true, _) if event.edited.is_some() => Some("edited after it was answered"),
        (true, _) | (false, Some("im")) => None,
        (false, _) => Some("message to a channel"),
    }
}

/// As people read it, without the mention of the bot at its start.
fn spoken(text: &str, own_user: Option<&str>) -> String {
    let text = text.trim();
    let own = own_user.map(|user| format!("<@{user}>"));
    let rest = own.as_deref().and_then(|own| text.strip_prefix(own)).unwrap_or(text);
    unescape(rest.trim_start())
}

fn interaction(body: &[u8]) -> Result<Decoded, DecodeError> {
    let payload = payload::field(body, "payload").ok_or(DecodeError::Missing("payload"))?;
    let payload: Value = serde_json::from_str(&payload).map_err(|_| DecodeError::Shape)?;
    let kind = text(&payload, "/type").ok_or(DecodeError::Missing("type"))?;
    let read = || Interaction::deserialize(&payload).map_err(|_| DecodeError::Shape);
    match kind {
        "block_actions" => pressed(read()?),
        "view_submission" => sent(read()?),
        "view_closed" => Ok(Decoded::Ignored("view_closed")),
        "shortcut" | "message_action" => Ok(Decoded::Ignored("shortcut")),
        _ => Ok(Decoded::Ignored("interaction of another kind")),
    }
}

fn pressed(mut interaction: Interaction) -> Result<Decoded, DecodeError> {
    let person = clicker(&mut interaction)?;
    let Some(pressed) = interaction.actions.into_iter().next() else { return Err(DecodeError::Missing("actions")) };
    let Some((action, value)) = action(pressed) else { return Ok(Decoded::Ignored("not one of our buttons")) };
    let (container, message) = (interaction.container, interaction.message);
    let channel = interaction.channel.map(|channel| channel.id);
    let channel = channel.or_else(|| container.as_ref()?.channel_id.clone()).ok_or(DecodeError::Missing("channel"))?;
    let thread = message.as_ref().and_then(|message| message.thread_ts.clone());
    Ok(Decoded::Click(Click {
        place: Place {
            platform: PlatformName::Slack,
            tenant: person.tenant.clone(),
            channel,
            thread: thread.or_else(|| container.as_ref()?.thread_ts.clone()),
        },
        person,
        action,
        value,
        card: message.and_then(|message| message.ts).or_else(|| container?.message_ts),
        trigger: interaction.trigger_id,
        reply: interaction.response_url.map(ReplyRoute::SlackResponseUrl),
    }))
}

/// `action_id` holds the action; where it is a verb alone, the button's value is the id.
fn action(pressed: Pressed) -> Option<(Action, Option<String>)> {
    let chosen = pressed.selected_option.map(|chosen| chosen.value);
    let action = match Action::of_code(&pressed.action_id) {
        Some(action) => action,
        None => Action::new(pressed.action_id, pressed.value?)?,
    };
    Some((action, chosen))
}

fn sent(mut interaction: Interaction) -> Result<Decoded, DecodeError> {
    let person = clicker(&mut interaction)?;
    let view = interaction.view.ok_or(DecodeError::Missing("view"))?;
    let (Some(action), Some(memo)) = (Action::of_code(&view.callback_id), Memo::read(&view.private_metadata)) else {
        return Ok(Decoded::Ignored("not one of our modals"));
    };
    let value = typed(&view);
    Ok(Decoded::Click(Click {
        place: Place {
            platform: PlatformName::Slack,
            tenant: person.tenant.clone(),
            channel: memo.channel,
            thread: memo.thread,
        },
        person,
        action,
        value,
        card: memo.card,
        trigger: interaction.trigger_id,
        reply: None,
    }))
}

/// The first thing that was typed.
fn typed(view: &View) -> Option<String> {
    let inputs = view.state.as_ref()?.values.values().flat_map(|block| block.values());
    inputs.filter_map(|input| input.get("value")?.as_str()).map(str::to_owned).next()
}

/// Who clicked, as a member of the workspace that the app is installed in.
///
/// In a shared channel the user may belong to another one: then that one is the tenant, so that nobody of a partner
/// company passes for a colleague.
fn clicker(interaction: &mut Interaction) -> Result<Person, DecodeError> {
    let user = interaction.user.take().ok_or(DecodeError::Missing("user"))?;
    let team = interaction.team.take().map(|team| team.id);
    let tenant = user.team_id.or(team).ok_or(DecodeError::Missing("team"))?;
    Ok(person(&tenant, user.id))
}

fn command(command: Command) -> Result<Decoded, DecodeError> {
    command.command.ok_or(DecodeError::Missing("command"))?;
    let tenant = command.team_id.ok_or(DecodeError::Missing("team_id"))?;
    Ok(Decoded::Command(Inbound {
        person: person(&tenant, command.user_id.ok_or(DecodeError::Missing("user_id"))?),
        place: Place {
            platform: PlatformName::Slack,
            tenant,
            channel: command.channel_id.ok_or(DecodeError::Missing("channel_id"))?,
            thread: None,
        },
        text: unescape(command.text.unwrap_or_default().trim()),
        message: None,
        reply: command.response_url.map(ReplyRoute::SlackResponseUrl),
    }))
}

fn person(tenant: &str, user: String) -> Person {
    Person { platform: PlatformName::Slack, tenant: tenant.to_owned(), user }
}

#[cfg(test)]
mod tests;
