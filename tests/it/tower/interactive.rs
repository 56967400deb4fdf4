//! Kinds that a platform never sends again: whoever waits is told in words that nothing was taken.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use imchat_verify::Verifier;
use imchat_verify::dedup::Settled;
use imchat_verify::providers::{Discord, Feishu, Slack};
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::fixture::{
    DISCORD_PUBLIC, FEISHU_KEY, Fault, Faulty, Inner, SLACK_SECRET, Seen, Verb, archived, layer, reason, seconds, seen,
};

fn words() -> [(Verifier<imchat_verify::AnyProvider>, &'static str, &'static str); 5] {
    let slack = Slack::verifier(SLACK_SECRET).unwrap().any();
    let feishu = Feishu::verifier(FEISHU_KEY).unwrap().any();
    let discord = Discord::verifier(DISCORD_PUBLIC).unwrap().any();
    [
        (slack.clone(), "slack/slash_command", r#""response_type":"ephemeral""#),
        (slack, "slack/block_actions_approve", r#""response_type":"ephemeral""#),
        (feishu, "feishu/card_action", r#"{"toast":{"type":"error""#),
        (discord.clone(), "discord/command", r#"{"type":4,"data":{"flags":64"#),
        (discord, "discord/button", r#"{"type":4,"data":{"flags":64"#),
    ]
}

fn assert_words(answer: &Seen, expected: &str) {
    let body = std::str::from_utf8(&answer.body).unwrap();
    assert_eq!(
        (answer.status, &answer.headers["content-type"]),
        (StatusCode::OK, &"application/json".parse().unwrap())
    );
    assert!(body.contains(expected) && body.contains("please try again"), "{body}");
    assert!(answer.headers.get("retry-after").is_none());
}

#[tokio::test(start_paused = true)]
async fn where_the_store_is_down_the_person_is_told() {
    for fault in [Fault::Fails, Fault::Hangs, Fault::Late(seconds(9))] {
        for (verifier, name, expected) in words() {
            let inner = Inner::new();
            let service = layer(verifier).dedup(Faulty::new().claims([fault])).build().unwrap().layer(inner.clone());
            let response = service.oneshot(archived(name)).await.unwrap();
            assert_eq!((reason(&response), inner.started()), (Some("store"), 0));
            assert_words(&seen(response).await, expected);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_lease_was_lost_the_person_is_told() {
    for (verifier, name, expected) in words() {
        let store = Faulty::new();
        let service = layer(verifier).dedup(store.clone()).build().unwrap().layer(Inner::slow(seconds(16)));
        let response = service.oneshot(archived(name)).await.unwrap();
        assert_eq!((reason(&response), store.log()[1]), (Some("lost"), Verb::Complete(Settled::Lost)));
        assert_words(&seen(response).await, expected);
    }
}

async fn panics(_: Request<Full<Bytes>>) -> Result<Response<Full<Bytes>>, Infallible> {
    panic!("the inner service panics, as it is told")
}

#[tokio::test(start_paused = true)]
async fn where_the_handler_panics_the_person_is_told_with_a_store_and_without() {
    for (verifier, name, expected) in words() {
        let claimed = layer(verifier.clone()).dedup(Faulty::new()).build().unwrap().layer(service_fn(panics));
        let alone = layer(verifier).build().unwrap().layer(service_fn(panics));
        for response in [claimed.oneshot(archived(name)).await.unwrap(), alone.oneshot(archived(name)).await.unwrap()] {
            assert_eq!(reason(&response), Some("panicked"), "{name}");
            assert_words(&seen(response).await, expected);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_sent_again_gets_a_status_and_no_words() {
    for (verifier, name) in [
        (Slack::verifier(SLACK_SECRET).unwrap().any(), "slack/app_mention"),
        (Feishu::verifier(FEISHU_KEY).unwrap().any(), "feishu/message_encrypted"),
        (Discord::verifier(DISCORD_PUBLIC).unwrap().any(), "discord/webhook_event"),
    ] {
        let service = layer(verifier).dedup(Faulty::new().claims([Fault::Fails])).build().unwrap().layer(Inner::new());
        let answer = seen(service.oneshot(archived(name)).await.unwrap()).await;
        assert_eq!((answer.status, &answer.body[..]), (StatusCode::SERVICE_UNAVAILABLE, &b"Service Unavailable"[..]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_forged_click_gets_the_401_that_everyone_gets() {
    for (verifier, name, _) in words() {
        let service = layer(verifier).dedup(Faulty::new()).build().unwrap().layer(Inner::new());
        let request = archived(name).map(|_| Full::<Bytes>::from("forged"));
        assert_eq!(service.oneshot(request).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
}
