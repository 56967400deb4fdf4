//! Runs against small servers on this machine that are true to the platforms' endpoints.

mod bounds;
mod faults;
mod github;
mod github_server;
mod heal;
mod server;
mod stripe;
mod stripe_server;

use imchat_inbox::SqliteInbox;
use imchat_inbox::reconcile::Span;
use time::{Duration, OffsetDateTime};

use crate::directory::Directory;
use crate::room::{START, at};

/// The token of every test; no error and no log may show it.
pub const TOKEN: &str = "sk_test_NeverShown";

/// The time of every run.
pub fn now() -> OffsetDateTime {
    at(START)
}

/// What happened in the last six hours.
pub fn span() -> Span {
    Span { since: now() - Duration::hours(6), now: now() }
}

/// A client without a thought for proxies of this machine.
pub fn client() -> reqwest::Client {
    // A second test finds it installed.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// An inbox of one test, on a real file.
pub struct Inbox {
    pub inbox: SqliteInbox,
    _directory: Directory,
}

impl Inbox {
    pub async fn new() -> Self {
        let directory = Directory::new();
        let inbox = SqliteInbox::open(directory.path().join("inbox.db")).await.unwrap();
        Self { inbox, _directory: directory }
    }
}
