//! What a sender is told of its delivery: taken, whatever else is known of it.

use http::StatusCode;
use imchat_tower::Duplicate;
use imchat_verify::inbox::{Accepted, Differs};
use imchat_verify::providers::{self, Discord, Feishu, Slack};
use imchat_verify::scheme::{Attempts, Facts, Hash, Key, Scheme, Signature, Source};
use imchat_verify::{AnyProvider, Role, Secrets, Verifier};
use tower::ServiceExt as _;
use tracing::Level;

use super::fixture::{Written, accepted};
use crate::tower::fixture::{
    DISCORD_PUBLIC, FEISHU_KEY, FEISHU_TOKEN, Log, SLACK_SECRET, archived, event, for_github, layer, push, reason,
    seen, signed, slack,
};

const NEW: Option<Accepted> = Some(Accepted::New);
const AGAIN: Option<Accepted> = Some(Accepted::Duplicate { differs: Differs::Nothing });

#[tokio::test(start_paused = true)]
async fn what_is_new_is_durable_before_it_is_answered() {
    let inbox = Written::new();
    let service = slack().inbox(inbox.clone()).unwrap();

    let response = service.oneshot(event("Ev1")).await.unwrap();

    assert_eq!((accepted(&response), reason(&response)), (NEW, None));
    let answer = seen(response).await;
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b""[..]));
    assert_eq!(inbox.row().event_id.as_deref(), Some("Ev1"));
}

