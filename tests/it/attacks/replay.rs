//! Replays: the same delivery has the same key, whatever a relay changes around it.

use imchat_tests::{SIGNED_AT, at, forge, outcome, payload};
use imchat_verify::Provenance;
use imchat_verify::dedup::{Claim, DedupStore as _, MemoryStore};

use super::{github, judge, slack, standard, stripe};

const NOW: &str = "1700000000";

#[test]
fn a_replay_inside_the_window_has_the_same_key() {
    let request = payload("slack/app_mention").request;
    let first = outcome(&slack(), &request, at(SIGNED_AT)).event().who.key;
    let replayed = outcome(&slack(), &request, at(SIGNED_AT + 300)).event().who.key;
    assert!(first.is_some());
    assert_eq!(first, replayed);
}

#[test]
fn a_retry_that_is_signed_afresh_has_the_same_key() {
    let body = br#"{"type":"event_callback","event_id":"Ev1","team_id":"T1"}"#;
    let first = outcome(&slack(), &forge::slack("1700000000", body), at(SIGNED_AT)).event().who.key;
    let retry = outcome(&slack(), &forge::slack("1700000060", body), at(SIGNED_AT + 60)).event().who.key;
    assert_eq!(first, retry);
}

#[test]
fn the_store_grants_a_delivery_once_and_its_replay_never() {
    let store = MemoryStore::new(imchat_tests::Hands::default());
    let key = judge(&slack(), &payload("slack/app_mention").request).event().who.key.unwrap();
    let claim = || imchat_tests::now_or_never(store.claim(&key, None, core::time::Duration::from_secs(15))).unwrap();
    assert!(matches!(claim(), Claim::Granted(_)));
    assert!(matches!(claim(), Claim::Busy { .. }));
}

#[test]
fn the_same_body_under_another_delivery_id_has_the_same_key() {
    let body = br#"{"ref":"refs/heads/main"}"#;
    let first = judge(&github(), &forge::github("11111111-1111-11ee-8000-000000000001", body)).event().who;
    let replayed = judge(&github(), &forge::github("22222222-2222-22ee-8000-000000000002", body)).event().who;
    assert_ne!(first.event_id, replayed.event_id);
    assert_eq!(first.key, replayed.key);
}

#[test]
fn another_body_under_the_same_delivery_id_has_another_key() {
    let first = judge(&github(), &forge::github("d1", br#"{"ref":"a"}"#)).event().who.key;
    let other = judge(&github(), &forge::github("d1", br#"{"ref":"b"}"#)).event().who.key;
    assert_ne!(first, other);
}

#[test]
fn without_an_id_the_key_is_the_body_and_never_random() {
    for body in [
        &br#"{"type":"event_callback"}"#[..],
        br#"{"event_id":null}"#,
        br#"{"event_id":""}"#,
        br#"{"event_id":{"id":"Ev1"}}"#,
        br#"{"event_id":"Ev1","event_id":"Ev2"}"#,
        b"not json at all",
        b"",
    ] {
        let request = forge::slack(NOW, body);
        let (first, second) = (judge(&slack(), &request).event().who, judge(&slack(), &request).event().who);
        assert_eq!(first.event_id, None, "{}", String::from_utf8_lossy(body));
        let key = first.key.unwrap();
        assert_eq!(Some(key), second.key);
        assert!(key.as_bytes().ends_with(&forge::sha256(&[body])), "{key}");
    }
}

#[test]
fn a_missing_id_that_is_signed_is_refused_instead() {
    let request = forge::standard("msg_1", NOW, b"{}");
    assert!(judge(&standard(), &request).is_accepted());
    assert!(!judge(&standard(), &request.clone().without("webhook-id")).is_accepted());
    assert!(!judge(&standard(), &request.with("webhook-id", "msg_2")).is_accepted());
}

#[test]
fn an_id_cannot_be_added_outside_of_what_is_signed() {
    let request = forge::stripe(NOW, br#"{"object":"event"}"#);
    let before = judge(&stripe(), &request).event().who;
    for name in ["id", "Stripe-Id", "X-Request-Id", "Idempotency-Key", "*-id"] {
        assert_eq!(judge(&stripe(), &request.clone().and(name, "evt_forged")).event().who, before);
    }
}

#[test]
fn an_id_in_an_array_or_deeper_is_not_the_id() {
    for body in [&br#"[{"event_id":"Ev1"}]"#[..], br#"{"event":{"event_id":"Ev1"}}"#, br#"["event_id","Ev1"]"#] {
        assert_eq!(judge(&slack(), &forge::slack(NOW, body)).event().who.event_id, None);
    }
    let escaped = judge(&slack(), &forge::slack(NOW, br#"{"event\u005fid":"Ev1"}"#)).event().who.event_id;
    assert_eq!(escaped, Some(Provenance::Signed("Ev1".to_owned())), "an escaped name is that name");
}
