use chat_sim::feishu_events::{self, App};
use imchat_verify::providers::Feishu;
use imchat_verify::{Head, Role, Secrets, Verdict};
use serde_json::json;
use time::OffsetDateTime;

use super::*;

const ALICE: &str = "ou_a90d239b3dc935d2e917728c41b3a10a";
const CHAT: &str = "oc_4f93ad9c3c27d0c3a09b98f0fdb8dfca";

fn own() -> Own {
    let app = App::archived();
    Own { app: Some(app.app_id), bot: Some(app.bot) }
}

/// An archived request, proved and opened as the ingress does it.
fn archived(name: &str) -> (String, Vec<u8>) {
    let file = format!("{}/../../tests/payloads/feishu/{name}.http", env!("CARGO_MANIFEST_DIR"));
    let request = chat_sim::archive::read(file).expect("an archived request");
    let secrets = Secrets::new("imchat-test-feishu-encrypt-key")
        .with(Role::VerificationToken, "imchat-test-feishu-verification-token");
    let now = OffsetDateTime::from_unix_timestamp(1_700_000_000).expect("a time");
    let verifier = Feishu::verifier(secrets).expect("secrets");
    match verifier.verify(Head::post(&request.headers), &request.body, now).expect("authentic") {
        Verdict::Event(proved) => (proved.kind().name().to_owned(), proved.body().to_vec()),
        Verdict::Handshake(_) => panic!("a handshake"),
    }
}

fn inbound(decoded: Result<Decoded, DecodeError>) -> Inbound {
    match decoded {
        Ok(Decoded::Message(inbound)) => inbound,
        other => panic!("{other:?}"),
    }
}

fn click(decoded: Result<Decoded, DecodeError>) -> Click {
    match decoded {
        Ok(Decoded::Click(click)) => click,
        other => panic!("{other:?}"),
    }
}

/// The message of [`feishu_events::message`] with `change` applied to its event.
fn message(group: bool, change: impl Fn(&mut Value)) -> Result<Decoded, DecodeError> {
    let request = feishu_events::message(&App::archived(), "e1", "om_1", CHAT, ALICE, group, "hi");
    let mut body: Value = serde_json::from_slice(&request.body).expect("JSON");
    change(&mut body["event"]);
    decoded("messages", body.to_string().as_bytes(), &own())
}

#[test]
fn the_archived_requests() {
    for name in ["message", "message_encrypted"] {
        let (kind, body) = archived(name);
        let inbound = inbound(decoded(&kind, &body, &own()));
        assert_eq!(inbound.person.to_string(), format!("feishu:tenant0imchat001:{ALICE}"), "{name}");
        assert_eq!(inbound.text, "结账服务现在怎么样？ what is the status of checkout?", "{name}");
        assert_eq!(inbound.place.channel, CHAT);
        assert_eq!(inbound.place.thread.as_deref(), Some("om_b526aef1a341cfe6e5c377ed4c222888"));
    }
    let (kind, body) = archived("card_action");
    let click = click(decoded(&kind, &body, &own()));
    assert_eq!(click.action.code(), "approve:req_42");
    assert_eq!(click.place.channel, CHAT);
    assert!(click.card.is_some());
    let (kind, body) = archived("event_v1");
    assert_eq!(decoded(&kind, &body, &own()), Ok(Decoded::Ignored("event of another kind")));
}

#[test]
fn in_its_own_conversation_no_mention_is_needed_and_no_thread_is_opened() {
    let inbound = inbound(message(false, |_| ()));
    assert_eq!((inbound.text.as_str(), inbound.place.thread), ("hi", None));
}

#[test]
fn in_a_group_only_a_mention_of_the_bot_is_asked() {
    let silent = Ok(Decoded::Ignored("message to a group"));
    assert_eq!(message(true, |event| event["message"]["mentions"] = json!([])), silent);
    assert_eq!(message(true, |event| event["message"]["mentions"][0]["id"]["open_id"] = json!("ou_other")), silent);
    let all = json!([{ "key": "@_all", "id": { "open_id": "", "user_id": "" }, "name": "all" }]);
    assert_eq!(message(true, |event| event["message"]["mentions"] = all.clone()), silent);
}

