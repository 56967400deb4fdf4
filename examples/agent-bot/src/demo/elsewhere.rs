//! The same bot on Feishu and on Discord: a question, and a write that waits for somebody else.

use std::path::Path;

use chat_sim::discord_api::{Acting, DiscordApi, Member, Settings as DiscordSettings};
use chat_sim::discord_events::{self, Guild, Pressed};
use chat_sim::feishu_api::{FeishuApi, Settings as FeishuSettings, User};
use chat_sim::feishu_events::{self, App};
use chat_sim::sender::SendError;
use chat_sim::{Delivery, Request, Sender, Variant, sign};
use serde_json::Value;

use super::approval::{CARD, COMES_WITHIN, DONE, Moment, WAITS};
use super::ledger::Ledger;
use super::{BOT_TOKEN, DemoError, SEALING_KEY, room, world};
use crate::config::{Config, Database, DiscordConfig, FeishuConfig, Keys, Secret, SigningSecrets};
use crate::platform::discord::DiscordAccess;
use crate::platform::feishu::FeishuAccess;
use crate::serve::{Bot, Role, Stopped};

const ENCRYPT_KEY: &str = "the demo's encrypt key";
const APP_SECRET: &str = "the-demos-app-secret";
/// Discord signs with the one and publishes the other.
const DISCORD_SEED: &str = "696d636861742d746573742d646973636f72642d656432353531392d73656564";
const DISCORD_KEY: &str = "271131b34070f5210bbdd498c9dc32dc7b1ecac08d59429847f03b51901da552";
/// A group, Alice and Ben.
const FEISHU: [&str; 3] = [
    "oc_4f93ad9c3c27d0c3a09b98f0fdb8dfca",
    "ou_a90d239b3dc935d2e917728c41b3a10a",
    "ou_ben00000000000000000000000000001",
];
/// A channel, Alice and Ben.
const DISCORD: [&str; 3] = ["900000000000000003", "900000000000000004", "900000000000000044"];
const ON_CALL: &str = "Here is what I found: checkout: Alice";

/// On each: asked for a restart, approved, and asked a question.
pub(super) async fn play(file: &Path) -> Result<Vec<Moment>, DemoError> {
    let ben = User { name: "Ben".to_owned(), departments: Vec::new(), resigned: false };
    let feishu = FeishuApi::start(FeishuSettings::archived(APP_SECRET).user(FEISHU[2], ben)).await?;
    let ben = Member { name: "Ben".to_owned(), ..Member::default() };
    let settings = DiscordSettings::archived(BOT_TOKEN).member(Guild::archived().id, DISCORD[2], ben);
    let discord = DiscordApi::start(settings).await?;
    let database = Database::Sqlite(file.into());
    world::found(&database).await?;
    let local = Config::local(database, Keys::of(SEALING_KEY), room::policy()?);
    let config = Config { feishu: Some(feishu_config(&feishu)), discord: Some(discord_config(&discord)), ..local };
    let bot = Bot::start(&config, Role::All).await?;

    let ledger = Ledger::open(&config, file).await?;
    let mut stage = Stage {
        base: format!("http://{}", bot.address()),
        ledger,
        feishu,
        discord,
        senders: [
            Sender::new(sign::feishu(ENCRYPT_KEY), sign::feishu("another key")),
            Sender::new(sign::discord(DISCORD_SEED), sign::discord(DISCORD_KEY)),
        ],
        count: 0,
        stood: Vec::new(),
    };
    let mut moments = Vec::new();
    for (on, [wants, approves, asks], [before, after]) in [
        (
            On::Feishu,
            ["feishu: alice asks for a restart", "feishu: ben presses Approve", "feishu: alice asks who is on call"],
            [0_i64, 1],
        ),
        (
            On::Discord,
            ["discord: alice asks for a restart", "discord: ben presses Approve", "discord: alice asks who is on call"],
            [1, 2],
        ),
    ] {
        let wanted = stage.ask(on, "please restart checkout").await;
        moments.push(stage.moment(wants, wanted, &[WAITS, CARD], before).await?);
        let pressed = stage.approve(on).await;
        moments.push(stage.moment(approves, pressed, &[DONE], after).await?);
        let asked = stage.ask(on, "who is on call").await;
        moments.push(stage.moment(asks, asked, &[ON_CALL], after).await?);
    }
    let Stage { feishu, discord, senders, .. } = stage;
    // The connections they keep open would be waited for.
    drop(senders);
    let clean = bot.stop().await == Stopped { jobs: Some(0), unsaid: Some(0), dead: Some(0) };
    if let Some(last) = moments.last_mut() {
        last.rests &= clean;
    }
    feishu.stop().await;
    discord.stop().await;
    Ok(moments)
}

fn feishu_config(api: &FeishuApi) -> FeishuConfig {
    let app = App::archived();
    let access = FeishuAccess { app_id: app.app_id, app_secret: Secret::new(APP_SECRET), api_url: api.url() };
    FeishuConfig { signing: SigningSecrets::of(ENCRYPT_KEY), verification_token: Secret::new(app.token), access }
}

fn discord_config(api: &DiscordApi) -> DiscordConfig {
    let access = DiscordAccess { token: Secret::new(BOT_TOKEN), api_url: api.url(), public_url: None };
    DiscordConfig { key: SigningSecrets::of(DISCORD_KEY), access }
}

#[derive(Debug, Clone, Copy)]
enum On {
    Feishu,
    Discord,
}

/// A message as people see it.
#[derive(Debug, Clone, PartialEq)]
struct Message {
    id: String,
    lines: Vec<String>,
    /// What a press of Approve brings back.
    approve: Option<Value>,
}

