//! A small Slack Web API on a loopback port: what a bot says is checked as Slack checks it, answered, and recorded.
//!
//! Methods: `auth.test`, `users.info`, `chat.postMessage`, `chat.update`. In this order, as Slack does:
//!
//! 1. an unknown method is `unknown_method`;
//! 2. no token is `not_authed`, a wrong one `invalid_auth`; it comes as `Authorization: Bearer`, or as a form's `token`;
//! 3. a fault asked for with [`SlackApi::answer_next`] answers the `chat.*` call;
//! 4. over the channel's rate: 429 with `Retry-After` and `ratelimited`;
//! 5. arguments, JSON or form; errors are HTTP 200 with `"ok": false`.
//!
//! Differences to know: `text` over 40 000 characters is always `msg_too_long`, where Slack may also truncate it with a
//! warning; scopes and channel membership are not modelled, ask for `not_in_channel` as a fault instead.

mod arguments;
mod chat;
mod faults;
mod methods;
mod rate;
mod record;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use faults::Fault;
pub use rate::Rate;
pub use record::{Outcome, Post, TooFew, Update};

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
    /// `None` never limits.
    pub rate: Option<Rate>,
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
            rate: None,
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
            rate: None,
        }
    }

    /// Adds a channel.
    #[must_use]
    pub fn channel(mut self, id: impl Into<String>) -> Self {
        self.channels.insert(id.into());
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
    address: SocketAddr,
    state: Arc<methods::State>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl SlackApi {
    /// Binds a free loopback port and answers on it.
    ///
    /// # Errors
    /// When no loopback port can be bound.
    pub async fn start(settings: Settings) -> std::io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(methods::State::new(settings));
        let app = methods::router(Arc::clone(&state));
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(async move {
            // An error here would be the accept loop's, which axum handles itself.
            let _ = axum::serve(listener, app)
                .with_graceful_shutdown(async {
                    let _ = stopped.await;
                })
                .await;
        });
        Ok(Self { address, state, stop: Some(stop), server })
    }

    /// `http://127.0.0.1:<port>/api`: what a bot takes for `https://slack.com/api`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/api", self.address)
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

    /// Waits until `count` posts were accepted, and returns the accepted ones.
    ///
    /// # Errors
    /// [`TooFew`] when `within` has passed.
    pub async fn posted(&self, count: usize, within: Duration) -> Result<Vec<Post>, TooFew> {
        self.state.record.posted(count, within).await
    }

    /// The next `chat.*` call with a good token is answered with this fault; several queue up.
    pub fn answer_next(&self, fault: Fault) {
        self.state.faults.push(fault);
    }

    /// Stops accepting and waits for the calls under way.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = (&mut self.server).await;
    }
}

impl Drop for SlackApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}
