use chat_sim::slack_events::{self, Said, Workspace};
use serde_json::{Value, json};

use super::*;

fn said() -> Said<'static> {
    Said {
        event_id: "Ev1",
        channel: "C0GENERAL",
        user: "U0ADA",
        text: "<@U0BOT> hi",
        ts: "1700000000.000100",
        thread_ts: None,
    }
}

/// The mention of [`said`] with `change` applied to its JSON.
fn mention(change: impl Fn(&mut Value)) -> Result<Decoded, DecodeError> {
    let request = slack_events::app_mention(&Workspace::default(), &said());
    let mut body: Value = serde_json::from_slice(&request.body).expect("JSON");
    change(&mut body);
    decode("events", body.to_string().as_bytes())
}

fn message(said: &Said<'_>, channel_type: &str) -> Decoded {
    let request = slack_events::message(&Workspace::default(), said, channel_type);
    decode("events", &request.body).expect("decoded")
}

fn inbound(decoded: Decoded) -> Inbound {
    match decoded {
        Decoded::Message(inbound) => inbound,
        Decoded::Ignored(reason) => panic!("ignored: {reason}"),
    }
}

/// What each archived request asks for: the channel and thread to answer in, or why there is no answer.
#[test]
fn the_archived_requests() {
    for (name, kind, asks) in [
        ("app_mention", "events", Ok(("C0OPS00001", Some("1699999999.123459")))),
        ("message_dm", "events", Ok(("D0ALICE001", Some("1699999999.310449")))),
        ("slash_command", "commands", Ok(("C0OPS00001", None))),
        ("message_channel", "events", Err("message to a channel")),
        ("message_thread", "events", Err("message to a channel")),
        ("url_verification", "events", Err("handshake")),
        ("block_actions_approve", "interactivity", Err("block_actions")),
        ("block_actions_reject", "interactivity", Err("block_actions")),
        ("view_submission", "interactivity", Err("view_submission")),
        ("block_suggestion", "interactivity", Err("interaction of another kind")),
    ] {
        let file = format!("{}/../../tests/payloads/slack/{name}.http", env!("CARGO_MANIFEST_DIR"));
        let request = chat_sim::archive::read(file).expect("an archived request");
        let asked = match decode(kind, &request.body).expect("decoded") {
            Decoded::Message(inbound) => {
                assert_eq!((inbound.team.as_str(), inbound.user.as_str()), ("T0TEAM0001", "U0ALICE001"));
                Ok((inbound.channel, inbound.thread_ts))
            }
            Decoded::Ignored(reason) => Err(reason),
        };
        let expected = asks.map(|(channel, ts): (&str, Option<&str>)| (channel.to_owned(), ts.map(str::to_owned)));
        assert_eq!(asked, expected, "{name}");
    }
}

#[test]
fn a_mention_is_answered_in_a_thread_of_its_own() {
    let expected = Inbound {
        team: "T0SIM".to_owned(),
        channel: "C0GENERAL".to_owned(),
        thread_ts: Some("1700000000.000100".to_owned()),
        user: "U0ADA".to_owned(),
        text: "<@U0BOT> hi".to_owned(),
        event_id: Some("Ev1".to_owned()),
    };
    assert_eq!(mention(|_| ()), Ok(Decoded::Message(expected)));
}

#[test]
fn a_mention_in_a_thread_is_answered_in_that_thread() {
    let decoded = mention(|body| body["event"]["thread_ts"] = json!("1699999999.000001"));
    assert_eq!(inbound(decoded.expect("decoded")).thread_ts.as_deref(), Some("1699999999.000001"));
}

#[test]
fn in_a_shared_channel_the_team_is_the_one_that_installed_us() {
    let shared = mention(|body| body["team_id"] = json!("T0OTHER")).expect("decoded");
    assert_eq!(inbound(shared).team, "T0SIM");
    let old = mention(|body| body["authorizations"] = json!([])).expect("decoded");
    assert_eq!(inbound(old).team, "T0SIM");
}

#[test]
fn a_direct_message_is_answered_with_and_without_a_mention() {
    let direct = Said { channel: "D0ADA", text: "hi", ..said() };
    assert_eq!(inbound(message(&direct, "im")).channel, "D0ADA");
    assert_eq!(inbound(message(&Said { channel: "D0ADA", ..said() }, "im")).text, "<@U0BOT> hi");
}

