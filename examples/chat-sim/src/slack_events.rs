//! What Slack sends to a bot: bodies as the Events API, slash commands and interactivity shape them.
//!
//! They are written from scratch, or made from an archived request with ids of its own ([`another`]). Nothing here is
//! signed; [`Sender`](crate::Sender) does that.

use http::HeaderValue;
use serde_json::{Value, json};

use crate::Request;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// One workspace with one app installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// `T…`.
    pub team: String,
    /// `A…`.
    pub app: String,
    /// The bot's own user, `U…`: what people mention.
    pub bot_user: String,
    /// The bot behind that user, `B…`: what its messages carry.
    pub bot: String,
}

impl Default for Workspace {
    fn default() -> Self {
        Self {
            team: "T0SIM".to_owned(),
            app: "A0SIM".to_owned(),
            bot_user: "U0BOT".to_owned(),
            bot: "B0BOT".to_owned(),
        }
    }
}

impl Workspace {
    /// The workspace that the archived requests (`tests/payloads/slack`) come from.
    #[must_use]
    pub fn archived() -> Self {
        Self {
            team: "T0TEAM0001".to_owned(),
            app: "A0APP00001".to_owned(),
            bot_user: "U0BOT00001".to_owned(),
            bot: "B0BOT00001".to_owned(),
        }
    }
}

/// What somebody wrote, and where.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// `Ev…`, the same on every retry of this event.
    pub event_id: &'a str,
    /// `C…`, `G…` or `D…`.
    pub channel: &'a str,
    /// `U…`.
    pub user: &'a str,
    /// As people type it: `&`, `<` and `>` must already be escaped, mentions written `<@U…>`.
    pub text: &'a str,
    /// The message's own timestamp, `1700000000.000100`.
    pub ts: &'a str,
    /// The parent's timestamp when it was written in a thread.
    pub thread_ts: Option<&'a str>,
}

/// The request that proves an endpoint: the reply must carry `challenge`.
#[must_use]
pub fn url_verification(challenge: &str) -> Request {
    let body = json!({ "token": "deprecated", "challenge": challenge, "type": "url_verification" });
    deliver("/slack/events", JSON, body.to_string())
}

/// Somebody mentioned the bot in a channel.
#[must_use]
pub fn app_mention(workspace: &Workspace, said: &Said<'_>) -> Request {
    event(workspace, said, "app_mention", None)
}

/// Somebody wrote in a conversation the bot is in; `channel_type` is `channel`, `group`, `mpim` or `im`.
#[must_use]
pub fn message(workspace: &Workspace, said: &Said<'_>, channel_type: &str) -> Request {
    event(workspace, said, "message", Some(channel_type))
}

/// Somebody ran `command` (with its slash) in a channel.
#[must_use]
pub fn slash_command(
    workspace: &Workspace,
    channel: &str,
    user: &str,
    command: &str,
    text: &str,
    trigger_id: &str,
) -> Request {
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("token", "deprecated")
        .append_pair("team_id", &workspace.team)
        .append_pair("channel_id", channel)
        .append_pair("user_id", user)
        .append_pair("command", command)
        .append_pair("text", text)
        .append_pair("api_app_id", &workspace.app)
        .append_pair("is_enterprise_install", "false")
        .append_pair("trigger_id", trigger_id)
        .finish();
    deliver("/slack/commands", FORM, body)
}

/// A click, a submitted view or a shortcut: `payload` goes as the form field of that name.
#[must_use]
pub fn interaction(payload: &Value) -> Request {
    let body = form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish();
    deliver("/slack/interactions", FORM, body)
}

/// A request that is no event of somebody's writing, so that no other can be made from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body has no event_id and event.ts: take a message or a mention of the Events API")]
pub struct NotAnEvent;

/// Another event like this one: under its own `event_id` and `ts`, every other byte of the body as it was.
///
/// Both are written as Slack writes them, `Ev…` and `1700000000.000100`. The signature and the length no longer fit and
/// are taken out.
///
/// # Errors
/// [`NotAnEvent`].
pub fn another(event: &Request, event_id: &str, ts: &str) -> Result<Request, NotAnEvent> {
    let body: Value = serde_json::from_slice(&event.body).map_err(|_| NotAnEvent)?;
    let text = |pointer| body.pointer(pointer).and_then(Value::as_str).ok_or(NotAnEvent);
    let (old_id, old_ts) = (text("/event_id")?, text("/event/ts")?);
    let body = std::str::from_utf8(&event.body).map_err(|_| NotAnEvent)?;
    let body = body.replace(old_id, event_id).replace(old_ts, ts);
    let mut request = Request { body: body.into(), ..event.clone() };
    request.strip_signature();
    request.strip_headers(&["content-length"]);
    Ok(request)
}

