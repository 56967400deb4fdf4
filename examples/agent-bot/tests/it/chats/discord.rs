//! Discord.

use std::sync::atomic::{AtomicU64, Ordering};

use chat_sim::discord_api::{DiscordApi, Fault, Member, Message, Settings};
use chat_sim::discord_events::{self, Guild, Pressed};
use chat_sim::{Sender, Variant, sign};
use http::StatusCode;
use serde_json::Value;

use super::{Chat, Event, HERE, Said, Spot, Who};

const KEY: &str = "271131b34070f5210bbdd498c9dc32dc7b1ecac08d59429847f03b51901da552";
const SEED: &str = "696d636861742d746573742d646973636f72642d656432353531392d73656564";
const TOKEN: &str = "bot-token";

pub(crate) struct Discord {
    pub(crate) api: DiscordApi,
    guild: Guild,
    sender: Sender,
    count: AtomicU64,
}

fn user(who: Who) -> &'static str {
    match who {
        Who::Alice => "900000000000000004",
        Who::Bob => "900000000000000044",
    }
}

/// A thread is a channel of its own.
fn thread(spot: Spot) -> String {
    format!("91{:08}{:08}", spot.channel, spot.thread)
}

impl Discord {
    fn guild(&self, channel: usize) -> Guild {
        let id = if channel == 0 { self.guild.channel.clone() } else { format!("92{channel:016}") };
        Guild { channel: id, ..self.guild.clone() }
    }

    /// The button that only this person sees, and that opens a form.
    fn offer(&self, who: Who) -> Option<Message> {
        let theirs = |message: &Message| message.only.as_deref() == Some(user(who));
        let offers = |message: &Message| theirs(message) && message.components.to_string().contains("custom_id");
        self.api.messages().into_iter().find(offers)
    }

    fn id(&self) -> String {
        format!("93{:016}", self.count.fetch_add(1, Ordering::SeqCst))
    }
}