#[test]
fn a_bot_that_does_not_know_its_own_id_goes_by_what_bots_have_none_of() {
    let request = feishu_events::message(&App::archived(), "e1", "om_1", CHAT, ALICE, true, "hi");
    assert_eq!(inbound(decoded("messages", &request.body, &Own::default())).text, "hi");
}

#[test]
fn a_reply_belongs_to_its_thread() {
    let reply = inbound(message(true, |event| event["message"]["root_id"] = json!("om_root")));
    assert_eq!(reply.place.thread.as_deref(), Some("om_root"));
    assert_eq!(reply.message.as_deref(), Some("om_1"));
}

#[test]
fn other_people_are_named_and_the_bot_is_not() {
    let inbound = inbound(message(true, |event| {
        event["message"]["content"] = json!(json!({ "text": "@_user_1 ask @_user_10 or @_user_2" }).to_string());
        let mentions = event["message"]["mentions"].as_array_mut().expect("mentions");
        mentions.push(json!({ "key": "@_user_2", "name": "Bo", "id": { "open_id": "ou_2", "user_id": "u2" } }));
        mentions.push(json!({ "key": "@_user_10", "name": "Cy", "id": { "open_id": "ou_10", "user_id": "u10" } }));
    }));
    assert_eq!(inbound.text, "ask @Cy or @Bo");
}

#[test]
fn a_post_is_read_line_by_line() {
    let content = json!({ "title": "Checkout", "content": [
        [{ "tag": "at", "user_id": "@_user_1" }, { "tag": "text", "text": " is it down?" }],
        [{ "tag": "a", "text": "board", "href": "https://example.com" }, { "tag": "img", "image_key": "i" }],
    ] });
    let inbound = inbound(message(true, |event| {
        event["message"]["message_type"] = json!("post");
        event["message"]["content"] = json!(content.to_string());
    }));
    assert_eq!(inbound.text, "Checkout\n@Ops Bot is it down?\nboard (https://example.com)");
}

#[test]
fn bots_other_apps_and_messages_without_a_text_are_not_answered() {
    let bot = Ok(Decoded::Ignored("said by a bot"));
    assert_eq!(message(false, |event| event["sender"]["sender_type"] = json!("app")), bot);
    assert_eq!(message(false, |event| event["sender"]["sender_id"]["open_id"] = json!(App::archived().bot)), bot);
    let image = message(false, |event| event["message"]["message_type"] = json!("image"));
    assert_eq!(image, Ok(Decoded::Ignored("message without a text")));
    let request = feishu_events::message(&App::archived(), "e1", "om_1", CHAT, ALICE, false, "hi");
    let other = Own { app: Some("cli_other".to_owned()), bot: None };
    assert_eq!(decoded("messages", &request.body, &other), Ok(Decoded::Ignored("for another app")));
}

#[test]
fn somebody_of_another_tenant_keeps_their_own() {
    let partner = inbound(message(false, |event| event["sender"]["tenant_key"] = json!("other")));
    assert_eq!((partner.person.tenant.as_str(), partner.place.tenant.as_str()), ("other", "tenant0imchat001"));
}

#[test]
fn what_happens_to_the_bot_is_told() {
    let app = App::archived();
    for (event_type, lifecycle) in [
        ("im.chat.member.bot.added_v1", Lifecycle::Joined),
        ("im.chat.member.bot.deleted_v1", Lifecycle::Left),
        ("im.chat.disbanded_v1", Lifecycle::Left),
    ] {
        let request = feishu_events::event_of(&app, "/feishu/events", event_type, "e1", &json!({ "chat_id": CHAT }));
        assert_eq!(decoded("events", &request.body, &own()), Ok(Decoded::Lifecycle(lifecycle)));
    }
    let gone = br#"{"uuid":"u","type":"event_callback","event":{"type":"app_uninstalled"}}"#;
    assert_eq!(decoded("events", gone, &own()), Ok(Decoded::Lifecycle(Lifecycle::Revoked)));
    let other = feishu_events::event_of(&app, "/feishu/events", "contact.user.created_v3", "e1", &json!({}));
    assert_eq!(decoded("events", &other.body, &own()), Ok(Decoded::Ignored("event of another kind")));
}

