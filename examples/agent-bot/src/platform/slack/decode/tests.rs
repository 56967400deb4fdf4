use chat_sim::slack_events::{self, Said, Workspace};
use serde_json::{Value, json};

use super::*;

fn archived(name: &str) -> Vec<u8> {
    let file = format!("{}/../../tests/payloads/slack/{name}.http", env!("CARGO_MANIFEST_DIR"));
    chat_sim::archive::read(file).expect("an archived request").body.to_vec()
}

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
    decoded("events", body.to_string().as_bytes())
}

fn inbound(decoded: Result<Decoded, DecodeError>) -> Inbound {
    match decoded {
        Ok(Decoded::Message(inbound) | Decoded::Command(inbound)) => inbound,
        other => panic!("{other:?}"),
    }
}

fn click(decoded: Result<Decoded, DecodeError>) -> Click {
    match decoded {
        Ok(Decoded::Click(click)) => click,
        other => panic!("{other:?}"),
    }
}

#[test]
fn of_what_is_not_for_the_bot_only_the_type_is_looked_at() {
    let odd = serde_json::json!({
        "type": "event_callback",
        "event": { "type": "emoji_dreamt", "text": {}, "ts": 5, "bot_id": [], "hidden": null, "subtype": 1, "user_team": {} },
    });
    assert_eq!(decoded("events", odd.to_string().as_bytes()), Ok(Decoded::Ignored("event of another kind")));
    let payload = serde_json::json!({
        "type": "interactive_message",
        "user": { "name": "a user without an id" },
        "actions": [{ "name": "an attachment's", "type": "button", "value": "1" }],
    });
    let body = form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish();
    let ignored = Ok(Decoded::Ignored("interaction of another kind"));
    assert_eq!(decoded("interactivity", body.as_bytes()), ignored);
}

#[test]
fn the_archived_messages() {
    for (name, channel, thread, text) in [
        ("app_mention", "C0OPS00001", "1699999999.123459", "what is the status of checkout?"),
        ("message_dm", "D0ALICE001", "1699999999.310449", "who is on call tonight?"),
    ] {
        let inbound = inbound(decoded("events", &archived(name)));
        assert_eq!(inbound.person.to_string(), "slack:T0TEAM0001:U0ALICE001", "{name}");
        assert_eq!(
            (inbound.place.channel.as_str(), inbound.place.thread.as_deref()),
            (channel, Some(thread)),
            "{name}"
        );
        assert_eq!(inbound.text, text, "{name}");
        assert_eq!(inbound.message.as_deref(), Some(thread), "{name}");
    }
    for (name, reason) in [
        ("message_channel", "message to a channel"),
        ("message_thread", "message to a channel"),
        ("url_verification", "handshake"),
    ] {
        assert_eq!(decoded("events", &archived(name)), Ok(Decoded::Ignored(reason)), "{name}");
    }
}

#[test]
fn the_archived_command_carries_its_way_to_answer_and_never_shows_it() {
    let decoded = decoded("commands", &archived("slash_command"));
    assert!(matches!(decoded, Ok(Decoded::Command(_))));
    assert!(!format!("{decoded:?}").contains("imchatTestResponseUrl001"));
    let inbound = inbound(decoded);
    assert_eq!(inbound.text, "what is the status of checkout?");
    assert_eq!((inbound.place.channel.as_str(), inbound.place.thread), ("C0OPS00001", None));
    let url = "https://hooks.slack.com/commands/T0TEAM0001/6200000000001/imchatTestResponseUrl001";
    assert_eq!(inbound.reply, Some(ReplyRoute::SlackResponseUrl(url.to_owned())));
}

#[test]
fn the_archived_presses() {
    for (name, who, verb) in
        [("block_actions_approve", "U0ALICE001", "approve"), ("block_actions_reject", "U0BOB00001", "reject")]
    {
        let click = click(decoded("interactivity", &archived(name)));
        assert_eq!(click.person.user, who);
        assert_eq!(click.action, Action::new(verb, "req_42").expect("an action"));
        assert_eq!(click.place.channel, "C0OPS00001");
        assert_eq!(click.card.as_deref(), Some("1699999940.000300"));
        assert!(click.trigger.is_some() && click.reply.is_some(), "{name}");
    }
}

