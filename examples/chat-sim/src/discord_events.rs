//! What Discord sends to a bot: interactions in a guild. Nothing here is signed; [`Sender`](crate::Sender) does that, with
//! [`sign::discord`](crate::sign::discord).
//!
//! Tokens come from [`DiscordApi::opened`](crate::DiscordApi::opened), so that what is said over them is known there.
//! Discord sends an interaction once: it is never repeated.

use http::HeaderValue;
use serde_json::{Value, json};

use crate::Request;

const TARGET: &str = "/discord/interactions";

/// One guild with one app installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guild {
    /// The application's id, which is its bot user's too.
    pub application: String,
    /// The guild.
    pub id: String,
    /// The channel that everything happens in.
    pub channel: String,
    /// The roles of whoever acts.
    pub roles: Vec<String>,
}

impl Guild {
    /// The guild of the archived requests (`tests/payloads/discord`).
    #[must_use]
    pub fn archived() -> Self {
        Self {
            application: "900000000000000001".to_owned(),
            id: "900000000000000002".to_owned(),
            channel: "900000000000000003".to_owned(),
            roles: vec!["900000000000000005".to_owned()],
        }
    }
}

/// What was pressed.
#[derive(Debug, Clone, Copy)]
pub struct Pressed<'a> {
    /// The component's own.
    pub custom_id: &'a str,
    /// The message it stands on.
    pub message: &'a str,
    /// That message's text.
    pub content: &'a str,
    /// What stands on the button.
    pub label: &'a str,
}

/// The check of the interactions URL.
#[must_use]
pub fn ping(guild: &Guild, id: &str, token: &str) -> Request {
    deliver(&json!({
        "application_id": guild.application, "id": id, "token": token, "type": 1, "version": 1,
        "user": user("900000000000000009"),
    }))
}

/// Somebody used `/ask`.
#[must_use]
pub fn command(guild: &Guild, id: &str, token: &str, user: &str, question: &str, private: bool) -> Request {
    let mut options = vec![json!({ "name": "question", "type": 3, "value": question })];
    if private {
        options.push(json!({ "name": "private", "type": 5, "value": true }));
    }
    let data = json!({ "id": "900000000000000006", "name": "ask", "type": 1, "options": options });
    deliver(&interaction(guild, id, token, user, 2, &data))
}

/// Somebody is typing the question of `/ask`.
#[must_use]
pub fn autocomplete(guild: &Guild, id: &str, token: &str, user: &str) -> Request {
    let options = json!([{ "name": "question", "type": 3, "value": "wh", "focused": true }]);
    let data = json!({ "id": "900000000000000006", "name": "ask", "type": 1, "options": options });
    deliver(&interaction(guild, id, token, user, 4, &data))
}

/// Somebody pressed a button.
#[must_use]
pub fn press(guild: &Guild, id: &str, token: &str, user: &str, pressed: &Pressed<'_>) -> Request {
    let data = json!({ "component_type": 2, "custom_id": pressed.custom_id, "id": 2 });
    let button = json!({ "type": 2, "style": 3, "id": 2, "custom_id": pressed.custom_id, "label": pressed.label });
    deliver(&on(interaction(guild, id, token, user, 3, &data), guild, pressed.message, pressed.content, &button))
}

/// Somebody chose `value`.
#[must_use]
pub fn choose(guild: &Guild, id: &str, token: &str, user: &str, pressed: &Pressed<'_>, value: &str) -> Request {
    let data = json!({ "component_type": 3, "custom_id": pressed.custom_id, "id": 2, "values": [value] });
    let select = json!({ "type": 3, "id": 2, "custom_id": pressed.custom_id, "placeholder": pressed.label });
    deliver(&on(interaction(guild, id, token, user, 3, &data), guild, pressed.message, pressed.content, &select))
}

/// Somebody sent a form of one field, opened from a message or not.
#[must_use]
pub fn form(
    guild: &Guild,
    id: &str,
    token: &str,
    user: &str,
    custom_id: &str,
    typed: &str,
    message: Option<&str>,
) -> Request {
    let input = json!({ "type": 4, "id": 2, "custom_id": "typed", "value": typed });
    let data = json!({ "custom_id": custom_id, "components": [{ "type": 18, "id": 1, "component": input }] });
    let body = interaction(guild, id, token, user, 5, &data);
    deliver(&match message {
        Some(message) => on(body, guild, message, "", &Value::Null),
        None => body,
    })
}

