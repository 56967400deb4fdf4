//! Slack.

use chat_sim::slack_api::{Fault, Post, Settings, SlackApi};
use chat_sim::slack_clicks::{Pressed, buttons, press, submit};
use chat_sim::slack_events::{Said as Spoken, Workspace, app_mention};
use chat_sim::{Sender, Variant, sign};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Chat, Event, HERE, Said, Spot, Who};
use crate::play::{SECRET, TOKEN};

pub(crate) struct Slack {
    pub(crate) api: SlackApi,
    sender: Sender,
}

fn user(who: Who) -> &'static str {
    match who {
        Who::Alice => "U0ALICE001",
        Who::Bob => "U0BOB00001",
    }
}

fn channel(spot: Spot) -> String {
    format!("C0OPS{:05}", spot.channel + 1)
}

/// The timestamp of a thread's message.
fn ts(spot: Spot, number: usize) -> String {
    format!("17000{:05}.{:06}", spot.thread, 100 + number)
}

impl Slack {
    fn post(&self, id: &str) -> Post {
        self.api.posts().into_iter().find(|post| post.ts() == Some(id)).expect("it stands")
    }
}

impl Chat for Slack {
    const NAME: &'static str = "slack";
    const ROUTES: &'static [&'static str] = &["/slack/events", "/slack/interactions", "/slack/commands"];

    const TOKEN: &'static str = "SLACK_BOT_TOKEN";

    async fn open(channels: usize, _: usize) -> Self {
        let settings = (0..channels).fold(Settings::archived(TOKEN), |settings, channel_number| {
            settings.channel(channel(Spot { channel: channel_number, thread: 0 }))
        });
        let api = SlackApi::start(settings).await.expect("a port");
        Self { api, sender: Sender::new(sign::slack(SECRET), sign::slack("other")) }
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("SLACK_SIGNING_SECRET", SECRET.to_owned()),
            ("SLACK_BOT_TOKEN", TOKEN.to_owned()),
            ("SLACK_API_URL", self.api.url()),
        ]
    }

    fn person(who: Who) -> String {
        format!("slack:T0TEAM0001:{}", user(who))
    }

    fn at(&self, spot: Spot) -> String {
        format!("{}/{}", channel(spot), ts(spot, 0))
    }

    fn ask(&self, spot: Spot, number: usize, who: Who, text: &str) -> Event {
        let (own, root) = (ts(spot, number), ts(spot, 0));
        let spoken = Spoken {
            event_id: &format!("Ev{}x{}x{number}", spot.channel, spot.thread),
            channel: &channel(spot),
            user: user(who),
            // As Slack sends what people type.
            text: &format!("<@U0BOT00001> {}", text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")),
            ts: &own,
            thread_ts: (number > 0).then_some(root.as_str()),
        };
        Event { request: app_mention(&Workspace::archived(), &spoken), token: String::new() }
    }

    fn press(&self, card: &Said, who: Who, verb: &str) -> Event {
        let post = self.post(&card.id);
        let action_id = card.buttons.iter().find(|button| button.starts_with(verb)).expect("the button");
        let (trigger, response_url) = (self.api.trigger(), self.api.response_url(&post.channel, user(who)));
        let pressed =
            Pressed { user: user(who), card: &post, action_id, trigger: &trigger, response_url: &response_url };
        Event { request: press(&Workspace::archived(), &pressed), token: String::new() }
    }

    fn noise(&self) -> Vec<(&'static str, Event)> {
        let mention = || self.ask(HERE, 0, Who::Alice, "please restart checkout");
        let changed = |number: usize, change: &dyn Fn(&mut Value)| {
            let mut event = mention();
            let mut body: Value = serde_json::from_slice(&event.request.body).expect("JSON");
            body["event_id"] = format!("EvNOISE{number}").into();
            change(&mut body);
            event.request.body = body.to_string().into();
            event
        };
        let event = |field: &'static str, value: Value| move |body: &mut Value| body["event"][field] = value.clone();
        vec![
            ("an event of an unknown type", changed(1, &event("type", "emoji_dreamt".into()))),
            ("an envelope of an unknown type", changed(2, &|body| body["type"] = "news".into())),
            ("its own message", changed(3, &event("user", "U0BOT00001".into()))),
            ("another bot's message", changed(4, &event("bot_id", "B0OTHER001".into()))),
            ("an edit", changed(5, &event("subtype", "message_changed".into()))),
            ("a mention that was edited", changed(6, &event("edited", json!({ "user": "U0ALICE001", "ts": "1.2" })))),
            ("a hidden message", changed(7, &event("hidden", true.into()))),
            ("what people say to each other", changed(8, &event("type", "message".into()))),
        ]
    }

    async fn deliver(&self, base: &str, event: &Event, variant: Variant) -> StatusCode {
        self.sender.send(base, &event.request, variant).await.expect("an answer").status
    }

    fn said(&self) -> Vec<Said> {
        let stands = |post: Post| {
            let id = post.ts()?.to_owned();
            let at = format!("{}/{}", post.channel, post.thread_ts.as_deref().unwrap_or_default());
            let buttons = buttons(&post).into_iter().map(|(_, action_id)| action_id).collect();
            let raw = format!("{} {}", post.arguments, post.blocks);
            Some(Said { id, at, text: post.text, buttons, raw })
        };
        self.api.posts().into_iter().filter_map(stands).collect()
    }

    fn told(&self, who: Who) -> Vec<String> {
        let responses = self.api.responses().into_iter().filter(|said| said.ephemeral && said.user == user(who));
        let direct = self.api.ephemerals().into_iter().filter(|said| said.user == user(who));
        let text = |body: &Value| body["text"].as_str().unwrap_or_default().to_owned();
        responses.map(|said| text(&said.body)).chain(direct.map(|said| said.text)).collect()
    }

    fn pings(&self, said: &Said) -> bool {
        let kinds = ["user", "usergroup", "broadcast"].map(|kind| format!("\"type\":\"{kind}\""));
        // In rich text a text is a text; in the other dialect it is read.
        let read = said.text.clone() + if said.raw.contains("\"type\":\"mrkdwn\"") { &said.raw } else { "" };
        ["<!", "<@"].iter().any(|ping| read.contains(ping)) || kinds.iter().any(|kind| said.raw.contains(kind))
    }

    fn asked_to_type(&self, _: Who) -> bool {
        !self.api.views().is_empty()
    }

    async fn type_in(&self, base: &str, who: Who, typed: &str) {
        let view = self.api.views().pop().expect("a form");
        let request = submit(&Workspace::archived(), user(who), &view, typed, &self.api.trigger());
        let event = Event { request, token: String::new() };
        assert_eq!(self.deliver(base, &event, Variant::Fresh).await, StatusCode::OK);
    }

    fn lose_next(&self) {
        self.api.answer_next(Fault::LostResponse);
    }

    fn refuse_next(&self) {
        self.api.answer_next(Fault::Error("not_in_channel"));
    }
}