#[test]
fn other_interactions_are_ignored() {
    for (name, reason) in
        [("view_submission", "not one of our modals"), ("block_suggestion", "interaction of another kind")]
    {
        assert_eq!(decoded("interactivity", &archived(name)), Ok(Decoded::Ignored(reason)), "{name}");
    }
    for (kind, reason) in [("view_closed", "view_closed"), ("shortcut", "shortcut"), ("message_action", "shortcut")] {
        let request = slack_events::interaction(&json!({ "type": kind, "trigger_id": "1.2.abc" }));
        assert_eq!(decoded("interactivity", &request.body), Ok(Decoded::Ignored(reason)));
    }
}

/// A press of `action_id` with what [`pressed`] needs, in the shape of the archived ones.
fn press(actions: &Value) -> Result<Decoded, DecodeError> {
    let payload = json!({
        "type": "block_actions",
        "team": { "id": "T0SIM" },
        "user": { "id": "U0ADA", "team_id": "T0SIM" },
        "container": { "type": "message", "message_ts": "1.000002", "channel_id": "C0GENERAL", "is_ephemeral": true },
        "trigger_id": "1.2.hush",
        "actions": actions,
    });
    decoded("interactivity", &slack_events::interaction(&payload).body)
}

#[test]
fn a_press_on_an_ephemeral_card_has_its_place_from_the_container() {
    let click = click(press(&json!([{ "action_id": "approve:p-1", "value": "p-1" }])));
    assert_eq!(click.place.channel, "C0GENERAL");
    assert_eq!(click.card.as_deref(), Some("1.000002"));
    assert_eq!(click.value, None);
}

#[test]
fn a_choice_brings_its_value() {
    let click = click(press(&json!([{ "action_id": "pick:p-1", "selected_option": { "value": "eu-west" } }])));
    assert_eq!(click.action.verb, "pick");
    assert_eq!(click.value.as_deref(), Some("eu-west"));
}

#[test]
fn a_press_of_something_else_is_ignored_and_one_of_nothing_is_an_error() {
    for action in
        [json!({ "action_id": "a b" }), json!({ "action_id": "open" }), json!({ "action_id": "x:", "value": "" })]
    {
        assert_eq!(press(&json!([action])), Ok(Decoded::Ignored("not one of our buttons")));
    }
    assert_eq!(press(&json!([])), Err(DecodeError::Missing("actions")));
}

#[test]
fn a_sent_modal_brings_what_was_typed_to_where_it_was_opened() {
    let payload = json!({
        "type": "view_submission",
        "team": { "id": "T0SIM" },
        "user": { "id": "U0ADA", "team_id": "T0SIM" },
        "trigger_id": "1.2.hush",
        "view": {
            "callback_id": "passcode:p-1",
            "private_metadata": r#"{"channel":"C0GENERAL","thread":"1.000001","card":"1.000002"}"#,
            "state": { "values": { "typed": { "typed": { "type": "plain_text_input", "value": "4711" } } } },
        },
    });
    let click = click(decoded("interactivity", &slack_events::interaction(&payload).body));
    assert_eq!(click.action.code(), "passcode:p-1");
    assert_eq!(click.value.as_deref(), Some("4711"));
    assert_eq!((click.place.channel.as_str(), click.place.thread.as_deref()), ("C0GENERAL", Some("1.000001")));
    assert_eq!(click.card.as_deref(), Some("1.000002"));
}

#[test]
fn a_mention_is_asked_in_a_thread_of_its_own_and_a_reply_in_its_thread() {
    assert_eq!(inbound(mention(|_| ())).place.thread.as_deref(), Some("1700000000.000100"));
    let reply = inbound(mention(|body| body["event"]["thread_ts"] = json!("1699999999.000001")));
    assert_eq!(reply.place.thread.as_deref(), Some("1699999999.000001"));
    assert_eq!(reply.message.as_deref(), Some("1700000000.000100"));
}

#[test]
fn in_a_shared_channel_the_place_is_ours_and_the_person_their_own_companys() {
    let shared = inbound(mention(|body| {
        body["team_id"] = json!("T0OTHER");
        body["event"]["user_team"] = json!("T0OTHER");
    }));
    assert_eq!(shared.place.tenant, "T0SIM");
    assert_eq!(shared.person.to_string(), "slack:T0OTHER:U0ADA");
}

