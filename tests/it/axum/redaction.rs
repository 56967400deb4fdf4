//! What lets its holder act is in no `Debug` output.

use ::axum::http::StatusCode;
use imchat_axum::testing::signed_request;
use imchat_axum::verify::providers::{Discord, Feishu, Slack};
use imchat_axum::verify::{Provider, Role, Secrets, Verifier};
use imchat_axum::{
    DiscordInteraction, FeishuCardAction, FeishuEvent, FromProved, SlackCommand, SlackEvent, SlackInteraction, Verified,
};

use super::{answer, request, route, said};
use crate::tower::fixture::{DISCORD_PUBLIC, FEISHU_KEY, FEISHU_TOKEN, SIGNED_AT, SLACK_SECRET, at};

/// What the archived requests hold that lets its holder act, in whole or by its unmistakable part.
const CAPABILITIES: &[&str] = &[
    "ImchatTestLegacyToken000",
    "hooks.slack.com",
    "imchatTestResponseUrl",
    "939d59d1285efa522f3964451c00cbfe",
    "74e21680eac7385ca408cb01878465fd",
    "2bcb43cbc8f6b7ef66331532881143fc",
    "imchat-test-feishu-verification-token",
    "aW50ZXJhY3Rpb246",
];

fn silent(shown: &str) {
    for capability in CAPABILITIES {
        assert!(!shown.contains(capability), "{capability} is in {shown}");
    }
}

/// The `Debug` output of a payload together with its receipt.
async fn shown<P: Provider + std::fmt::Debug, T: FromProved + std::fmt::Debug + Send + 'static>(
    verifier: Verifier<P>,
    name: &str,
) -> String {
    let handler = |verified: Verified<P, T>| async move { format!("{verified:?}\n{verified:#?}") };
    let (status, text) = answer(route(verifier, handler), request(name)).await;
    assert_eq!(status, StatusCode::OK, "{name}: {text}");
    text
}

#[tokio::test]
async fn no_envelope_shows_a_token_a_response_url_or_a_trigger_id() {
    let slack = || Slack::verifier(SLACK_SECRET).unwrap();
    let feishu = || Feishu::verifier(Secrets::new(FEISHU_KEY).with(Role::VerificationToken, FEISHU_TOKEN)).unwrap();
    let discord = || Discord::verifier(DISCORD_PUBLIC).unwrap();
    silent(&shown::<_, SlackEvent>(slack(), "slack/app_mention").await);
    silent(&shown::<_, SlackEvent>(slack(), "slack/message_dm").await);
    silent(&shown::<_, SlackCommand>(slack(), "slack/slash_command").await);
    for name in ["block_actions_approve", "block_actions_reject", "view_submission", "block_suggestion"] {
        silent(&shown::<_, SlackInteraction>(slack(), &format!("slack/{name}")).await);
    }
    silent(&shown::<_, FeishuEvent>(feishu(), "feishu/message_encrypted").await);
    silent(&shown::<_, FeishuEvent>(feishu(), "feishu/event_v1").await);
    silent(&shown::<_, DiscordInteraction>(discord(), "discord/command").await);
    silent(&shown::<_, DiscordInteraction>(discord(), "discord/button").await);

    let token = |card: FeishuCardAction| card.event.token.unwrap().expose().to_owned();
    let token = said(feishu(), "feishu/card_action", token).await;
    let card = shown::<_, FeishuCardAction>(feishu(), "feishu/card_action").await;
    assert!(token.len() > 8 && !card.contains(&token), "{card}");
    silent(&card);
}

/// The `Debug` output of a Slack interaction with this JSON.
async fn interaction(json: &str) -> String {
    // `%` and `+` are the only bytes of these texts that a form would read otherwise.
    assert!(!json.contains(['%', '+', '&']));
    let body = format!("payload={json}");
    let request = signed_request::<Slack>(SLACK_SECRET, "/", &body, at(SIGNED_AT)).unwrap();
    let handler = |verified: Verified<Slack, SlackInteraction>| async move { format!("{verified:?}") };
    let (status, text) = answer(route(Slack::verifier(SLACK_SECRET).unwrap(), handler), request).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    text
}

#[tokio::test]
async fn an_interaction_does_not_show_the_response_urls_of_a_modal_or_the_token_of_a_function() {
    let modal = r#"{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V1"},
        "response_urls":[{"block_id":"b","action_id":"a","channel_id":"C1",
        "response_url":"https://hooks.slack.com/app/T1/2/sentinel"}]}"#;
    assert!(!interaction(modal).await.contains("sentinel"));
    let function = r#"{"type":"block_actions","user":{"id":"U1"},"bot_access_token":"xwfp-sentinel",
        "interactivity":{"interactor":{"id":"U1","secret":"sentinel"},"interactivity_pointer":"sentinel"},
        "function_data":{"execution_id":"Fx1"}}"#;
    assert!(!interaction(function).await.contains("sentinel"));
    let action = r#"{"type":"block_actions","user":{"id":"U1"},"actions":[{"action_id":"a",
        "workflow":{"trigger":{"url":"https://slack.com/shortcuts/sentinel"}}}]}"#;
    let shown = interaction(action).await;
    assert!(!shown.contains("sentinel") && shown.contains("workflow"), "{shown}: the name shows, the value does not");
}

#[tokio::test]
async fn a_capability_is_shown_only_where_it_is_asked_for() {
    let say = |command: SlackCommand| {
        assert_eq!(format!("{:?}", command.response_url), "Capability(redacted)");
        assert_eq!(format!("{:?}", command.trigger_id.clone()), "Capability(redacted)");
        command.response_url.expose().to_owned()
    };
    let url = said(Slack::verifier(SLACK_SECRET).unwrap(), "slack/slash_command", say).await;
    assert!(url.starts_with("https://hooks.slack.com/"));
}