fn platforms() -> [(Verifier<AnyProvider>, &'static str, u16, &'static str); 8] {
    let slack = || Slack::verifier(SLACK_SECRET).unwrap().any();
    let feishu = || Feishu::verifier(FEISHU_KEY).unwrap().any();
    let discord = || Discord::verifier(DISCORD_PUBLIC).unwrap().any();
    [
        (slack(), "slack/app_mention", 200, ""),
        (slack(), "slack/slash_command", 200, ""),
        (slack(), "slack/block_actions_approve", 200, ""),
        (feishu(), "feishu/message_encrypted", 200, ""),
        (feishu(), "feishu/card_action", 200, "{}"),
        (discord(), "discord/command", 200, r#"{"type":5}"#),
        (discord(), "discord/button", 200, r#"{"type":6}"#),
        (discord(), "discord/webhook_event", 204, ""),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_platform_hears_taken_in_its_own_words_for_the_first_attempt_and_for_every_other() {
    for (verifier, name, status, body) in platforms() {
        let inbox = Written::new();
        let service = layer(verifier).inbox(inbox.clone()).unwrap();
        for expected in [NEW, AGAIN, AGAIN] {
            let response = service.clone().oneshot(archived(name)).await.unwrap();
            assert_eq!(accepted(&response), expected, "{name}");
            let duplicate = (expected == AGAIN).then_some(Duplicate { replay_suspected: false });
            assert_eq!(response.extensions().get(), duplicate.as_ref(), "{name}");
            let answer = seen(response).await;
            assert_eq!((answer.status.as_u16(), &answer.body[..]), (status, body.as_bytes()), "{name}");
            assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        }
        assert_eq!((inbox.rows().len(), inbox.asked()), (1, 3), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_with_another_body_is_a_duplicate_and_the_first_body_stands() {
    let inbox = Written::new();
    let service = slack().inbox(inbox.clone()).unwrap();
    let attempt = |number: u8| {
        let body = format!(r#"{{"type":"event_callback","team_id":"T1","event_id":"Ev1","attempt":{number}}}"#);
        signed(&providers::SLACK, SLACK_SECRET, body)
    };
    service.clone().oneshot(attempt(1)).await.unwrap();

    let second = service.oneshot(attempt(2)).await.unwrap();

    assert_eq!(accepted(&second), Some(Accepted::Duplicate { differs: Differs::Body }));
    assert_eq!(second.extensions().get(), Some(&Duplicate { replay_suspected: false }));
    assert!(inbox.row().body.ends_with(br#""attempt":1}"#));
}

#[tokio::test(start_paused = true)]
async fn another_body_where_bodies_repeat_is_200_once_it_is_in_quarantine_and_a_warning() {
    const STRICT: Scheme = Scheme::hmac("strict", Hash::Sha256, Signature::hex("x-sig"))
        .key(Key::Id(&[Source::Json("/id")]))
        .facts(Facts::new("events").attempts(Attempts::SameBytes))
        .build();
    static SCHEME: Scheme = STRICT;
    const SECRET: &str = "a secret of sixteen bytes";
    let inbox = Written::new();
    let service = layer(Verifier::of(&SCHEME, SECRET).unwrap()).inbox(inbox.clone()).unwrap();
    let send = |body: &'static str| service.clone().oneshot(signed(&SCHEME, SECRET, body));
    send(r#"{"id":"1","amount":7}"#).await.unwrap();

    let log = Log::start();
    let response = send(r#"{"id":"1","amount":8}"#).await.unwrap();

    assert_eq!((response.status(), accepted(&response)), (StatusCode::OK, Some(Accepted::Mismatch)));
    assert_eq!(response.extensions().get::<Duplicate>(), None);
    assert_eq!((inbox.row().body, inbox.quarantine().len()), (r#"{"id":"1","amount":7}"#.into(), 1));
    assert!(log.of(Level::WARN)[0].contains("another body"), "{}", log.all());
}

#[tokio::test(start_paused = true)]
async fn a_body_under_another_delivery_id_is_a_suspected_replay_and_a_redelivery_is_none() {
    let inbox = Written::new();
    let service = for_github().inbox(inbox.clone()).unwrap();
    service.clone().oneshot(push("a", "1")).await.unwrap();
    let log = Log::start();

    let redelivered = service.clone().oneshot(push("a", "1")).await.unwrap();
    assert_eq!((accepted(&redelivered), log.of(Level::WARN)), (AGAIN, vec![]));
    let replayed = service.oneshot(push("a", "2")).await.unwrap();

    let differs = Differs::DeliveryId;
    assert_eq!((replayed.status(), accepted(&replayed)), (StatusCode::OK, Some(Accepted::Duplicate { differs })));
    assert_eq!(replayed.extensions().get(), Some(&Duplicate { replay_suspected: true }));
    assert!(log.of(Level::WARN)[0].contains("replay_suspected"), "{}", log.all());
    assert_eq!(inbox.rows().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn handshakes_are_answered_and_not_written_down() {
    let inbox = Written::new();
    let keyed = Secrets::new(FEISHU_KEY).with(Role::VerificationToken, FEISHU_TOKEN);
    let discord = || Discord::verifier(DISCORD_PUBLIC).unwrap().any();
    for (verifier, name, body) in [
        (Slack::verifier(SLACK_SECRET).unwrap().any(), "slack/url_verification", &br#"{"challenge":"Imchat"#[..]),
        (discord(), "discord/ping", br#"{"type":1}"#),
        (discord(), "discord/webhook_event_ping", b""),
        (Feishu::verifier(keyed).unwrap().any(), "feishu/url_verification_encrypted", br#"{"challenge":""#),
    ] {
        let service = layer(verifier).inbox(inbox.clone()).unwrap();
        let response = service.oneshot(archived(name)).await.unwrap();
        assert_eq!(accepted(&response), None, "{name}");
        let answer = seen(response).await;
        assert!(answer.status.is_success() && answer.body.starts_with(body), "{name}: {answer:?}");
    }
    let service = slack().answer_ssl_check().inbox(inbox.clone()).unwrap();
    let check = service.oneshot(archived("slack/ssl_check")).await.unwrap();
    assert_eq!((check.status(), accepted(&check)), (StatusCode::OK, None));
    assert_eq!(inbox.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn kinds_without_a_key_are_answered_and_not_written_down() {
    let inbox = Written::new();
    let slack = slack().inbox(inbox.clone()).unwrap();
    let discord = layer(Discord::verifier(DISCORD_PUBLIC).unwrap()).inbox(inbox.clone()).unwrap();
    let autocomplete = signed(&providers::DISCORD, crate::tower::fixture::DISCORD_SEED, r#"{"type":4,"id":"1"}"#);

    for response in [slack.oneshot(archived("slack/block_suggestion")).await, discord.oneshot(autocomplete).await] {
        let response = response.unwrap();
        assert_eq!((response.status(), accepted(&response)), (StatusCode::OK, None));
    }
    assert_eq!(inbox.asked(), 0);
}