#[test]
fn text_is_as_people_read_it() {
    let text = |text: &str| inbound(mention(|body| body["event"]["text"] = json!(text))).text;
    assert_eq!(text("<@U0BOT>  a &lt;b&gt; &amp;amp; <@U1>"), "a <b> &amp; <@U1>");
    assert_eq!(text("hi <@U0BOT>"), "hi <@U0BOT>");
    assert_eq!(text("<@U0BOT>"), "");
}

#[test]
fn bots_are_not_answered() {
    let bot = Ok(Decoded::Ignored("said by a bot"));
    assert_eq!(mention(|body| body["event"]["bot_id"] = json!("B1")), bot);
    assert_eq!(mention(|body| body["event"]["user"] = json!("U0BOT")), bot);
    assert_eq!(mention(|body| body["event"]["user"] = Value::Null), bot);
}

#[test]
fn subtypes_hidden_messages_and_edits_are_not_answered_but_files_are() {
    let subtype = Ok(Decoded::Ignored("message with a subtype"));
    assert_eq!(mention(|body| body["event"]["subtype"] = json!("message_changed")), subtype);
    assert_eq!(mention(|body| body["event"]["hidden"] = json!(true)), subtype);
    let edited = mention(|body| body["event"]["edited"] = json!({ "user": "U0ADA", "ts": "1.000001" }));
    assert_eq!(edited, Ok(Decoded::Ignored("edited after it was answered")));
    assert_eq!(inbound(mention(|body| body["event"]["subtype"] = json!("file_share"))).text, "hi");
}

#[test]
fn what_happens_to_the_bot_is_told() {
    let event = |event: Value| mention(|body| body["event"] = event.clone());
    for (payload, lifecycle) in [
        (json!({ "type": "member_joined_channel", "user": "U0BOT", "channel": "C1" }), Lifecycle::Joined),
        (json!({ "type": "member_left_channel", "user": "U0BOT", "channel": "C1" }), Lifecycle::Left),
        (json!({ "type": "channel_left", "channel": "C1" }), Lifecycle::Left),
        (json!({ "type": "app_uninstalled" }), Lifecycle::Revoked),
        (json!({ "type": "tokens_revoked", "tokens": { "bot": ["U0BOT"] } }), Lifecycle::Revoked),
    ] {
        assert_eq!(event(payload), Ok(Decoded::Lifecycle(lifecycle)));
    }
    let other = event(json!({ "type": "member_joined_channel", "user": "U0ADA", "channel": "C1" }));
    assert_eq!(other, Ok(Decoded::Ignored("event of another kind")));
}

#[test]
fn unknown_kinds_are_ignored_even_where_their_fields_have_other_types() {
    let other = Ok(Decoded::Ignored("event of another kind"));
    assert_eq!(mention(|body| body["event"] = json!({ "type": "reaction_added", "user": "U1" })), other);
    let object = json!({ "type": "channel_created", "channel": { "id": "C1" }, "user": { "id": "U1" } });
    assert_eq!(mention(|body| body["event"] = object.clone()), other);
    let rate = br#"{"type":"app_rate_limited","team_id":"T1","minute_rate_limited":1}"#;
    assert_eq!(decoded("events", rate), Ok(Decoded::Ignored("app_rate_limited")));
    assert_eq!(decoded("events", br#"{"type":"new_thing"}"#), Ok(Decoded::Ignored("unknown envelope")));
}

#[test]
fn what_is_not_documented_is_an_error_that_names_a_field_and_never_the_text() {
    for body in [&b"not json"[..], b"[]", b"{}", b"\xff", br#"{"type":7}"#] {
        assert_eq!(decoded("events", body), Err(DecodeError::Shape));
    }
    assert_eq!(decoded("interactivity", b"payload=hush"), Err(DecodeError::Shape));
    assert_eq!(decoded("interactivity", b"x=1"), Err(DecodeError::Missing("payload")));
    assert_eq!(decoded("commands", b"text=payload"), Err(DecodeError::Missing("command")));
    assert_eq!(decoded("other", b"{}"), Err(DecodeError::Kind));
    for field in ["ts", "channel"] {
        let decoded = mention(|body| {
            body["event"].as_object_mut().expect("an object").remove(field);
        });
        assert!(matches!(decoded, Err(DecodeError::Missing(_))), "{field}");
    }
}