/// The same request in a thread of the guild's channel.
#[must_use]
pub fn in_thread(request: &Request, guild: &Guild, thread: &str) -> Request {
    let mut body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    set(&mut body, "channel_id", thread.into());
    set(&mut body, "channel", json!({ "id": thread, "type": 11, "parent_id": guild.channel, "guild_id": guild.id }));
    Request { body: body.to_string().into(), ..request.clone() }
}

/// The same request in the person's own conversation with the bot.
#[must_use]
pub fn in_direct(request: &Request, channel: &str) -> Request {
    let mut body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let person = body.pointer("/member/user").cloned().unwrap_or_default();
    if let Value::Object(fields) = &mut body {
        for name in ["guild_id", "guild", "guild_locale", "member"] {
            fields.remove(name);
        }
    }
    set(&mut body, "user", person);
    set(&mut body, "context", 1.into());
    set(&mut body, "channel_id", channel.into());
    set(&mut body, "channel", json!({ "id": channel, "type": 1 }));
    Request { body: body.to_string().into(), ..request.clone() }
}

fn interaction(guild: &Guild, id: &str, token: &str, who: &str, kind: u8, data: &Value) -> Value {
    json!({
        "application_id": guild.application,
        "authorizing_integration_owners": { "0": guild.id },
        "channel": { "guild_id": guild.id, "id": guild.channel, "name": "ops", "parent_id": null, "type": 0 },
        "channel_id": guild.channel,
        "context": 0,
        "data": data,
        "guild": { "features": [], "id": guild.id, "locale": "en-US" },
        "guild_id": guild.id,
        "guild_locale": "en-US",
        "id": id,
        "locale": "en-GB",
        "member": { "nick": null, "pending": false, "roles": guild.roles, "user": user(who) },
        "token": token,
        "type": kind,
        "version": 1,
    })
}

fn user(id: &str) -> Value {
    json!({ "discriminator": "0", "global_name": "Alice", "id": id, "public_flags": 0, "username": "alice.example" })
}

/// The interaction with the message that it happened on.
fn on(mut body: Value, guild: &Guild, message: &str, content: &str, component: &Value) -> Value {
    let rows = if component.is_null() { json!([]) } else { json!([{ "type": 1, "id": 1, "components": [component] }]) };
    let author = json!({ "bot": true, "id": guild.application, "username": "Ops Bot" });
    let shown = json!({
        "author": author, "channel_id": guild.channel, "components": rows, "content": content, "flags": 0,
        "id": message, "type": 0,
    });
    set(&mut body, "message", shown);
    body
}

fn set(body: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = body {
        fields.insert(name.to_owned(), value);
    }
}

fn deliver(body: &Value) -> Request {
    let mut request = Request::post(TARGET, "application/json", body.to_string());
    let agent = HeaderValue::from_static("Discord-Interactions/1.0 (+https://discord.com)");
    request.headers.insert(http::header::USER_AGENT, agent);
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interaction_has_the_fields_of_the_archived_ones() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/payloads/discord/command.http");
        let archived: Value =
            serde_json::from_slice(&crate::archive::read(file).expect("archived").body).expect("JSON");
        let request =
            command(&Guild::archived(), "1", "t", "900000000000000004", "what is the status of checkout?", false);
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        assert_eq!(body["data"], archived["data"]);
        for name in body.as_object().expect("an object").keys() {
            assert!(archived.get(name).is_some(), "{name}");
        }
        assert_eq!(body["member"]["user"]["id"], archived["member"]["user"]["id"]);
    }

    #[test]
    fn outside_guilds_there_is_a_user_and_no_member() {
        let request = command(&Guild::archived(), "1", "t", "2", "hi", true);
        let body: Value = serde_json::from_slice(&in_direct(&request, "7").body).expect("JSON");
        assert_eq!((&body["user"]["id"], &body["channel_id"]), (&json!("2"), &json!("7")));
        assert!(body.get("guild_id").is_none() && body.get("member").is_none());
        let body: Value = serde_json::from_slice(&in_thread(&request, &Guild::archived(), "8").body).expect("JSON");
        assert_eq!((&body["channel"]["type"], &body["channel_id"]), (&json!(11), &json!("8")));
    }
}
