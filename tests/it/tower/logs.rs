//! What an operator reads: what went wrong, and nothing that acts or was written by the sender.

use http::HeaderValue;
use http_body_util::Full;
use imchat_verify::providers::{Discord, Slack};
use tower::{Layer as _, ServiceExt as _};
use tracing::Level;

use super::fixture::{
    DISCORD_PUBLIC, Fault, Faulty, Inner, Log, SLACK_SECRET, archived, event, for_github, layer, push, seconds, slack,
};

#[tokio::test(start_paused = true)]
async fn a_suspected_replay_is_a_warning() {
    let service = for_github().dedup(Faulty::new()).build().unwrap().layer(Inner::new());
    service.clone().oneshot(push("a", "1")).await.unwrap();
    let log = Log::start();
    service.clone().oneshot(push("a", "1")).await.unwrap();
    assert!(log.of(Level::WARN).is_empty(), "a redelivery is none");
    service.oneshot(push("a", "2")).await.unwrap();
    assert!(log.of(Level::WARN)[0].contains("replay_suspected"), "{}", log.all());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_or_hangs_is_an_error_with_its_cause() {
    let log = Log::start();
    let store = Faulty::new().claims([Fault::Fails, Fault::Hangs]);
    let service = slack().dedup(store).build().unwrap().layer(Inner::new());
    service.clone().oneshot(event("Ev1")).await.unwrap();
    service.oneshot(event("Ev1")).await.unwrap();
    let errors = log.of(Level::ERROR);
    assert!(errors[0].contains("the dedup store failed"), "{}", log.all());
    assert!(errors[1].contains("did not answer in time") && errors[1].contains("timeout=1s"), "{}", log.all());
}

#[tokio::test(start_paused = true)]
async fn a_lost_lease_is_a_warning_with_its_fence() {
    let log = Log::start();
    let inner = Inner::slow(seconds(16));
    slack().dedup(Faulty::new()).build().unwrap().layer(inner.clone()).oneshot(event("Ev1")).await.unwrap();
    let fence = inner.fences()[0].unwrap().to_string();
    assert!(log.of(Level::WARN)[0].contains(&fence), "{}", log.all());
}

#[test]
fn a_secret_that_can_be_guessed_is_a_warning_when_the_layer_is_built() {
    let log = Log::start();
    let built = imchat_tower::WebhookLayer::builder(Slack::verifier("short").unwrap()).build();
    assert!(built.is_ok() && log.of(Level::WARN)[0].contains("shorter than 16 bytes"), "{}", log.all());
    assert!(!log.all().contains("\"short\""));
}

#[tokio::test(start_paused = true)]
async fn neither_secrets_nor_signatures_nor_what_the_sender_wrote_are_logged() {
    let log = Log::start();
    let store = Faulty::new().claims([Fault::Fails]);
    let service = slack().dedup(store).build().unwrap().layer(Inner::new());
    let discord = layer(Discord::verifier(DISCORD_PUBLIC).unwrap()).dedup(Faulty::new()).build().unwrap();
    let discord = discord.layer(Inner::new());
    for name in
        ["app_mention", "slash_command", "block_actions_approve", "url_verification", "stale_replay", "tampered"]
    {
        let name = format!("slack/{name}");
        service.clone().oneshot(archived(&name)).await.unwrap();
        service.clone().oneshot(archived(&name)).await.unwrap();
        service.clone().oneshot(archived(&name).map(|_| Full::<bytes::Bytes>::from("sentinel"))).await.unwrap();
        let mut odd = archived(&name);
        odd.headers_mut().insert("x-slack-signature", HeaderValue::from_static("v0=sentinel"));
        service.clone().oneshot(odd).await.unwrap();
    }
    discord.clone().oneshot(archived("discord/command")).await.unwrap();
    discord.oneshot(archived("discord/command")).await.unwrap();

    let all = log.all();
    assert!(all.contains("webhook refused") && all.contains("reason=\"bad_signature\""), "{all}");
    for secret in [
        SLACK_SECRET,
        DISCORD_PUBLIC,
        "sentinel",
        "264ecf7eaae9436be9888bde37096f2d",
        "ImchatTest",
        "hooks.slack.com",
        "U0ALICE001",
        "checkout",
        "aW50ZXJhY3Rpb246",
    ] {
        assert!(!all.contains(secret), "{secret} is in {all}");
    }
}
