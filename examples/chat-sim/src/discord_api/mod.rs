//! A small Discord API on a loopback port: what a bot says is checked as Discord checks it, answered, and recorded.
//!
//! Calls: who the bot is, users, members, direct channels, the application's commands; sending to a channel and changing;
//! over an interaction's token, reading, changing and deleting the original, and following up. As Discord does:
//!
//! 1. a missing or wrong bot token is HTTP 401. An interaction's token needs none; it must have been answered within
//!    three seconds ([`DiscordApi::answered`]), and ends after fifteen minutes: before and after it is 10015 and 50027;
//! 2. a fault asked for with [`DiscordApi::answer_next`] answers the next call with a good token;
//! 3. every answer to a message tells its bucket; over five messages in five seconds to one channel: 429 with
//!    `retry_after` in fractions of a second;
//! 4. bodies: 2000 characters, 5 rows of 5 buttons or one select, custom ids of 100 characters, each once, nonces of 25:
//!    otherwise 50035, and 50006 where nothing is said;
//! 5. with `enforce_nonce`, a nonce of the last minutes is answered with the message that it made then;
//! 6. after "the bot is thinking", the first follow-up takes the original's place.
//!
//! <https://discord.com/developers/docs/resources/message> and
//! <https://discord.com/developers/docs/interactions/receiving-and-responding>. Permissions are not modelled, ask for their
//! codes as a fault instead.

mod calls;
mod content;
mod interact;
mod interactions;
mod messages;
mod people;
mod record;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

pub use interact::Acting;
pub use record::{Message, TooLate};

use crate::Clock;
use crate::server::Server;

/// What to answer instead of doing a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// HTTP 429 with `retry_after`, in milliseconds.
    RateLimited {
        /// Milliseconds to wait.
        retry_after: u32,
        /// Whether every call of the bot has to wait.
        global: bool,
    },
    /// This status with this code, for instance 403 and 50013.
    Code(StatusCode, u64),
    /// This status with an empty body.
    Status(StatusCode),
    /// Nothing for this long, then as ever.
    Hang(Duration),
    /// The call is done and its answer lost: the caller sees 502.
    LostResponse,
}

/// A person of a simulated guild.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Member {
    /// As people read it.
    pub name: String,
    /// Ids.
    pub roles: Vec<String>,
    /// Whether it is a program.
    pub bot: bool,
    /// Whether they have yet to agree to the guild's rules.
    pub pending: bool,
}

/// What the simulated Discord contains.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The one bot token that is accepted.
    pub token: String,
    /// The application's id, which is its bot user's too.
    pub application: String,
    /// Channels and threads that the bot can see.
    pub channels: BTreeSet<String>,
    /// By guild and user.
    pub members: BTreeMap<(String, String), Member>,
    /// Whether messages to a channel are limited.
    pub limited: bool,
    /// By which tokens, nonces and limits end.
    pub clock: Clock,
}

impl Settings {
    /// The guild of the archived requests (`tests/payloads/discord`): its channel, and Alice with her role.
    #[must_use]
    pub fn archived(token: impl Into<String>) -> Self {
        let roles = vec!["900000000000000005".to_owned()];
        let alice = Member { name: "Alice".to_owned(), roles, ..Member::default() };
        Self {
            token: token.into(),
            application: "900000000000000001".to_owned(),
            channels: ["900000000000000003".to_owned()].into(),
            members: [(("900000000000000002".to_owned(), "900000000000000004".to_owned()), alice)].into(),
            limited: true,
            clock: Clock::default(),
        }
    }

    /// Adds a channel or a thread.
    #[must_use]
    pub fn channel(mut self, id: impl Into<String>) -> Self {
        self.channels.insert(id.into());
        self
    }

    /// Adds a person.
    #[must_use]
    pub fn member(mut self, guild: impl Into<String>, user: impl Into<String>, member: Member) -> Self {
        self.members.insert((guild.into(), user.into()), member);
        self
    }

    /// Lets messages come as fast as they like.
    #[must_use]
    pub fn unlimited(mut self) -> Self {
        self.limited = false;
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
pub struct DiscordApi {
    state: Arc<calls::State>,
    server: Server,
}

impl DiscordApi {
    /// Binds a free loopback port and answers on it.
    ///
    /// # Errors
    /// When no loopback port can be bound.
    pub async fn start(settings: Settings) -> std::io::Result<Self> {
        let state = Arc::new(calls::State::new(settings));
        let server = Server::start(calls::router(Arc::clone(&state))).await?;
        Ok(Self { state, server })
    }

    /// `http://127.0.0.1:<port>/api/v10`: what a bot takes for `https://discord.com/api/v10`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/api/v10", self.server.address())
    }

    /// Every message that stands, in the order of arrival, as it was last changed.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.state.record.messages()
    }

    /// The application's commands, as it registered them.
    #[must_use]
    pub fn commands(&self) -> Value {
        self.state.record.commands()
    }

    /// The forms that presses opened, as they were answered.
    #[must_use]
    pub fn forms(&self) -> Vec<Value> {
        self.state.record.forms()
    }

    /// How many calls came with a good token, refused ones included.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state.calls()
    }

    /// A new interaction by this user in this channel, on this message where it is a press: its token.
    #[must_use]
    pub fn opened(&self, channel: &str, user: &str, message: Option<&str>) -> String {
        self.state.record.opened(channel, user, message, self.clock().now())
    }

    /// Does what the bot answered an interaction's request with: `{"type": 5}` and its like.
    ///
    /// # Errors
    /// [`TooLate`] where it took longer than three seconds; then the token never counts.
    pub fn answered(&self, token: &str, answer: &Value) -> Result<(), TooLate> {
        self.state.record.answered(token, answer, self.clock().now())
    }

    /// The clock by which tokens, nonces and limits end.
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
