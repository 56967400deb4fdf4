//! A small Feishu API on a loopback port: what a bot says is checked as Feishu checks it, answered, and recorded.
//!
//! Calls: the tenant token, who the bot is, sending to a chat or a person, replying, changing a card, looking a person up.
//! As Feishu does:
//!
//! 1. a tenant token lives for two hours; while half an hour or more remain, the same one is given out, below that a new
//!    one, and both count. A missing one is 99991661, an unknown or ended one 99991663, both under HTTP 400;
//! 2. a fault asked for with [`FeishuApi::answer_next`] answers the next call with a good token;
//! 3. over five messages a second to one chat: HTTP 400 and 230020;
//! 4. arguments; errors are HTTP 400 with a `code` and a `msg`;
//! 5. a `uuid` that came within the last hour is answered with the message that it made then;
//! 6. cards are at most 30 KB, and changed only within 14 days and where `update_multi` allows it.
//!
//! <https://open.feishu.cn/document/server-docs/im-v1/message/create> and its neighbours. Scopes are not modelled, ask for
//! their codes as a fault instead.

mod calls;
mod messages;
mod record;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

pub use record::{Message, Receiver};

use crate::Clock;
use crate::server::Server;

/// What to answer instead of doing a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// HTTP 429 and 99991400, with `x-ogw-ratelimit-reset` in seconds.
    RateLimited {
        /// Seconds to wait.
        reset: u64,
    },
    /// HTTP 400 with this code.
    Code(u64),
    /// This status with an empty body.
    Status(StatusCode),
    /// Nothing for this long, then as ever.
    Hang(Duration),
    /// The call is done and its answer lost: the caller sees 502.
    LostResponse,
}

/// A person of the simulated tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// As people read it.
    pub name: String,
    /// `od-…`.
    pub departments: Vec<String>,
    /// Whether they left.
    pub resigned: bool,
}

/// What the simulated tenant contains.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// `cli_…`.
    pub app_id: String,
    /// The app's secret.
    pub app_secret: String,
    /// The bot's own open id.
    pub bot: String,
    /// Chats the bot is in, `oc_…`.
    pub chats: BTreeSet<String>,
    /// People by open id.
    pub users: BTreeMap<String, User>,
    /// By which tokens, uuids and cards end.
    pub clock: Clock,
}

impl Settings {
    /// The tenant of the archived requests (`tests/payloads/feishu`): its group, and Alice with her open id.
    #[must_use]
    pub fn archived(app_secret: impl Into<String>) -> Self {
        let alice = User { name: "Alice".to_owned(), departments: vec!["od-oncall".to_owned()], resigned: false };
        Self {
            app_id: "cli_a0000000imchat01".to_owned(),
            app_secret: app_secret.into(),
            bot: "ou_55b56614487e7ffd7b4504cb3f1a5e44".to_owned(),
            chats: ["oc_4f93ad9c3c27d0c3a09b98f0fdb8dfca".to_owned()].into(),
            users: [("ou_a90d239b3dc935d2e917728c41b3a10a".to_owned(), alice)].into(),
            clock: Clock::default(),
        }
    }

    /// Adds a chat that the bot is in.
    #[must_use]
    pub fn chat(mut self, id: impl Into<String>) -> Self {
        self.chats.insert(id.into());
        self
    }

    /// Adds a person.
    #[must_use]
    pub fn user(mut self, open_id: impl Into<String>, user: User) -> Self {
        self.users.insert(open_id.into(), user);
        self
    }

    /// Lets this clock say when things end.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

/// The running API; it stops when this is dropped.
#[derive(Debug)]
pub struct FeishuApi {
    state: Arc<calls::State>,
    server: Server,
}

impl FeishuApi {
    /// Binds a free loopback port and answers on it.
    ///
    /// # Errors
    /// When no loopback port can be bound.
    pub async fn start(settings: Settings) -> std::io::Result<Self> {
        let state = Arc::new(calls::State::new(settings));
        let server = Server::start(calls::router(Arc::clone(&state))).await?;
        Ok(Self { state, server })
    }

    /// `http://127.0.0.1:<port>`: what a bot takes for `https://open.feishu.cn`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Every message that stands, in the order of arrival, as it was last changed.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.state.record.messages()
    }

    /// How many tenant tokens were asked for.
    #[must_use]
    pub fn token_calls(&self) -> u64 {
        self.state.tokens.calls()
    }

    /// The clock by which tokens, uuids and cards end.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.state.settings.clock
    }

    /// The next call with a good token is answered with this fault; several queue up.
    pub fn answer_next(&self, fault: Fault) {
        self.state.push(fault);
    }

    /// Stops accepting and waits for the calls under way.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}