#[test]
fn the_message_copy_of_a_mention_is_not_answered_a_second_time() {
    for channel_type in ["channel", "group", "mpim"] {
        assert_eq!(message(&said(), channel_type), Decoded::Ignored("message to a channel"));
    }
    assert_eq!(message(&Said { text: "hi all", ..said() }, "channel"), Decoded::Ignored("message to a channel"));
}

#[test]
fn bots_are_not_answered() {
    let bot = Ok(Decoded::Ignored("said by a bot"));
    assert_eq!(mention(|body| body["event"]["bot_id"] = json!("B1")), bot);
    assert_eq!(mention(|body| body["event"]["user"] = json!("U0BOT")), bot);
    assert_eq!(mention(|body| body["event"]["user"] = Value::Null), bot);
    let own = message(&Said { channel: "D0ADA", user: "U0BOT", ..said() }, "im");
    assert_eq!(own, Decoded::Ignored("said by a bot"));
}

#[test]
fn subtypes_hidden_messages_and_edits_are_not_answered() {
    let subtype = Ok(Decoded::Ignored("message with a subtype"));
    assert_eq!(mention(|body| body["event"]["subtype"] = json!("message_changed")), subtype);
    assert_eq!(mention(|body| body["event"]["hidden"] = json!(true)), subtype);
    let edited = mention(|body| body["event"]["edited"] = json!({ "user": "U0ADA", "ts": "1.000001" }));
    assert_eq!(edited, Ok(Decoded::Ignored("edited after it was answered")));
}

#[test]
fn other_events_are_ignored_even_where_their_fields_have_other_types() {
    let other = Ok(Decoded::Ignored("event of another kind"));
    assert_eq!(mention(|body| body["event"] = json!({ "type": "reaction_added", "user": "U1" })), other);
    let object = json!({ "type": "channel_created", "channel": { "id": "C1" }, "user": { "id": "U1" } });
    assert_eq!(mention(|body| body["event"] = object.clone()), other);
    assert_eq!(
        decode("events", br#"{"type":"app_rate_limited","team_id":"T1","minute_rate_limited":1}"#),
        Ok(Decoded::Ignored("app_rate_limited"))
    );
}

#[test]
fn a_mention_without_what_an_answer_needs_is_an_error_that_names_it() {
    for (path, field, name) in [
        ("/event", "ts", "event.ts"),
        ("/event", "channel", "event.channel"),
        ("", "event_id", "event_id"),
        ("", "event", "event"),
    ] {
        let decoded = mention(|body| {
            body.pointer_mut(path).and_then(Value::as_object_mut).expect("an object").remove(field);
        });
        assert_eq!(decoded, Err(DecodeError::Missing(name)));
    }
}

#[test]
fn bodies_that_are_no_json_are_errors_without_their_text() {
    for body in [&b"not json"[..], b"[]", b"{}", b"\xff", br#"{"type":7}"#] {
        assert_eq!(decode("events", body), Err(DecodeError::NotJson));
    }
    assert_eq!(decode("interactivity", b"payload=hush"), Err(DecodeError::NotJson));
    assert!(!DecodeError::NotJson.to_string().contains("hush"));
}

#[test]
fn interactions_are_ignored_by_their_kind() {
    for kind in ["block_actions", "view_submission", "view_closed"] {
        let request = slack_events::interaction(&json!({ "type": kind, "trigger_id": "1.2.abc" }));
        assert_eq!(decode("interactivity", &request.body), Ok(Decoded::Ignored(kind)));
    }
    assert_eq!(decode("interactivity", b"x=1"), Err(DecodeError::Missing("payload")));
}

#[test]
fn a_slash_command_is_answered_in_its_channel_and_its_trigger_is_not_kept() {
    let request = slack_events::slash_command(&Workspace::default(), "C0GENERAL", "U0ADA", "/ask", "a & b", "1.2.hush");
    let decoded = decode("commands", &request.body).expect("decoded");
    assert!(!format!("{decoded:?}").contains("hush"));
    let inbound = inbound(decoded);
    assert_eq!(inbound.channel, "C0GENERAL");
    assert_eq!(inbound.thread_ts, None);
    assert_eq!(inbound.text, "a & b");
    assert_eq!(inbound.event_id, None);
    assert_eq!(decode("commands", b"text=payload"), Err(DecodeError::Missing("command")));
}