impl Chat for Discord {
    const NAME: &'static str = "discord";
    const ROUTES: &'static [&'static str] = &["/discord/interactions"];

    const TOKEN: &'static str = "DISCORD_BOT_TOKEN";

    async fn open(channels: usize, threads: usize) -> Self {
        let guild = Guild::archived();
        let bob = Member { name: "Bob".to_owned(), roles: Vec::new(), bot: false, pending: false };
        let settings = Settings::archived(TOKEN).member(&guild.id, user(Who::Bob), bob);
        let spots = (0..channels).flat_map(|channel| (0..threads).map(move |thread| Spot { channel, thread }));
        let settings = spots.fold(settings, |settings, spot| settings.channel(thread(spot)));
        let api = DiscordApi::start(settings).await.expect("a port");
        Self { api, guild, sender: Sender::new(sign::discord(SEED), sign::discord(KEY)), count: AtomicU64::new(0) }
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("DISCORD_PUBLIC_KEY", KEY.to_owned()),
            ("DISCORD_BOT_TOKEN", TOKEN.to_owned()),
            ("DISCORD_API_URL", self.api.url()),
        ]
    }

    fn person(who: Who) -> String {
        format!("discord:{}:{}", Guild::archived().id, user(who))
    }

    fn at(&self, spot: Spot) -> String {
        thread(spot)
    }

    fn ask(&self, spot: Spot, _: usize, who: Who, text: &str) -> Event {
        let (guild, thread) = (self.guild(spot.channel), thread(spot));
        let token = self.api.opened(&thread, user(who), None);
        let command = discord_events::command(&guild, &self.id(), &token, user(who), text, false);
        Event { request: discord_events::in_thread(&command, &guild, &thread), token }
    }

    fn press(&self, card: &Said, who: Who, verb: &str) -> Event {
        let custom_id = card.buttons.iter().find(|button| button.starts_with(verb)).expect("the button");
        let token = self.api.opened(&card.at, user(who), Some(&card.id));
        let pressed = Pressed { custom_id, message: &card.id, content: "", label: "" };
        let press = discord_events::press(&self.guild, &self.id(), &token, user(who), &pressed);
        Event { request: discord_events::in_thread(&press, &self.guild, &card.at), token }
    }

    fn noise(&self) -> Vec<(&'static str, Event)> {
        let changed = |change: &dyn Fn(&mut Value)| {
            let mut event = self.ask(HERE, 0, Who::Alice, "please restart checkout");
            let mut body: Value = serde_json::from_slice(&event.request.body).expect("JSON");
            change(&mut body);
            event.request.body = body.to_string().into();
            event
        };
        vec![
            ("an interaction of an unknown type", changed(&|body| body["type"] = 99.into())),
            ("another bot's command", changed(&|body| body["member"]["user"]["bot"] = true.into())),
            ("a command of another name", changed(&|body| body["data"]["name"] = "dream".into())),
        ]
    }

    async fn deliver(&self, base: &str, event: &Event, variant: Variant) -> StatusCode {
        let reply = self.sender.send(base, &event.request, variant).await.expect("an answer");
        if let Ok(answer) = serde_json::from_slice::<Value>(&reply.body)
            && reply.status == StatusCode::OK
        {
            // The first answer counts; that of a copy changes nothing.
            let _ = self.api.answered(&event.token, &answer);
            let content = answer["data"]["content"].as_str().unwrap_or_default();
            if content.starts_with("This may not have arrived") {
                // What an event is answered with 503 for is a 200 here, whose words only the person sees.
                return StatusCode::SERVICE_UNAVAILABLE;
            }
        }
        reply.status
    }

    fn said(&self) -> Vec<Said> {
        let everybodys = |message: &Message| message.only.is_none() && message.flags & 128 == 0;
        let stands = |message: Message| {
            let rows = message.components.as_array().cloned().unwrap_or_default();
            let components = rows.iter().flat_map(|row| row["components"].as_array().cloned().unwrap_or_default());
            let buttons = components.filter_map(|part| part["custom_id"].as_str().map(str::to_owned)).collect();
            let raw = format!("{} {} {}", message.content, message.components, message.allowed_mentions);
            Said { id: message.id, at: message.channel, text: message.content, buttons, raw }
        };
        self.api.messages().into_iter().filter(everybodys).map(stands).collect()
    }

    fn told(&self, who: Who) -> Vec<String> {
        let theirs = |message: &Message| message.only.as_deref() == Some(user(who)) && message.flags & 128 == 0;
        self.api.messages().into_iter().filter(theirs).map(|message| message.content).collect()
    }

    fn pings(&self, said: &Said) -> bool {
        // What may be pinged is said beside the text, whatever that holds.
        !said.raw.ends_with(r#"{"parse":[],"users":[]}"#)
    }

    fn asked_to_type(&self, who: Who) -> bool {
        self.offer(who).is_some()
    }

    async fn type_in(&self, base: &str, who: Who, typed: &str) {
        // A form opens only as the answer to a press, so a button stands before it.
        let offer = self.offer(who).expect("a button");
        let button = &offer.components[0]["components"][0];
        let text = |name: &str| button[name].as_str().expect("text").to_owned();
        let (custom_id, label) = (text("custom_id"), text("label"));
        let pressed = Pressed { custom_id: &custom_id, message: &offer.id, content: &offer.content, label: &label };
        let token = self.api.opened(&offer.channel, user(who), Some(&offer.id));
        let press = discord_events::press(&self.guild, &self.id(), &token, user(who), &pressed);
        assert_eq!(self.deliver(base, &Event { request: press, token }, Variant::Fresh).await, StatusCode::OK);
        let form = self.api.forms().pop().expect("a form");
        let custom_id = form["data"]["custom_id"].as_str().expect("text");
        let token = self.api.opened(&offer.channel, user(who), Some(&offer.id));
        let id = self.id();
        let request = discord_events::form(&self.guild, &id, &token, user(who), custom_id, typed, Some(&offer.id));
        assert_eq!(self.deliver(base, &Event { request, token }, Variant::Fresh).await, StatusCode::OK);
    }

    fn lose_next(&self) {
        self.api.answer_next(Fault::LostResponse);
    }

    fn refuse_next(&self) {
        self.api.answer_next(Fault::Code(StatusCode::FORBIDDEN, 50_001));
    }
}
