//! Mistakes of the application are logged as errors: the sender is told nothing of them.

use ::axum::routing::post;
use bytes::Bytes;
use imchat_axum::verify::providers::{GitHub, Slack};
use imchat_axum::{SlackEvent, Verified};
use tracing::Level;

use super::{answer, request, route};
use crate::tower::fixture::{GITHUB_SECRET, Log, SLACK_SECRET};

#[tokio::test]
async fn a_handler_without_its_layer_is_an_error_that_says_how_to_mount_it() {
    let log = Log::start();
    answer(post(|_: Verified<Slack, Bytes>| async { "never" }), request("slack/app_mention")).await;
    assert!(log.of(Level::ERROR)[0].contains("mount it through Webhook"), "{}", log.all());
}

#[tokio::test]
async fn a_handler_behind_another_provider_is_an_error_that_names_both() {
    let log = Log::start();
    let github = GitHub::verifier(GITHUB_SECRET).unwrap();
    answer(route(github, |_: Verified<Slack, SlackEvent>| async { "never" }), request("github/push")).await;
    let line = &log.of(Level::ERROR)[0];
    assert!(line.contains("wanted=\"slack\"") && line.contains("got=\"github\""), "{line}");
}

#[tokio::test]
async fn a_payload_of_another_shape_is_a_warning_with_its_place_and_without_its_text() {
    let log = Log::start();
    let slack = Slack::verifier(SLACK_SECRET).unwrap();
    answer(route(slack, |_: Verified<Slack, SlackEvent>| async { "never" }), request("slack/slash_command")).await;
    let line = &log.of(Level::WARN)[0];
    assert!(line.contains("line=1") && line.contains("column="), "{line}");
    assert!(!log.all().contains("ImchatTest") && !log.all().contains("checkout"), "{}", log.all());
}
