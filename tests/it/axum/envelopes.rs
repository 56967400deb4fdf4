//! The typed envelopes, each on the archived requests of its platform.

use imchat_axum::verify::providers::{Discord, Feishu, GitHub, OpenAi, Slack, StandardWebhooks, Stripe};
use imchat_axum::verify::{Role, Secrets};
use imchat_axum::{
    DiscordInteraction, FeishuCardAction, FeishuEvent, GitHubEvent, Json, SlackCommand, SlackEvent, SlackInteraction,
    StripeEvent,
};
use serde::Deserialize;
use serde_json::Value;

use super::said;
use crate::tower::fixture::{DISCORD_PUBLIC, FEISHU_KEY, FEISHU_TOKEN, GITHUB_SECRET, SLACK_SECRET, STRIPE_SECRET};

fn slack() -> imchat_axum::verify::Verifier<Slack> {
    Slack::verifier(SLACK_SECRET).unwrap()
}

#[derive(Debug, Deserialize)]
struct Message {
    user: String,
    text: String,
    channel: String,
    thread_ts: Option<String>,
}

#[tokio::test]
async fn a_slack_event_has_its_envelope_and_the_event_as_a_type_of_ones_own() {
    let say = |event: SlackEvent<Message>| {
        assert_eq!(event.event_time, 1_699_999_999);
        assert_eq!(event.rest["type"], "event_callback", "unknown fields are kept");
        format!("{} {} {} {} {}", event.team_id, event.api_app_id, event.event_id, event.event.user, event.event.text)
    };
    let text = said(slack(), "slack/app_mention", say).await;
    assert!(text.starts_with("T0TEAM0001 A0APP00001 Ev"), "{text}");
    assert!(text.ends_with("U0ALICE001 <@U0BOT00001> what is the status of checkout?"), "{text}");

    let thread = |event: SlackEvent<Message>| format!("{:?} {}", event.event.thread_ts, event.event.channel);
    assert_eq!(said(slack(), "slack/message_thread", thread).await, r#"Some("1699999700.000200") C0OPS00001"#);
    let escapes = |event: SlackEvent<Message>| event.event.text;
    let text = said(slack(), "slack/message_channel", escapes).await;
    assert_eq!(text, "the café till says &lt;declined&gt; again :coffee: see <https://status.example.com/checkout>");
    let untyped = |event: SlackEvent| event.event["channel_type"].as_str().unwrap().to_owned();
    assert_eq!(said(slack(), "slack/message_dm", untyped).await, "im");
}

#[tokio::test]
async fn a_slash_command_is_read_from_its_form() {
    let say = |command: SlackCommand| {
        assert!(command.response_url.expose().starts_with("https://hooks.slack.com/commands/"));
        assert_eq!(command.trigger_id.expose(), "6200000000001.5100000000001.939d59d1285efa522f3964451c00cbfe");
        let SlackCommand { command, text, team_id, channel_id, user_id, api_app_id, .. } = command;
        format!("{command} {text} {team_id} {channel_id} {user_id} {}", api_app_id.unwrap())
    };
    let text = said(slack(), "slack/slash_command", say).await;
    assert_eq!(text, "/ask what is the status of checkout? T0TEAM0001 C0OPS00001 U0ALICE001 A0APP00001");
}

#[tokio::test]
async fn a_slack_interaction_is_read_from_its_payload_field() {
    let click = |interaction: SlackInteraction| {
        assert!(interaction.response_url.unwrap().expose().starts_with("https://hooks.slack.com/actions/"));
        assert!(interaction.trigger_id.is_some());
        assert!(interaction.rest.contains_key("container"), "unknown fields are kept");
        let action = &interaction.actions[0];
        let team = interaction.team.unwrap().id;
        format!("{} {} {team} {} {:?}", interaction.kind, interaction.user.id, action.action_id, action.value)
    };
    let approve = said(slack(), "slack/block_actions_approve", click).await;
    assert!(approve.starts_with("block_actions U0ALICE001 T0TEAM0001 ") && approve.contains("req_42"), "{approve}");
    let reject = said(slack(), "slack/block_actions_reject", click).await;
    assert!(reject.starts_with("block_actions U0BOB00001 T0TEAM0001 ") && reject.contains("req_42"), "{reject}");

    let modal = |interaction: SlackInteraction| {
        assert!(interaction.response_url.is_none() && interaction.actions.is_empty());
        interaction.view.unwrap()["state"]["values"]["summary"]["summary_input"]["value"].as_str().unwrap().to_owned()
    };
    let text = said(slack(), "slack/view_submission", modal).await;
    assert_eq!(text, "Cards are declined at the till.\nStarted at 22:05 UTC.");
    let options = |interaction: SlackInteraction| format!("{} {}", interaction.kind, interaction.rest["value"]);
    assert_eq!(said(slack(), "slack/block_suggestion", options).await, r#"block_suggestion "chec""#);
}

fn feishu() -> imchat_axum::verify::Verifier<Feishu> {
    Feishu::verifier(Secrets::new(FEISHU_KEY).with(Role::VerificationToken, FEISHU_TOKEN)).unwrap()
}

#[tokio::test]
async fn a_feishu_event_is_read_plain_encrypted_and_in_its_old_form() {
    let say = |event: FeishuEvent| {
        let header = event.header.as_ref().unwrap();
        assert_eq!(header.event_type, "im.message.receive_v1");
        assert_eq!(header.tenant_key.as_deref(), Some("tenant0imchat001"));
        assert_eq!(header.app_id.as_deref(), Some("cli_a0000000imchat01"));
        assert_eq!(header.create_time.as_deref(), Some("1699999999456"));
        let message = event.event["message"]["message_id"].as_str().unwrap();
        format!("{} {message}", event.event_id().unwrap())
    };
    let plain = said(feishu(), "feishu/message", say).await;
    let encrypted = said(feishu(), "feishu/message_encrypted", say).await;
    assert_eq!(plain, "509fed589ab306d85253bcc6bf9ed145 om_b526aef1a341cfe6e5c377ed4c222888");
    assert_eq!(encrypted, plain);

    let old = |event: FeishuEvent| {
        assert!(event.header.is_none());
        format!("{} {}", event.event_id().unwrap(), event.event["type"])
    };
    assert_eq!(said(feishu(), "feishu/event_v1", old).await, r#"7156435c6fa3391fc123f5b128a759bf "p2p_chat_create""#);
}

#[tokio::test]
async fn a_click_on_a_feishu_card_is_read() {
    let say = |card: FeishuCardAction| {
        assert!(!card.event.token.unwrap().expose().is_empty());
        assert!(card.event.context.contains_key("open_message_id"));
        let value = card.event.action.value.to_string();
        format!("{} {} {} {value}", card.header.event_type, card.event.operator.open_id, card.event.action.tag)
    };
    let text = said(feishu(), "feishu/card_action", say).await;
    assert!(text.starts_with("card.action.trigger ou_a90d239b3dc935d2e917728c41b3a10a button {"), "{text}");
    assert!(text.contains("req_42"), "{text}");
}

#[tokio::test]
async fn a_discord_interaction_is_read() {
    let discord = || Discord::verifier(DISCORD_PUBLIC).unwrap();
    let say = |interaction: DiscordInteraction| {
        assert!(interaction.token.expose().starts_with("aW50ZXJhY3Rpb246"));
        assert!(interaction.rest.contains_key("app_permissions"), "unknown fields are kept");
        assert_eq!(interaction.guild_id.as_deref(), Some("900000000000000002"));
        let what = interaction.data.as_ref().map(|data| data.get("name").or(data.get("custom_id")).cloned());
        format!("{} {} {} {what:?}", interaction.id, interaction.kind, interaction.user_id().unwrap())
    };
    let command = said(discord(), "discord/command", say).await;
    assert_eq!(command, r#"1174109840159539202 2 900000000000000004 Some(Some(String("ask")))"#);
    let button = said(discord(), "discord/button", say).await;
    assert!(button.contains(" 3 ") && button.contains("approve:req_42"), "{button}");

    let event = |Json(value): Json<Value>| value["event"]["type"].as_str().unwrap().to_owned();
    assert_eq!(said(discord(), "discord/webhook_event", event).await, "APPLICATION_AUTHORIZED");
}

#[derive(Debug, Deserialize)]
struct Push {
    #[serde(rename = "ref")]
    branch: String,
    commits: Vec<Value>,
}

#[derive(Debug, Deserialize)]
struct Issues {
    action: String,
    issue: Issue,
}

#[derive(Debug, Deserialize)]
struct Issue {
    number: u64,
}

#[tokio::test]
async fn a_github_delivery_is_read_from_json_and_from_a_form() {
    let github = || GitHub::verifier(GITHUB_SECRET).unwrap();
    let push = |event: GitHubEvent<Push>| {
        assert!(event.delivery.is_some());
        format!("{} {} {}", event.event, event.payload.branch, event.payload.commits.len())
    };
    assert_eq!(said(github(), "github/push", push).await, "push refs/heads/main 2");
    let issues =
        |event: GitHubEvent<Issues>| format!("{} {} {}", event.event, event.payload.action, event.payload.issue.number);
    assert_eq!(said(github(), "github/issues_form", issues).await, "issues opened 6");
    let plain = |Json(issues): Json<Issues>| issues.action;
    assert_eq!(said(github(), "github/issues_form", plain).await, "opened");
    let ping = |event: GitHubEvent| format!("{} {}", event.event, event.payload["zen"].is_string());
    assert_eq!(said(github(), "github/ping", ping).await, "ping true");
}

#[derive(Debug, Deserialize)]
struct Invoice {
    id: String,
    amount_paid: i64,
}

#[tokio::test]
async fn a_stripe_event_is_read_with_its_object_as_a_type_of_ones_own() {
    let stripe = || Stripe::verifier(STRIPE_SECRET).unwrap();
    let say = |event: StripeEvent<Invoice>| {
        assert!(event.id.starts_with("evt_") && !event.livemode && event.created > 0);
        assert!(event.rest.contains_key("pending_webhooks"), "unknown fields are kept");
        assert!(event.data.object.id.starts_with("in_") && event.data.previous_attributes.is_none());
        format!("{} {}", event.kind, event.data.object.amount_paid > 0)
    };
    assert_eq!(said(stripe(), "stripe/invoice_paid", say).await, "invoice.paid true");
    let thin = |Json(event): Json<Value>| event["object"].as_str().unwrap().to_owned();
    assert_eq!(said(stripe(), "stripe/thin_event", thin).await, "v2.core.event");
}

#[tokio::test]
async fn standard_webhooks_are_read_as_a_type_of_ones_own() {
    let secret = "whsec_aW1jaGF0LXRlc3Qtc3RhbmRhcmQtd2ViaG9vay1rZXk=";
    let say = |Json(event): Json<Value>| event["type"].as_str().unwrap().to_owned();
    let standard = said(StandardWebhooks::verifier(secret).unwrap(), "standard_webhooks/v1", say).await;
    let openai = said(OpenAi::verifier(secret).unwrap(), "standard_webhooks/v1", say).await;
    assert!(!standard.is_empty() && standard == openai);
}