struct Stage {
    base: String,
    ledger: Ledger,
    feishu: FeishuApi,
    discord: DiscordApi,
    /// Feishu's and Discord's.
    senders: [Sender; 2],
    count: u8,
    /// What stood at the last moment.
    stood: Vec<Message>,
}

impl Stage {
    async fn ask(&mut self, on: On, text: &str) -> Vec<Result<Delivery, SendError>> {
        let number = self.next();
        match on {
            On::Feishu => {
                let (event, id) = (format!("e-{number}"), format!("om_asked{number}"));
                let request = feishu_events::message(&App::archived(), &event, &id, FEISHU[0], FEISHU[1], true, text);
                vec![self.on_feishu(&request).await]
            }
            On::Discord => {
                let acting = Acting { channel: DISCORD[0], user: DISCORD[1], message: None };
                let asked =
                    |token: &str| discord_events::command(&Guild::archived(), &number, token, DISCORD[1], text, false);
                vec![self.on_discord(&acting, asked).await]
            }
        }
    }

    /// Nothing is delivered when there is nothing to press.
    async fn approve(&mut self, on: On) -> Vec<Result<Delivery, SendError>> {
        let card = self.stood.iter().rev().find_map(|message| Some((message.id.clone(), message.approve.clone()?)));
        let Some((id, approve)) = card else { return Vec::new() };
        let number = self.next();
        match on {
            On::Feishu => {
                let event = format!("e-{number}");
                let request = feishu_events::card_action(&App::archived(), &event, &id, FEISHU[0], FEISHU[2], &approve);
                vec![self.on_feishu(&request).await]
            }
            On::Discord => {
                let custom_id = approve.as_str().unwrap_or_default();
                let pressed = Pressed { custom_id, message: &id, content: "", label: "Approve" };
                let acting = Acting { channel: DISCORD[0], user: DISCORD[2], message: Some(&id) };
                let press =
                    |token: &str| discord_events::press(&Guild::archived(), &number, token, DISCORD[2], &pressed);
                vec![self.on_discord(&acting, press).await]
            }
        }
    }

    fn next(&mut self) -> String {
        self.count = self.count.saturating_add(1);
        format!("93{:016}", self.count)
    }

    async fn on_feishu(&self, request: &Request) -> Result<Delivery, SendError> {
        let [sender, _] = &self.senders;
        // No two bodies under one initialization vector.
        let request = feishu_events::encrypted(request, ENCRYPT_KEY, [self.count; 16]);
        sender.send(&self.base, &request, Variant::Fresh).await
    }

    async fn on_discord(
        &self,
        acting: &Acting<'_>,
        request: impl FnOnce(&str) -> Request,
    ) -> Result<Delivery, SendError> {
        let [_, sender] = &self.senders;
        self.discord.interact(sender, &self.base, acting, request).await.map(|(delivery, _)| delivery)
    }

    async fn moment(
        &mut self,
        done: &'static str,
        deliveries: Vec<Result<Delivery, SendError>>,
        should_say: &'static [&'static str],
        should_have: i64,
    ) -> Result<Moment, DemoError> {
        let rests = self.ledger.rests(COMES_WITHIN).await?;
        let stands: Vec<Message> = [feishus(&self.feishu), discords(&self.discord)].concat();
        let (mut said, mut edited): (Vec<&String>, Vec<&String>) = (Vec::new(), Vec::new());
        for message in stands.iter().filter(|message| !self.stood.contains(message)) {
            let is_new = !self.stood.iter().any(|stood| stood.id == message.id);
            if is_new { said.extend(message.lines.first()) } else { edited.extend(message.lines.last()) }
        }
        let said = said.into_iter().chain(edited).cloned().collect();
        self.stood = stands;
        let effects = self.ledger.effects().await?;
        Ok(Moment { done, deliveries, said, effects, rests, should_say, should_have })
    }
}

fn feishus(api: &FeishuApi) -> Vec<Message> {
    let message = |message: chat_sim::feishu_api::Message| {
        let (mut texts, mut values) = (Vec::new(), Vec::new());
        for part in ["header", "body"].iter().filter_map(|name| message.content.get(name)) {
            named(part, "content", &mut texts);
            named(part, "value", &mut values);
        }
        let lines = texts.into_iter().filter_map(Value::as_str).flat_map(str::lines).map(seen).collect();
        let approve = values.into_iter().find(|value| value["action"] == "approve").cloned();
        Message { id: message.id, lines, approve }
    };
    api.messages().into_iter().map(message).collect()
}

fn discords(api: &DiscordApi) -> Vec<Message> {
    let message = |message: chat_sim::discord_api::Message| {
        let mut values = Vec::new();
        named(&message.components, "custom_id", &mut values);
        let approves = |value: &&Value| value.as_str().is_some_and(|id| id.starts_with("approve:"));
        let approve = values.into_iter().find(approves).cloned();
        // What escapes Markdown is not seen.
        let content = message.content.replace('\\', "");
        Message { id: message.id, lines: content.lines().map(seen).collect(), approve }
    };
    api.messages().into_iter().map(message).collect()
}

/// A line of Markdown as it is read; Feishu's marks are escaped by their numbers.
fn seen(line: &str) -> String {
    let [feishu, discord] = [format!("<at id={}></at>", FEISHU[2]), format!("<@{}>", DISCORD[2])];
    let line = line.trim_start_matches("### ").replace("**", "").replace("&#45;", "-");
    line.replace(&feishu, "@ben").replace(&discord, "@ben")
}

/// Everything of this name, however deep.
fn named<'v>(value: &'v Value, name: &str, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get(name));
            fields.values().for_each(|value| named(value, name, found));
        }
        Value::Array(items) => items.iter().for_each(|value| named(value, name, found)),
        _ => {}
    }
}
