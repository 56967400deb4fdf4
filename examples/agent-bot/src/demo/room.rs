//! One thread of a simulated Slack with a bot in it: an ingress and an executor, and people who speak and press.

use std::path::Path;

use chat_sim::sender::SendError;
use chat_sim::slack_api::{Post, Settings, SlackApi};
use chat_sim::slack_clicks::{Pressed, press};
use chat_sim::slack_events::{Said, Workspace, app_mention};
use chat_sim::{Delivery, Request, Sender, Variant, sign};

use super::ledger::Ledger;
use super::person::Person;
use super::{BOT_TOKEN, DemoError, SEALING_KEY, SIGNING_SECRET, world};
use crate::agent::tools::KNOWN;
use crate::config::{Config, Database, Keys, Secret, SigningSecrets, SlackAccess, SlackConfig};
use crate::policy::Policy;
use crate::serve::{Bot, Role};

const CHANNEL: &str = "C0OPS00001";
/// How often a storm delivers again.
pub(super) const STORM: u32 = 10;

/// What there is to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// What was ever changed in the world.
    pub(super) effects: i64,
    /// Messages that stand.
    pub(super) messages: usize,
    /// Edits of them.
    pub(super) edits: usize,
    /// What single people were told.
    pub(super) notices: usize,
    /// Jobs that wait for an executor.
    pub(super) waiting: u64,
}

/// Who may what in the room, as the file of it says.
pub(super) const POLICY: &str = include_str!("policy.toml");

/// The same, read.
pub(super) fn policy() -> Result<Policy, DemoError> {
    Ok(Policy::parse(POLICY, KNOWN)?)
}

/// The room.
pub(super) struct Room {
    pub(super) slack: SlackApi,
    pub(super) ledger: Ledger,
    config: Config,
    ingress: Bot,
    executor: Option<Bot>,
    sender: Sender,
    messages: u32,
    last: Option<Request>,
}

impl Room {
    /// With everything at work, on a database in this file.
    pub(super) async fn open(file: &Path) -> Result<Self, DemoError> {
        let settings = Person::ALL
            .into_iter()
            .fold(Settings::archived(BOT_TOKEN), |settings, person| settings.user(person.id(), person.name()));
        let slack = SlackApi::start(settings).await?;
        let database = Database::Sqlite(file.into());
        world::found(&database).await?;
        let access = SlackAccess { token: Secret::new(BOT_TOKEN), api_url: slack.url() };
        let config = Config {
            slack: Some(SlackConfig { signing: SigningSecrets::of(SIGNING_SECRET), access }),
            ..Config::local(database, Keys::of(SEALING_KEY), policy()?)
        };
        let ingress = Bot::start(&config, Role::Ingress).await?;
        let executor = Some(Bot::start(&config, Role::Executor).await?);
        let ledger = Ledger::open(&config, file).await?;
        let sender = Sender::new(sign::slack(SIGNING_SECRET), sign::slack("somebody else's secret"));
        Ok(Self { slack, config, ingress, executor, sender, ledger, messages: 0, last: None })
    }

    /// Where the ingress listens.
    pub(super) fn address(&self) -> String {
        format!("http://{}", self.ingress.address())
    }

    /// Somebody says this to the bot, in the room's one thread.
    pub(super) async fn say(&mut self, person: Person, text: &str) -> Result<Delivery, SendError> {
        let (root, number) = (ts(0), self.messages);
        self.messages = self.messages.saturating_add(1);
        let workspace = Workspace::archived();
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let said = Said {
            event_id: &format!("Ev0ROOM{number:05}"),
            channel: CHANNEL,
            user: person.id(),
            text: &format!("<@{}> {text}", workspace.bot_user),
            ts: &ts(number),
            thread_ts: (number > 0).then_some(root.as_str()),
        };
        self.deliver(app_mention(&workspace, &said)).await
    }

    /// Somebody presses a button of this card, as it stood when they saw it.
    pub(super) async fn press(&mut self, person: Person, card: &Post, action_id: &str) -> Result<Delivery, SendError> {
        let (trigger, response_url) = (self.slack.trigger(), self.slack.response_url(&card.channel, person.id()));
        let pressed = Pressed { user: person.id(), card, action_id, trigger: &trigger, response_url: &response_url };
        self.deliver(press(&Workspace::archived(), &pressed)).await
    }

    /// The last delivery as often again as a storm does, or `None` before the first one.
    pub(super) async fn storm(&self) -> Option<Vec<Result<Delivery, SendError>>> {
        let request = self.last.as_ref()?;
        let mut deliveries = Vec::new();
        for num in 1..=STORM {
            let retry = Variant::Retry { num, reason: "http_timeout" };
            deliveries.push(self.sender.send(&self.address(), request, retry).await);
        }
        Some(deliveries)
    }

    async fn deliver(&mut self, request: Request) -> Result<Delivery, SendError> {
        let delivery = self.sender.send(&self.address(), &request, Variant::Fresh).await;
        self.last = Some(request);
        delivery
    }

    /// Whether an executor works.
    pub(super) const fn works(&self) -> bool {
        self.executor.is_some()
    }

    /// Stops the executor; false when there is none.
    pub(super) async fn stop(&mut self) -> bool {
        match self.executor.take() {
            Some(executor) => {
                executor.stop().await;
                true
            }
            None => false,
        }
    }

    /// Starts an executor; false when there is one.
    pub(super) async fn start(&mut self) -> Result<bool, DemoError> {
        if self.works() {
            return Ok(false);
        }
        self.executor = Some(Bot::start(&self.config, Role::Executor).await?);
        Ok(true)
    }

    /// Counts.
    pub(super) async fn standing(&self) -> Result<Standing, DemoError> {
        Ok(Standing {
            effects: self.ledger.effects().await?,
            messages: self.slack.posts().iter().filter(|post| post.ts().is_some()).count(),
            edits: self.slack.updates().len(),
            notices: self.slack.ephemerals().len().saturating_add(self.slack.responses().len()),
            waiting: self.ledger.waiting().await?,
        })
    }

    /// Finishes what is under way and stops everything.
    pub(super) async fn close(mut self) {
        self.stop().await;
        // The connections it keeps open would be waited for.
        drop(self.sender);
        self.ingress.stop().await;
        self.slack.stop().await;
    }
}

/// The timestamp of the thread's message of this number.
fn ts(number: u32) -> String {
    format!("1700000000.{number:06}")
}
