//! Discord's interactions become something to do, or a reason not to. Pure: bytes in, a value out.
//!
//! Asked is the command `/ask`. Presses, choices and sent forms are clicks. Ignored, with a word for the log:
//!
//! 1. other commands, and what is suggested while somebody types: they were answered at once;
//! 2. presses of what is not the bot's own making, and of the button that only opens a form;
//! 3. webhook events but for the one that tells of a new guild.
//!
//! A thread is a channel of its own there: it becomes the place's thread, and the channel that it hangs on the place's.

use serde_json::Value;

use super::DIRECT;
use super::payload::{A_COMMAND, A_FORM, A_PRESS, AUTOCOMPLETE, Data, Interaction, OPENS, QUESTION};
use crate::message::Action;
use crate::platform::json::text;
use crate::platform::{Click, DecodeError, Decoded, Inbound, Lifecycle, ReplyRoute};
use crate::who::{Person, Place, PlatformName};

/// Channel types that are threads: of announcements, public, private.
const THREADS: [u8; 3] = [10, 11, 12];
/// What may be nested in a form: rows in labels in rows.
const DEPTH: usize = 4;

/// What a proved payload of Discord's asks for, of the kind that [`DISCORD`](imchat_verify::providers::DISCORD) found:
/// `interactions`, `components`, `autocomplete` or `webhook events`. Pure; for where no client is at hand.
///
/// # Errors
/// [`DecodeError`].
pub fn decoded(kind: &str, body: &[u8]) -> Result<Decoded, DecodeError> {
    match kind {
        "interactions" | "components" | "autocomplete" => {
            interaction(serde_json::from_slice(body).map_err(|_| DecodeError::Shape)?)
        }
        "webhook events" => event(&serde_json::from_slice(body).map_err(|_| DecodeError::Shape)?),
        _ => Err(DecodeError::Kind),
    }
}

fn event(body: &Value) -> Result<Decoded, DecodeError> {
    let kind = text(body, "/event/type").ok_or(DecodeError::Missing("event.type"))?;
    let into_guild = body.pointer("/event/data/integration_type").and_then(Value::as_u64) == Some(0);
    Ok(match kind {
        "APPLICATION_AUTHORIZED" if into_guild => Decoded::Lifecycle(Lifecycle::Joined),
        _ => Decoded::Ignored("event of another kind"),
    })
}

fn interaction(interaction: Interaction) -> Result<Decoded, DecodeError> {
    match interaction.kind {
        A_COMMAND => command(interaction),
        A_PRESS => pressed(interaction),
        A_FORM => sent(interaction),
        AUTOCOMPLETE => Ok(Decoded::Ignored("autocomplete")),
        _ => Ok(Decoded::Ignored("interaction of another kind")),
    }
}

fn command(interaction: Interaction) -> Result<Decoded, DecodeError> {
    if !interaction.data.is_ours() {
        return Ok(Decoded::Ignored("not one of our commands"));
    }
    let question = interaction.data.option(QUESTION).and_then(Value::as_str);
    let question = question.ok_or(DecodeError::Missing("data.options"))?.trim().to_owned();
    let Some((person, place)) = whereabouts(&interaction)? else { return Ok(Decoded::Ignored("said by a bot")) };
    Ok(Decoded::Command(Inbound {
        person,
        place,
        text: question,
        reply: Some(route(&interaction)),
        message: Some(interaction.id),
    }))
}

fn pressed(interaction: Interaction) -> Result<Decoded, DecodeError> {
    if interaction.data.custom_id.starts_with(OPENS) {
        return Ok(Decoded::Ignored("opens a form"));
    }
    let chosen = interaction.data.values.first().cloned();
    clicked(interaction, chosen)
}

fn sent(interaction: Interaction) -> Result<Decoded, DecodeError> {
    let typed = typed(&interaction.data);
    clicked(interaction, typed)
}

fn clicked(interaction: Interaction, value: Option<String>) -> Result<Decoded, DecodeError> {
    let Some(action) = Action::of_code(&interaction.data.custom_id) else {
        return Ok(Decoded::Ignored("not one of our buttons"));
    };
    let Some((person, place)) = whereabouts(&interaction)? else { return Ok(Decoded::Ignored("said by a bot")) };
    Ok(Decoded::Click(Click {
        person,
        place,
        action,
        value,
        reply: Some(route(&interaction)),
        card: interaction.message.map(|message| message.id),
        trigger: None,
    }))
}

/// Who and where; nothing where it was a bot.
fn whereabouts(interaction: &Interaction) -> Result<Option<(Person, Place)>, DecodeError> {
    let user = interaction.member.as_ref().map(|member| &member.user).or(interaction.user.as_ref());
    let user = user.ok_or(DecodeError::Missing("user"))?;
    if user.bot {
        return Ok(None);
    }
    let tenant = interaction.guild_id.as_deref().unwrap_or(DIRECT).to_owned();
    let channel = interaction.channel_id.clone().ok_or(DecodeError::Missing("channel_id"))?;
    let thread = interaction.channel.as_ref().filter(|channel| THREADS.contains(&channel.kind));
    let (channel, thread) = match thread.and_then(|thread| thread.parent_id.clone()) {
        Some(parent) => (parent, Some(channel)),
        None => (channel, None),
    };
    let person = Person { platform: PlatformName::Discord, tenant: tenant.clone(), user: user.id.clone() };
    Ok(Some((person, Place { platform: PlatformName::Discord, tenant, channel, thread })))
}

fn route(interaction: &Interaction) -> ReplyRoute {
    ReplyRoute::DiscordToken { application: interaction.application_id.clone(), token: interaction.token.clone() }
}

/// The first thing that was typed into a form.
fn typed(data: &Data) -> Option<String> {
    data.components.iter().find_map(|component| value(component, DEPTH)).map(str::to_owned)
}

fn value(component: &Value, depth: usize) -> Option<&str> {
    let depth = depth.checked_sub(1)?;
    let inside = component.get("components").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let within = component.get("component").into_iter().chain(inside);
    text(component, "/value").or_else(|| within.filter_map(|inner| value(inner, depth)).next())
}

#[cfg(test)]
mod tests;
