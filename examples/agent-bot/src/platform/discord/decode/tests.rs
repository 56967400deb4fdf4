use chat_sim::Request;
use chat_sim::discord_events::{self, Guild, Pressed};
use imchat_verify::providers::Discord;
use imchat_verify::{Head, Verdict};
use serde_json::json;
use time::OffsetDateTime;

use super::*;

const ALICE: &str = "900000000000000004";
const CARD: &str = "1174109589340160001";

/// An archived request, proved as the ingress does it.
fn archived(name: &str) -> (String, Vec<u8>) {
    let file = format!("{}/../../tests/payloads/discord/{name}.http", env!("CARGO_MANIFEST_DIR"));
    let request = chat_sim::archive::read(file).expect("an archived request");
    let key = "271131b34070f5210bbdd498c9dc32dc7b1ecac08d59429847f03b51901da552";
    let now = OffsetDateTime::from_unix_timestamp(1_700_000_000).expect("a time");
    let verifier = Discord::verifier(key).expect("a key");
    match verifier.verify(Head::post(&request.headers), &request.body, now).expect("authentic") {
        Verdict::Event(proved) => (proved.kind().name().to_owned(), proved.body().to_vec()),
        Verdict::Handshake(_) => panic!("a handshake"),
    }
}

fn inbound(decoded: Result<Decoded, DecodeError>) -> Inbound {
    match decoded {
        Ok(Decoded::Command(inbound)) => inbound,
        other => panic!("{other:?}"),
    }
}

fn click(decoded: Result<Decoded, DecodeError>) -> Click {
    match decoded {
        Ok(Decoded::Click(click)) => click,
        other => panic!("{other:?}"),
    }
}

fn command() -> Request {
    discord_events::command(&Guild::archived(), "1", "hush", ALICE, " hi ", false)
}

fn pressed(custom_id: &str) -> Result<Decoded, DecodeError> {
    let pressed = Pressed { custom_id, message: CARD, content: "", label: "Approve" };
    decoded("components", &discord_events::press(&Guild::archived(), "1", "hush", ALICE, &pressed).body)
}

/// The command with `change` applied to its JSON.
fn asked(change: impl Fn(&mut Value)) -> Result<Decoded, DecodeError> {
    let mut body: Value = serde_json::from_slice(&command().body).expect("JSON");
    change(&mut body);
    decoded("interactions", body.to_string().as_bytes())
}

#[test]
fn the_archived_requests() {
    let (kind, body) = archived("command");
    let inbound = inbound(decoded(&kind, &body));
    assert_eq!(inbound.person.to_string(), format!("discord:900000000000000002:{ALICE}"));
    assert_eq!(inbound.text, "what is the status of checkout?");
    assert_eq!((inbound.place.channel.as_str(), inbound.place.thread), ("900000000000000003", None));
    assert_eq!(inbound.message.as_deref(), Some("1174109840159539202"));
    let (kind, body) = archived("button");
    assert_eq!(kind, "components");
    let click = click(decoded(&kind, &body));
    assert_eq!((click.action.code().as_str(), click.card.as_deref()), ("approve:req_42", Some(CARD)));
    let (kind, body) = archived("webhook_event");
    assert_eq!(decoded(&kind, &body), Ok(Decoded::Ignored("event of another kind")), "a user has it, not a guild");
}

#[test]
fn the_way_to_answer_is_carried_and_never_shown() {
    let decoded = asked(|_| ());
    assert!(!format!("{decoded:?}").contains("hush"));
    let token = ReplyRoute::DiscordToken { application: Guild::archived().application, token: "hush".to_owned() };
    assert_eq!(inbound(decoded).reply, Some(token));
}

#[test]
fn a_thread_is_the_conversation_of_its_channel() {
    let request = discord_events::in_thread(&command(), &Guild::archived(), "42");
    let place = inbound(decoded("interactions", &request.body)).place;
    assert_eq!((place.channel.as_str(), place.thread.as_deref()), ("900000000000000003", Some("42")));
}

#[test]
fn a_direct_conversation_is_no_guild() {
    let request = discord_events::in_direct(&command(), "7");
    let inbound = inbound(decoded("interactions", &request.body));
    assert_eq!(inbound.person.to_string(), format!("discord:dm:{ALICE}"));
    assert_eq!((inbound.place.tenant.as_str(), inbound.place.channel.as_str()), ("dm", "7"));
}

