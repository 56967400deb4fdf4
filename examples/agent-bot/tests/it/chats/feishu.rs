//! Feishu.

use std::sync::atomic::{AtomicU64, Ordering};

use chat_sim::feishu_api::{Fault, FeishuApi, Message, Receiver, Settings, User};
use chat_sim::feishu_events::{self, App};
use chat_sim::{Request, Sender, Variant, sign};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Chat, Event, HERE, Said, Spot, Who};

const ENCRYPT_KEY: &str = "imchat-test-feishu-encrypt-key";
const APP_SECRET: &str = "app-secret";

pub(crate) struct Feishu {
    pub(crate) api: FeishuApi,
    app: App,
    sender: Sender,
    count: AtomicU64,
}

fn user(who: Who) -> &'static str {
    match who {
        Who::Alice => "ou_a90d239b3dc935d2e917728c41b3a10a",
        Who::Bob => "ou_b0b",
    }
}

fn chat(channel: usize) -> String {
    if channel == 0 { "oc_4f93ad9c3c27d0c3a09b98f0fdb8dfca".to_owned() } else { format!("oc_{channel}") }
}

fn message(spot: Spot, number: usize) -> String {
    format!("om_{}x{}x{number}", spot.channel, spot.thread)
}

impl Feishu {
    /// The form in somebody's own conversation with the bot.
    fn form(&self, who: Who) -> Option<Message> {
        let theirs = |message: &Message| message.receiver == Receiver::Person(user(who).to_owned());
        let form = |message: &Message| theirs(message) && message.content.to_string().contains("\"form\"");
        self.api.messages().into_iter().find(form)
    }

    /// As an app with an encrypt key gets it; no two bodies under one initialization vector.
    fn sealed(&self, request: &Request) -> Request {
        let count = self.count.fetch_add(1, Ordering::SeqCst);
        let mut iv = [7; 16];
        iv[..8].copy_from_slice(&count.to_be_bytes());
        feishu_events::encrypted(request, ENCRYPT_KEY, iv)
    }
}

