//! A small Slack Web API on a loopback port: what a bot says is checked as Slack checks it, answered, and recorded.
//!
//! Methods: `auth.test`, `users.info`, `usergroups.list`, `chat.postMessage`, `chat.postEphemeral`, `chat.update`,
//! `views.open`. In this order, as Slack does:
//!
//! 1. an unknown method is `unknown_method`;
//! 2. no token is `not_authed`, a wrong one `invalid_auth`; it comes as `Authorization: Bearer`, or as a form's `token`;
//! 3. a fault asked for with [`SlackApi::answer_next`] answers the `chat.*` or `views.*` call;
//! 4. over the channel's rate: 429 with `Retry-After` and `ratelimited`;
//! 5. arguments, JSON or form; errors are HTTP 200 with `"ok": false`.
//!
//! [`SlackApi::trigger`] and [`SlackApi::response_url`] give out what comes with an interaction, with Slack's ends: three
//! seconds and one use, half an hour and five uses, by a [`Clock`] that a test puts forward.
//!
//! Differences to know: `text` over 40 000 characters is always `msg_too_long`, where Slack may also truncate it with a
//! warning; scopes and channel membership are not modelled, ask for `not_in_channel` as a fault instead.

mod arguments;
mod chat;
mod faults;
mod issued;
mod methods;
mod rate;
mod record;
mod views;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub use faults::Fault;
pub use issued::Response;
pub use rate::Rate;
pub use record::{Ephemeral, Outcome, Post, TooFew, Update};
use serde_json::Value;

use crate::Clock;
use crate::server::Server;
use crate::slack_events::Workspace;

/// What the simulated workspace contains and how strict it is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The ids `auth.test` and messages carry.
    pub workspace: Workspace,
    /// The one bot token that is accepted.
    pub token: String,
    /// Ids that are not `channel_not_found`.
    pub channels: BTreeSet<String>,
    /// User id to name, for `users.info`.
    pub users: BTreeMap<String, String>,
    /// User groups by their handles, with their members, for `usergroups.list`.
    pub groups: BTreeMap<String, BTreeSet<String>>,
    /// `None` never limits.
    pub rate: Option<Rate>,
    /// By which trigger ids and response URLs end.
    pub clock: Clock,
}

impl Settings {
    /// One workspace with the channel `C0GENERAL`, the direct message `D0ADA`, the user `U0ADA`, and no rate limit.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        Self {
            workspace: Workspace::default(),
            token: token.into(),
            channels: ["C0GENERAL", "D0ADA"].map(str::to_owned).into(),
            users: [("U0ADA".to_owned(), "ada".to_owned())].into(),
            groups: BTreeMap::new(),
            rate: None,
            clock: Clock::default(),
        }
    }

    /// The workspace of the archived requests (`tests/payloads/slack`): its channel `C0OPS00001`, the direct message
    /// `D0ALICE001`, the users `U0ALICE001` and `U0BOB00001`, and no rate limit.
    #[must_use]
    pub fn archived(token: impl Into<String>) -> Self {
        Self {
            workspace: Workspace::archived(),
            token: token.into(),
            channels: ["C0OPS00001", "D0ALICE001"].map(str::to_owned).into(),
            users: [("U0ALICE001", "alice"), ("U0BOB00001", "bob")]
                .map(|(id, name)| (id.to_owned(), name.to_owned()))
                .into(),
            groups: BTreeMap::new(),
            rate: None,
            clock: Clock::default(),
        }
    }

    /// Adds a channel.
    #[must_use]
    pub fn channel(mut self, id: impl Into<String>) -> Self {
        self.channels.insert(id.into());
        self
    }

    /// Adds a user.
    #[must_use]
    pub fn user(mut self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.users.insert(id.into(), name.into());
        self
    }

    /// Adds a user group.
    #[must_use]
    pub fn group<'u>(mut self, handle: impl Into<String>, users: impl IntoIterator<Item = &'u str>) -> Self {
        self.groups.insert(handle.into(), users.into_iter().map(str::to_owned).collect());
        self
    }

    /// Lets this clock say when things end.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Limits posts to each channel.
    #[must_use]
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }
}

/// The running API; it stops when this is dropped.
#[derive(Debug)]
pub struct SlackApi {
    state: Arc<methods::State>,
    server: Server,
}

impl SlackApi {
    /// Binds a free loopback port and answers on it.
    ///
    /// # Errors
    /// When no loopback port can be bound.
    pub async fn start(settings: Settings) -> std::io::Result<Self> {
        let state = Arc::new(methods::State::new(settings));
        let server = Server::start(methods::router(Arc::clone(&state))).await?;
        Ok(Self { state, server })
    }

    /// `http://127.0.0.1:<port>/api`: what a bot takes for `https://slack.com/api`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/api", self.server.address())
    }

    /// Every `chat.postMessage` so far, refused ones included, in the order of arrival.
    #[must_use]
    pub fn posts(&self) -> Vec<Post> {
        self.state.record.posts()
    }

    /// Every accepted `chat.update` so far.
    #[must_use]
    pub fn updates(&self) -> Vec<Update> {
        self.state.record.updates()
    }

    /// Every `chat.postEphemeral` that was accepted.
    #[must_use]
    pub fn ephemerals(&self) -> Vec<Ephemeral> {
        self.state.record.ephemerals()
    }

    /// Every view that was opened, as sent.
    #[must_use]
    pub fn views(&self) -> Vec<Value> {
        self.state.record.views()
    }

    /// Everything that came over response URLs.
    #[must_use]
    pub fn responses(&self) -> Vec<Response> {
        self.state.issued.responses()
    }

    /// The clock by which trigger ids and response URLs end.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.state.settings.clock
    }

    /// A new `trigger_id`, as an interaction carries it.
    #[must_use]
    pub fn trigger(&self) -> String {
        self.state.issued.trigger(self.clock().now())
    }

    /// A new `response_url`, as an interaction of this user in this channel carries it.
    #[must_use]
    pub fn response_url(&self, channel: &str, user: &str) -> String {
        let route = self.state.issued.route(channel, user, self.clock().now());
        format!("http://{}/response/{route}", self.server.address())
    }

    /// Waits until `count` posts were accepted, and returns the accepted ones.
    ///
    /// # Errors
    /// [`TooFew`] when `within` has passed.
    pub async fn posted(&self, count: usize, within: Duration) -> Result<Vec<Post>, TooFew> {
        self.state.record.posted(count, within).await
    }

    /// The next `chat.*` or `views.*` call with a good token is answered with this fault; several queue up.
    pub fn answer_next(&self, fault: Fault) {
        self.state.faults.push(fault);
    }

    /// Stops accepting and waits for the calls under way.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}
