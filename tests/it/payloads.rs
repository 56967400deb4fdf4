//! The archive of real-shaped requests: each verifies at its instant, and says who and what it is.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use imchat_tests::{Outcome, keys, payload, payloads, who};
use imchat_verify::{Error, Provenance, Role, Verdict};

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("payloads/README.md")).unwrap()
}

#[test]
fn the_readme_lists_every_file_and_every_secret() {
    let readme = readme();
    for payload in payloads() {
        assert!(readme.contains(&format!("| {} |", payload.path)), "{} has no line", payload.path);
    }
    for secret in keys::ALL {
        assert!(readme.contains(&format!("`{secret}`")), "a secret is not in the README");
    }
}

#[test]
fn every_file_verifies_at_its_instant_except_those_that_are_there_to_be_refused() {
    let all = payloads();
    assert_eq!(all.iter().filter(|payload| payload.is_refused()).count(), 3);
    for payload in &all {
        let verdict = payload.subject.judge();
        assert_eq!(verdict.is_accepted(), !payload.is_refused(), "{}: {verdict:?}", payload.path);
    }
}

#[test]
fn refused_files_are_refused_for_what_is_wrong_with_them() {
    assert!(matches!(payload("slack/stale_replay").judge().error(), Error::Stale { age } if age.as_secs() == 10_000));
    assert_eq!(payload("slack/tampered").judge().error(), Error::Mismatch);
    assert!(matches!(payload("slack/ssl_check").judge().error(), Error::Missing(_)));
}

#[test]
fn the_stale_replay_is_rightly_signed() {
    let mut replay = payload("slack/stale_replay");
    replay.window = Some(None);
    assert!(replay.judge().is_accepted());
}

