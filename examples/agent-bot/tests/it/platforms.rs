//! Feishu and Discord, from the question to the effect, through the same executor.

use crate::play::{Play, until};
use agent_bot::config::{Config, DiscordConfig, FeishuConfig, Secret, SigningSecrets};
use agent_bot::platform::discord::DiscordAccess;
use agent_bot::platform::feishu::FeishuAccess;
use chat_sim::discord_api::{self, Member};
use chat_sim::discord_events::{self, Guild, Pressed};
use chat_sim::feishu_api::{self, User};
use chat_sim::feishu_events::{self, App};
use chat_sim::{DiscordApi, FeishuApi, Request, Sender, Variant, sign};
use http::StatusCode;
use serde_json::Value;

const ENCRYPT_KEY: &str = "imchat-test-feishu-encrypt-key";
const CHAT: &str = "oc_4f93ad9c3c27d0c3a09b98f0fdb8dfca";
const ALICE: &str = "ou_a90d239b3dc935d2e917728c41b3a10a";
const BOB: &str = "ou_b0b";

const DISCORD_KEY: &str = "271131b34070f5210bbdd498c9dc32dc7b1ecac08d59429847f03b51901da552";
const DISCORD_SEED: &str = "696d636861742d746573742d646973636f72642d656432353531392d73656564";
const DISCORD_ALICE: &str = "900000000000000004";
const DISCORD_BOB: &str = "900000000000000044";

/// The first text at this name, however deep.
fn found<'v>(value: &'v Value, name: &str, holds: &str) -> Option<&'v Value> {
    match value {
        Value::Object(fields) => fields
            .get(name)
            .filter(|value| value.to_string().contains(holds))
            .or_else(|| fields.values().find_map(|value| found(value, name, holds))),
        Value::Array(values) => values.iter().find_map(|value| found(value, name, holds)),
        _ => None,
    }
}

#[tokio::test]
async fn feishu_is_answered_in_its_thread_and_a_press_lets_a_write_happen() {
    let bob = User { name: "Bob".to_owned(), departments: Vec::new(), resigned: false };
    let feishu = FeishuApi::start(feishu_api::Settings::archived("app secret").user(BOB, bob)).await.expect("a port");
    let app = App::archived();
    let play = Play::with(|config| {
        let access =
            FeishuAccess { app_id: app.app_id.clone(), app_secret: Secret::new("app secret"), api_url: feishu.url() };
        let (signing, verification_token) = (SigningSecrets::of(ENCRYPT_KEY), Secret::new(app.token.clone()));
        Config { feishu: Some(FeishuConfig { signing, verification_token, access }), ..config }
    })
    .await;
    let sender = Sender::new(sign::feishu(ENCRYPT_KEY), sign::feishu("other"));
    let send = async |request: &Request, iv: u8| {
        let sealed = feishu_events::encrypted(request, ENCRYPT_KEY, [iv; 16]);
        sender.send(&play.base, &sealed, Variant::Fresh).await.expect("an answer").status
    };
    let asked = |number: u8, text: &str| {
        feishu_events::message(&app, &format!("e{number}"), &format!("om_q{number}"), CHAT, ALICE, true, text)
    };
    assert_eq!(send(&asked(1, "what is the status of checkout?"), 1).await, StatusCode::OK);
    until(async || feishu.messages().iter().any(|said| said.content.to_string().contains("runs 1.4.1"))).await;

    assert_eq!(send(&asked(2, "please restart checkout"), 2).await, StatusCode::OK);
    let card = || feishu.messages().into_iter().find(|said| found(&said.content, "value", "approve").is_some());
    until(async || card().is_some()).await;
    let standing = card().expect("a card");
    let value = found(&standing.content, "value", "approve").expect("a value").clone();
    let press = feishu_events::card_action(&app, "e3", &standing.id, CHAT, BOB, &value);
    assert_eq!(send(&press, 3).await, StatusCode::OK);
    let done = || feishu.messages().into_iter().find(|said| said.id == standing.id).expect("the card").content;
    until(async || done().to_string().contains("checkout was restarted")).await;
    assert_eq!(play.store.effects().await, (1, 1));
}

#[tokio::test]
async fn discord_is_answered_over_the_interaction_and_a_press_lets_a_write_happen() {
    let guild = Guild::archived();
    let bob = Member { name: "Bob".to_owned(), roles: Vec::new(), bot: false, pending: false };
    let settings = discord_api::Settings::archived("bot token").member(&guild.id, DISCORD_BOB, bob);
    let discord = DiscordApi::start(settings).await.expect("a port");
    let play = Play::with(|config| {
        let access = DiscordAccess { token: Secret::new("bot token"), api_url: discord.url(), public_url: None };
        Config { discord: Some(DiscordConfig { key: SigningSecrets::of(DISCORD_KEY), access }), ..config }
    })
    .await;
    let sender = Sender::new(sign::discord(DISCORD_SEED), sign::discord(DISCORD_KEY));
    let send = async |request: &Request, token: &str| {
        let delivery = sender.send(&play.base, request, Variant::Fresh).await.expect("an answer");
        assert_eq!(delivery.status, StatusCode::OK);
        let answer: Value = serde_json::from_slice(&delivery.body).expect("JSON");
        discord.answered(token, &answer).expect("in time");
        answer
    };
    let ask = async |id: &str, question: &str| {
        let token = discord.opened(&guild.channel, DISCORD_ALICE, None);
        let command = discord_events::command(&guild, id, &token, DISCORD_ALICE, question, false);
        assert_eq!(send(&command, &token).await["type"], 5);
    };
    ask("1", "what is the status of checkout?").await;
    until(async || discord.messages().iter().any(|said| said.content.contains("runs 1.4.1"))).await;

    ask("2", "please restart checkout").await;
    let card = || discord.messages().into_iter().find(|said| found(&said.components, "custom_id", "approve").is_some());
    until(async || card().is_some()).await;
    let standing = card().expect("a card");
    let custom_id =
        found(&standing.components, "custom_id", "approve").and_then(Value::as_str).expect("an id").to_owned();
    let token = discord.opened(&guild.channel, DISCORD_BOB, Some(&standing.id));
    let pressed = Pressed { custom_id: &custom_id, message: &standing.id, content: "", label: "Approve" };
    let press = discord_events::press(&guild, "3", &token, DISCORD_BOB, &pressed);
    assert_eq!(send(&press, &token).await["type"], 6);
    let done = || discord.messages().into_iter().find(|said| said.id == standing.id).expect("the card").content;
    until(async || done().contains("checkout was restarted")).await;
    assert_eq!(play.store.effects().await, (1, 1));
}