/// A message of the first form with `change` applied to its event.
fn old(change: impl Fn(&mut Value)) -> Result<Decoded, DecodeError> {
    let app = App::archived();
    let mut body = json!({
        "ts": "1502199207.7171419",
        "uuid": "bc447199585340d1f3728d26b1c0297a",
        "token": app.token,
        "type": "event_callback",
        "event": {
            "type": "message",
            "app_id": app.app_id,
            "tenant_key": app.tenant,
            "root_id": "",
            "parent_id": "",
            "open_chat_id": CHAT,
            "chat_type": "group",
            "msg_type": "text",
            "open_id": ALICE,
            "open_message_id": "om_1",
            "is_mention": true,
            "text": "<at open_id=\"ou_bot\">@Ops Bot</at> hi",
            "text_without_at_bot": " hi",
        },
    });
    change(&mut body["event"]);
    decoded("events", body.to_string().as_bytes(), &own())
}

#[test]
fn messages_of_the_first_form_are_read_too() {
    let group = inbound(old(|_| ()));
    assert_eq!(group.person.to_string(), format!("feishu:tenant0imchat001:{ALICE}"));
    assert_eq!((group.text.as_str(), group.place.thread.as_deref()), ("hi", Some("om_1")));
    let reply = inbound(old(|event| event["root_id"] = json!("om_root")));
    assert_eq!(reply.place.thread.as_deref(), Some("om_root"));
    let private = inbound(old(|event| event["chat_type"] = json!("private")));
    assert_eq!(private.place.thread, None);
    for (name, value, reason) in [
        ("is_mention", json!(false), "message to a group"),
        ("msg_type", json!("image"), "message without a text"),
        ("open_id", json!(App::archived().bot), "said by a bot"),
        ("app_id", json!("cli_other"), "for another app"),
        ("type", json!("p2p_chat_create"), "event of another kind"),
    ] {
        assert_eq!(old(|event| event[name] = value.clone()), Ok(Decoded::Ignored(reason)), "{name}");
    }
    assert_eq!(old(|event| event["type"] = json!("add_bot")), Ok(Decoded::Lifecycle(Lifecycle::Joined)));
    assert_eq!(old(|event| event["type"] = json!("remove_bot")), Ok(Decoded::Lifecycle(Lifecycle::Left)));
    assert_eq!(old(|event| event["open_id"] = Value::Null), Err(DecodeError::Missing("event.open_id")));
    assert_eq!(old(|event| event["type"] = Value::Null), Err(DecodeError::Missing("event.type")));
}

fn press(change: impl Fn(&mut Value)) -> Result<Decoded, DecodeError> {
    let value = json!({ "action": "approve", "request_id": "p-1" });
    let request = feishu_events::card_action(&App::archived(), "e1", "om_card", CHAT, ALICE, &value);
    let mut body: Value = serde_json::from_slice(&request.body).expect("JSON");
    change(&mut body["event"]);
    decoded("cards", body.to_string().as_bytes(), &own())
}

#[test]
fn presses_choices_and_forms_are_clicks() {
    let pressed = click(press(|_| ()));
    assert_eq!(
        (pressed.action.code().as_str(), pressed.value, pressed.card.as_deref()),
        ("approve:p-1", None, Some("om_card"))
    );
    let chosen = click(press(|event| event["action"]["option"] = json!("eu")));
    assert_eq!(chosen.value.as_deref(), Some("eu"));
    let typed = click(press(|event| event["action"]["form_value"] = json!({ "typed": "4711" })));
    assert_eq!(typed.value.as_deref(), Some("4711"));
    for value in [json!("text"), json!({}), json!({ "action": "a b", "request_id": "x" }), Value::Null] {
        let decoded = press(|event| event["action"]["value"] = value.clone());
        assert_eq!(decoded, Ok(Decoded::Ignored("not one of our buttons")));
    }
}

#[test]
fn what_is_not_documented_is_an_error() {
    for body in [&b"not json"[..], b"[]", b"\xff", br#"{"header":7}"#] {
        assert_eq!(decoded("events", body, &own()), Err(DecodeError::Shape));
    }
    assert_eq!(decoded("events", b"{}", &own()), Err(DecodeError::Missing("header")));
    assert_eq!(decoded("other", b"{}", &own()), Err(DecodeError::Kind));
    assert_eq!(message(false, |event| event["message"] = Value::Null), Err(DecodeError::Shape));
    assert_eq!(message(false, |event| event["message"]["content"] = json!("hush")), Err(DecodeError::Shape));
    assert!(matches!(press(|event| event["operator"] = Value::Null), Err(DecodeError::Missing(_))));
}