impl Chat for Feishu {
    const NAME: &'static str = "feishu";
    const ROUTES: &'static [&'static str] = &["/feishu/events", "/feishu/cards"];

    const TOKEN: &'static str = "FEISHU_APP_SECRET";

    async fn open(channels: usize, _: usize) -> Self {
        let bob = User { name: "Bob".to_owned(), departments: Vec::new(), resigned: false };
        let settings = Settings::archived(APP_SECRET).user(user(Who::Bob), bob);
        let settings = (0..channels).fold(settings, |settings, channel| settings.chat(chat(channel)));
        let api = FeishuApi::start(settings).await.expect("a port");
        let sender = Sender::new(sign::feishu(ENCRYPT_KEY), sign::feishu("other"));
        Self { api, app: App::archived(), sender, count: AtomicU64::new(0) }
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("FEISHU_APP_ID", self.app.app_id.clone()),
            ("FEISHU_APP_SECRET", APP_SECRET.to_owned()),
            ("FEISHU_ENCRYPT_KEY", ENCRYPT_KEY.to_owned()),
            ("FEISHU_VERIFICATION_TOKEN", self.app.token.clone()),
            ("FEISHU_API_URL", self.api.url()),
        ]
    }

    fn person(who: Who) -> String {
        format!("feishu:{}:{}", App::archived().tenant, user(who))
    }

    fn at(&self, spot: Spot) -> String {
        message(spot, 0)
    }

    fn ask(&self, spot: Spot, number: usize, who: Who, text: &str) -> Event {
        let (id, chat) = (message(spot, number), chat(spot.channel));
        let request = feishu_events::message(&self.app, &format!("e-{id}"), &id, &chat, user(who), true, text);
        let mut body: Value = serde_json::from_slice(&request.body).expect("JSON");
        if number > 0 {
            body["event"]["message"]["root_id"] = message(spot, 0).into();
        }
        let request = self.sealed(&Request { body: body.to_string().into(), ..request });
        Event { request, token: String::new() }
    }

    fn press(&self, card: &Said, who: Who, verb: &str) -> Event {
        let value = card.buttons.iter().map(|button| serde_json::from_str::<Value>(button).expect("JSON"));
        let value = value.into_iter().find(|value| value["action"] == verb).expect("the button");
        let id = format!("e-press-{}", self.count.load(Ordering::SeqCst));
        let request = feishu_events::card_action(&self.app, &id, &card.id, &chat(0), user(who), &value);
        Event { request: self.sealed(&request), token: String::new() }
    }

    fn noise(&self) -> Vec<(&'static str, Event)> {
        let asked = |number: usize, group: bool, change: &dyn Fn(&mut Value)| {
            let (id, chat, text) = (message(HERE, number), chat(0), "please restart checkout");
            let request = feishu_events::message(
                &self.app,
                &format!("e-noise-{number}"),
                &id,
                &chat,
                user(Who::Alice),
                group,
                text,
            );
            let mut body: Value = serde_json::from_slice(&request.body).expect("JSON");
            change(&mut body);
            let request = self.sealed(&Request { body: body.to_string().into(), ..request });
            Event { request, token: String::new() }
        };
        let own = self.app.bot.clone();
        vec![
            (
                "an event of an unknown type",
                asked(1, true, &|body| body["header"]["event_type"] = "im.dream_v1".into()),
            ),
            ("another bot's message", asked(2, true, &|body| body["event"]["sender"]["sender_type"] = "app".into())),
            (
                "its own message",
                asked(3, true, &|body| {
                    body["event"]["sender"]["sender_id"]["open_id"] = own.as_str().into();
                }),
            ),
            ("what people say to each other", asked(4, true, &|body| body["event"]["message"]["mentions"] = json!([]))),
            ("a sticker", asked(5, false, &|body| body["event"]["message"]["message_type"] = "sticker".into())),
            ("an event of another app", asked(6, true, &|body| body["header"]["app_id"] = "cli_other".into())),
        ]
    }

    async fn deliver(&self, base: &str, event: &Event, variant: Variant) -> StatusCode {
        self.sender.send(base, &event.request, variant).await.expect("an answer").status
    }

    fn said(&self) -> Vec<Said> {
        let stands = |message: Message| {
            let Receiver::Reply { to, .. } = &message.receiver else { return None };
            let mut buttons = Vec::new();
            values(&message.content, "value", &mut buttons);
            let buttons = buttons.iter().filter(|value| value.is_object()).map(ToString::to_string).collect();
            let (text, raw) = (text(&message), message.content.to_string());
            Some(Said { id: message.id, at: to.clone(), text, buttons, raw })
        };
        self.api.messages().into_iter().filter_map(stands).collect()
    }

    fn told(&self, who: Who) -> Vec<String> {
        let theirs = |message: &Message| message.receiver == Receiver::Person(user(who).to_owned());
        self.api.messages().iter().filter(|message| theirs(message)).map(text).collect()
    }

    fn pings(&self, said: &Said) -> bool {
        said.raw.contains("<at")
    }

    fn asked_to_type(&self, who: Who) -> bool {
        self.form(who).is_some()
    }

    async fn type_in(&self, base: &str, who: Who, typed: &str) {
        let form = self.form(who).expect("a form");
        let mut found = Vec::new();
        values(&form.content, "value", &mut found);
        let value = found.into_iter().find(|value| value.is_object()).expect("a button");
        let id = format!("e-form-{}", self.count.load(Ordering::SeqCst));
        let request = feishu_events::card_action(&self.app, &id, &form.id, "oc_direct", user(who), value);
        let mut body: Value = serde_json::from_slice(&request.body).expect("JSON");
        body["event"]["action"]["form_value"] = json!({ "typed": typed });
        let request = self.sealed(&Request { body: body.to_string().into(), ..request });
        let event = Event { request, token: String::new() };
        assert_eq!(self.deliver(base, &event, Variant::Fresh).await, StatusCode::OK);
    }

    fn lose_next(&self) {
        self.api.answer_next(Fault::LostResponse);
    }

    fn refuse_next(&self) {
        self.api.answer_next(Fault::Code(230_002));
    }
}

/// Everything at this name, however deep.
fn values<'v>(value: &'v Value, name: &str, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get(name));
            fields.values().for_each(|value| values(value, name, found));
        }
        Value::Array(items) => items.iter().for_each(|value| values(value, name, found)),
        _ => {}
    }
}

fn text(message: &Message) -> String {
    let mut texts = Vec::new();
    values(&message.content, "content", &mut texts);
    texts.into_iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}