#[test]
fn presses_choices_and_forms_are_clicks() {
    let approved = click(pressed("approve:p-1"));
    assert_eq!((approved.action.code().as_str(), approved.value), ("approve:p-1", None));
    let pressed = Pressed { custom_id: "pick:p-1", message: CARD, content: "", label: "Where?" };
    let request = discord_events::choose(&Guild::archived(), "1", "hush", ALICE, &pressed, "eu");
    assert_eq!(click(decoded("components", &request.body)).value.as_deref(), Some("eu"));
    let form = |message| discord_events::form(&Guild::archived(), "1", "hush", ALICE, "passcode:p-1", "4711", message);
    let sent = click(decoded("interactions", &form(Some(CARD)).body));
    assert_eq!((sent.action.code().as_str(), sent.value.as_deref()), ("passcode:p-1", Some("4711")));
    assert_eq!(click(decoded("interactions", &form(None).body)).card, None);
}

#[test]
fn a_form_in_rows_is_read_too() {
    let mut body: Value = serde_json::from_slice(&command().body).expect("JSON");
    body["type"] = json!(5);
    let input = json!({ "type": 4, "custom_id": "typed", "value": "4711" });
    body["data"] = json!({ "custom_id": "passcode:p-1", "components": [{ "type": 1, "components": [input] }] });
    assert_eq!(click(decoded("interactions", body.to_string().as_bytes())).value.as_deref(), Some("4711"));
    let mut deep = json!({ "value": "4711" });
    for _ in 0..9 {
        deep = json!({ "component": deep });
    }
    body["data"]["components"] = json!([deep]);
    assert_eq!(click(decoded("interactions", body.to_string().as_bytes())).value, None);
}

#[test]
fn what_asks_for_nothing_is_ignored_with_a_reason() {
    let ignored = |reason| Ok(Decoded::Ignored(reason));
    assert_eq!(pressed("?passcode:p-1"), ignored("opens a form"));
    for custom_id in ["", "approve", "a b:c", "approve:a:b"] {
        assert_eq!(pressed(custom_id), ignored("not one of our buttons"), "{custom_id}");
    }
    assert_eq!(asked(|body| body["data"]["name"] = json!("other")), ignored("not one of our commands"));
    assert_eq!(asked(|body| body["data"]["type"] = json!(3)), ignored("not one of our commands"));
    assert_eq!(asked(|body| body["type"] = json!(4)), ignored("autocomplete"));
    assert_eq!(asked(|body| body["type"] = json!(9)), ignored("interaction of another kind"));
    assert_eq!(asked(|body| body["member"]["user"]["bot"] = json!(true)), ignored("said by a bot"));
}

#[test]
fn a_new_guild_is_told() {
    let event = |data: Value| {
        let event = json!({ "type": "APPLICATION_AUTHORIZED", "timestamp": "2023-11-14T22:13:19", "data": data });
        decoded("webhook events", json!({ "version": 1, "type": 1, "event": event }).to_string().as_bytes())
    };
    assert_eq!(event(json!({ "integration_type": 0 })), Ok(Decoded::Lifecycle(Lifecycle::Joined)));
    assert_eq!(event(json!({ "integration_type": 1 })), Ok(Decoded::Ignored("event of another kind")));
}

#[test]
fn what_is_not_documented_is_an_error() {
    for body in [&b"not json"[..], b"[]", b"\xff", br#"{"type":2}"#] {
        assert_eq!(decoded("interactions", body), Err(DecodeError::Shape));
    }
    assert_eq!(decoded("other", b"{}"), Err(DecodeError::Kind));
    assert_eq!(decoded("webhook events", b"{}"), Err(DecodeError::Missing("event.type")));
    assert_eq!(asked(|body| body["data"]["options"] = json!([])), Err(DecodeError::Missing("data.options")));
    assert_eq!(asked(|body| body["member"] = Value::Null), Err(DecodeError::Missing("user")));
    assert_eq!(asked(|body| body["channel_id"] = Value::Null), Err(DecodeError::Missing("channel_id")));
}