#[test]
fn handshakes_are_answered_and_never_handed_on() {
    for (path, status, body) in [
        ("slack/url_verification", 200, r#"{"challenge":"ImchatTestChallenge0123456789abcdefghijklmnopqrstuvw"}"#),
        ("feishu/url_verification", 200, r#"{"challenge":"00000000-0000-4000-8000-00000000f001"}"#),
        ("feishu/url_verification_encrypted", 200, r#"{"challenge":"00000000-0000-4000-8000-00000000f002"}"#),
        ("discord/ping", 200, r#"{"type":1}"#),
        ("discord/webhook_event_ping", 204, ""),
    ] {
        let Outcome::Handshake(reply) = payload(path).judge() else { panic!("{path} is no handshake") };
        assert_eq!((reply.status, &*reply.body), (status, body.as_bytes()), "{path}");
    }
}

#[test]
fn a_plain_challenge_is_refused_where_an_encrypt_key_is_set() {
    let mut plain = payload("feishu/url_verification");
    plain.secrets.push((Role::EncryptKey, keys::FEISHU_ENCRYPT.to_owned()));
    assert!(matches!(plain.judge().error(), Error::Missing(_)));
}

/// Path, kind, event id, event type and tenant of every archived event; `~` marks what nobody signs, `-` what is absent.
const EVENTS: &[[&str; 5]] = &[
    ["discord/button", "components", "1174109840159539203", "approve:req_42", "900000000000000002"],
    ["discord/command", "interactions", "1174109840159539202", "ask", "900000000000000002"],
    ["discord/webhook_event", "webhook events", "-", "APPLICATION_AUTHORIZED", "900000000000000001"],
    ["feishu/card_action", "cards", "9399773b607937cab18a798fd233a4c8", "card.action.trigger", "tenant0imchat001"],
    ["feishu/card_action_legacy", "cards", "~00000000-0000-4000-8000-00000000f003", "button", "tenant0imchat001"],
    ["feishu/event_v1", "events", "7156435c6fa3391fc123f5b128a759bf", "p2p_chat_create", "tenant0imchat001"],
    ["feishu/message", "messages", "509fed589ab306d85253bcc6bf9ed145", "im.message.receive_v1", "tenant0imchat001"],
    [
        "feishu/message_encrypted",
        "messages",
        "509fed589ab306d85253bcc6bf9ed145",
        "im.message.receive_v1",
        "tenant0imchat001",
    ],
    ["generic/ci_finished", "events", "-", "-", "-"],
    ["github/issues_form", "events", "~00000000-0000-11ee-8000-000000000004", "~issues", "-"],
    ["github/ping", "events", "~00000000-0000-11ee-8000-000000000003", "~ping", "-"],
    ["github/pull_request", "events", "~00000000-0000-11ee-8000-000000000002", "~pull_request", "-"],
    ["github/push", "events", "~00000000-0000-11ee-8000-000000000001", "~push", "-"],
    ["slack/app_mention", "events", "Ev0MENTION01", "app_mention", "T0TEAM0001"],
    ["slack/app_mention_retry", "events", "Ev0MENTION01", "app_mention", "T0TEAM0001"],
    ["slack/block_actions_approve", "interactivity", TRIGGER_2, "block_actions", "T0TEAM0001"],
    ["slack/block_actions_reject", "interactivity", TRIGGER_3, "block_actions", "T0TEAM0001"],
    ["slack/block_suggestion", "options", "-", "block_suggestion", "T0TEAM0001"],
    ["slack/message_channel", "events", "Ev0MSGCHAN01", "message", "T0TEAM0001"],
    ["slack/message_dm", "events", "Ev0MSGDM0001", "message", "T0TEAM0001"],
    ["slack/message_thread", "events", "Ev0MSGTHRD01", "message", "T0TEAM0001"],
    ["slack/slash_command", "commands", TRIGGER_1, "/ask", "T0TEAM0001"],
    ["slack/view_submission", "interactivity", TRIGGER_4, "view_submission", "T0TEAM0001"],
    ["standard_webhooks/svix", "events", "msg_2YImchatTest00000000000002", "user.created", "-"],
    ["standard_webhooks/v1", "events", "msg_2YImchatTest00000000000001", "order.paid", "-"],
    ["standard_webhooks/v1a", "events", "msg_2YImchatTest00000000000003", "order.refunded", "-"],
    ["stripe/invoice_paid", "events", "evt_1OCImchatTest000000001", "invoice.paid", "-"],
    ["stripe/thin_event", "events", "evt_test_65ImchatTest0000000000000001", METER_ERROR, "-"],
];

const TRIGGER_1: &str = "6200000000001.5100000000001.939d59d1285efa522f3964451c00cbfe";
const TRIGGER_2: &str = "6200000000002.5100000000001.74e21680eac7385ca408cb01878465fd";
const TRIGGER_3: &str = "6200000000003.5100000000001.084e990a49ba65e622926853785e0ed0";
const TRIGGER_4: &str = "6200000000004.5100000000001.2bcb43cbc8f6b7ef66331532881143fc";
const METER_ERROR: &str = "v1.billing.meter.error_report_triggered";

fn stated(text: &str) -> Option<Provenance<String>> {
    match (text, text.strip_prefix('~')) {
        ("-", _) => None,
        (_, Some(unsigned)) => Some(Provenance::Unsigned(unsigned.to_owned())),
        (signed, None) => Some(Provenance::Signed(signed.to_owned())),
    }
}

#[test]
fn events_say_who_and_what_they_are() {
    for [path, kind, id, event_type, tenant] in EVENTS {
        let who = payload(path).judge().event().who;
        assert_eq!(who.kind, *kind, "{path}");
        assert_eq!(who.event_id, stated(id), "{path}");
        assert_eq!(who.event_type, stated(event_type), "{path}");
        assert_eq!(who.tenant, stated(tenant), "{path}");
        assert_eq!(who.key.is_none(), *kind == "options", "{path}");
    }
    let events = payloads().iter().filter(|payload| matches!(payload.subject.judge(), Outcome::Event(_))).count();
    assert_eq!(events, EVENTS.len(), "the table above lists every archived event");
}

#[test]
fn keys_differ_between_deliveries_and_stay_across_the_retry() {
    let mut keys = BTreeMap::new();
    for [path, ..] in EVENTS {
        if let Some(key) = payload(path).judge().event().who.key
            && let Some(other) = keys.insert(key, path)
        {
            assert!(
                matches!(
                    (*other, *path),
                    // The same event, encrypted or not, and the same event sent again.
                    ("feishu/message", "feishu/message_encrypted") | ("slack/app_mention", "slack/app_mention_retry")
                ),
                "{other} and {path} share a key"
            );
        }
    }
    assert_eq!(keys.len(), EVENTS.len() - 3, "two pairs share a key, and the options have none");
}

#[test]
fn a_message_of_feishu_is_keyed_by_its_own_id() {
    let who = payload("feishu/message").judge().event().who;
    assert_eq!(who.semantic_id, stated("om_b526aef1a341cfe6e5c377ed4c222888"));
    let key = who.key.map(|key| key.to_string()).unwrap_or_default();
    assert!(key.ends_with("om_b526aef1a341cfe6e5c377ed4c222888"), "{key}");
}

#[test]
fn an_encrypted_message_opens_to_the_plain_one() {
    let (plain, encrypted) = (payload("feishu/message"), payload("feishu/message_encrypted"));
    assert_eq!(encrypted.judge().event().body, plain.request.body);
    assert_eq!(encrypted.judge().event().wire, encrypted.request.body);
}

#[test]
fn a_receipt_says_the_same_as_the_request_it_is_of() {
    for [path, ..] in EVENTS {
        let subject = payload(path);
        let verifier = subject.verifier();
        let verdict = verifier.verify(subject.request.head(), &subject.request.body, subject.now).unwrap();
        let Verdict::Event(proved) = verdict else { panic!("{path} is no event") };
        let receipt = proved.receipt();
        assert_eq!(who(&receipt.identity()), who(&proved.identity()), "{path}");
        assert_eq!(receipt.body(), proved.body(), "{path}");
        assert_eq!(receipt.digest(), proved.digest(), "{path}");
        assert_eq!(receipt.kind().name(), proved.kind().name(), "{path}");
        assert_eq!((receipt.secret(), receipt.sent_at()), (proved.secret(), proved.sent_at()), "{path}");
    }
}

#[test]
fn what_was_sent_when_is_known_where_the_scheme_has_a_time() {
    for [path, ..] in EVENTS {
        let subject = payload(path);
        let expected = subject.verifier().current_window().map(|_| subject.now);
        assert_eq!(subject.judge().event().sent_at, expected, "{path}");
    }
}
