//! The three platforms from the side of the people on them: one way to ask, to press and to look at what the bot said.

mod discord;
mod feishu;
mod slack;

use chat_sim::{Request, Variant};
use http::StatusCode;

pub(crate) use discord::Discord;
pub(crate) use feishu::Feishu;
pub(crate) use slack::Slack;

/// Who acts: Alice asks, Bob may approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Alice,
    Bob,
}

/// A thread of a channel, both by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) channel: usize,
    pub(crate) thread: usize,
}

/// The first thread of the first channel.
pub(crate) const HERE: Spot = Spot { channel: 0, thread: 1 };

/// Something that a platform has to deliver: the same each time it is delivered.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) request: Request,
    /// Discord's token of the interaction.
    pub(crate) token: String,
}

/// Something the bot said, as it stands by now.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) id: String,
    /// The channel and the thread, as [`Chat::at`] names them.
    pub(crate) at: String,
    /// All that is to be read.
    pub(crate) text: String,
    /// What a press of each of its buttons brings back.
    pub(crate) buttons: Vec<String>,
    /// As it was sent.
    pub(crate) raw: String,
}

/// A platform with a bot installed.
pub(crate) trait Chat: Sized {
    /// As the policy file and the metrics spell it.
    const NAME: &'static str;
    /// Where its requests go.
    const ROUTES: &'static [&'static str];

    /// The variable of the secret that the bot speaks with.
    const TOKEN: &'static str;

    /// The platform, with so many channels of so many threads.
    async fn open(channels: usize, threads: usize) -> Self;

    /// What tells the bot of it.
    fn variables(&self) -> Vec<(&'static str, String)>;

    /// As the policy file spells a person.
    fn person(who: Who) -> String;

    /// The name of a thread.
    fn at(&self, spot: Spot) -> String;

    /// Somebody says this to the bot, as the thread's message of this number, from 0.
    fn ask(&self, spot: Spot, number: usize, who: Who, text: &str) -> Event;

    /// Somebody presses the button of this verb.
    fn press(&self, card: &Said, who: Who, verb: &str) -> Event;

    /// What nobody said to the bot: events of unknown types, and what bots and edits set off. Each with what it is.
    fn noise(&self) -> Vec<(&'static str, Event)>;

    /// Delivers it once; 503 where the bot does not vouch for having written it down.
    async fn deliver(&self, base: &str, event: &Event, variant: Variant) -> StatusCode;

    /// What everybody there can read.
    fn said(&self) -> Vec<Said>;

    /// What only this person was told.
    fn told(&self, who: Who) -> Vec<String>;

    /// Whether it calls somebody, or could.
    fn pings(&self, said: &Said) -> bool;

    /// Whether a form waits for this person to type into.
    fn asked_to_type(&self, who: Who) -> bool;

    /// Types into that form and sends it.
    async fn type_in(&self, base: &str, who: Who, typed: &str);

    /// The next call of the bot's is done, and its answer lost.
    fn lose_next(&self);

    /// The next call of the bot's is answered with: the bot is not in that channel.
    fn refuse_next(&self);

    /// What stands with buttons, if anything does.
    fn card(&self) -> Option<Said> {
        self.said().into_iter().find(|said| !said.buttons.is_empty())
    }

    /// The message of this id.
    fn standing(&self, id: &str) -> Said {
        self.said().into_iter().find(|said| said.id == id).expect("it stands")
    }
}

/// Each scenario on each platform.
macro_rules! on_each_platform {
    ($($scenario:ident),+ $(,)?) => {
        mod slack { $(#[tokio::test] async fn $scenario() { super::$scenario::<crate::chats::Slack>().await; })+ }
        mod feishu { $(#[tokio::test] async fn $scenario() { super::$scenario::<crate::chats::Feishu>().await; })+ }
        mod discord { $(#[tokio::test] async fn $scenario() { super::$scenario::<crate::chats::Discord>().await; })+ }
    };
}
pub(crate) use on_each_platform;