fn event(workspace: &Workspace, said: &Said<'_>, kind: &str, channel_type: Option<&str>) -> Request {
    let mut event = json!({
        "type": kind,
        "user": said.user,
        "text": said.text,
        "ts": said.ts,
        "team": workspace.team,
        "channel": said.channel,
        "event_ts": said.ts,
    });
    let optional = [("thread_ts", said.thread_ts), ("channel_type", channel_type)];
    if let Value::Object(fields) = &mut event {
        fields.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))));
    }
    let seconds = said.ts.split('.').next().and_then(|text| text.parse::<i64>().ok()).unwrap_or_default();
    let body = json!({
        "token": "deprecated",
        "team_id": workspace.team,
        "api_app_id": workspace.app,
        "event": event,
        "type": "event_callback",
        "event_id": said.event_id,
        "event_time": seconds,
        "authorizations": [{
            "enterprise_id": null,
            "team_id": workspace.team,
            "user_id": workspace.bot_user,
            "is_bot": true,
            "is_enterprise_install": false,
        }],
        "is_ext_shared_channel": false,
    });
    deliver("/slack/events", JSON, body.to_string())
}

fn deliver(target: &str, content_type: &'static str, body: String) -> Request {
    let mut request = Request::post(target, content_type, body);
    request
        .headers
        .insert(http::header::USER_AGENT, HeaderValue::from_static("Slackbot 1.0 (+https://api.slack.com/robots)"));
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> Said<'static> {
        Said {
            event_id: "Ev1",
            channel: "C1",
            user: "U1",
            text: "<@U0BOT> hi",
            ts: "1700000000.000100",
            thread_ts: None,
        }
    }

    #[test]
    fn a_mention_carries_its_ids_and_the_bot_it_is_for() {
        let request = app_mention(&Workspace::default(), &said());
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        assert_eq!(request.target, "/slack/events");
        assert_eq!(body["event_id"], "Ev1");
        assert_eq!(body["event"]["type"], "app_mention");
        assert_eq!(body["event_time"], 1_700_000_000);
        assert_eq!(body["authorizations"][0]["user_id"], "U0BOT");
        assert!(body["event"].get("thread_ts").is_none());
    }

    #[test]
    fn a_message_in_a_thread_names_the_parent_and_the_kind_of_channel() {
        let request = message(&Workspace::default(), &Said { thread_ts: Some("1.2"), ..said() }, "im");
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        assert_eq!(body["event"]["thread_ts"], "1.2");
        assert_eq!(body["event"]["channel_type"], "im");
    }

    #[test]
    fn another_event_differs_in_its_ids_only() {
        let mut original = app_mention(&Workspace::default(), &said());
        original.headers.insert("content-length", HeaderValue::from(original.body.len()));
        original.headers.insert("x-slack-signature", HeaderValue::from_static("v0=00"));
        let request = another(&original, "Ev22", "1700000000.000200").expect("an event");
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        assert_eq!(body["event_id"], "Ev22");
        assert_eq!(
            (&body["event"]["ts"], &body["event"]["event_ts"]),
            (&json!("1700000000.000200"), &body["event"]["ts"])
        );
        assert_eq!(request.headers.keys().collect::<Vec<_>>(), ["content-type", "user-agent"]);
        assert_eq!(another(&request, "Ev1", "1700000000.000100").expect("an event").body, original.body);
    }

    #[test]
    fn nothing_else_is_made_into_another_event() {
        for request in [url_verification("word"), interaction(&json!({ "type": "block_actions" }))] {
            assert_eq!(another(&request, "Ev2", "1.2"), Err(NotAnEvent));
        }
    }

    #[test]
    fn form_bodies_are_percent_encoded() {
        let command = slash_command(&Workspace::default(), "C1", "U1", "/ask", "a&b=c d", "1.2.abc");
        let text = std::str::from_utf8(&command.body).expect("ASCII");
        assert!(text.contains("command=%2Fask&text=a%26b%3Dc+d&"), "{text}");
        let click = interaction(&json!({ "type": "block_actions" }));
        assert_eq!(click.body, "payload=%7B%22type%22%3A%22block_actions%22%7D");
    }
}
