//! The servers of the ingress bench, each in a process of its own.

use crate::{by_hand, ours, slack_event};
use anyhow::{Context, Result};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use bytes::Bytes;
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::TcpListener;

/// What a server does with an event before its handler runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: axum reads the body.
    Bare,
    /// Ours: proves it.
    Verify,
    /// Ours: proves it, claims its key in the memory store and completes the claim.
    Dedup,
    /// Written by hand for this one bench: proves it.
    HandVerify,
    /// The same, and remembers its id.
    HandDedup,
    /// slack-morphism's axum layer: proves it.
    SlackMorphism,
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Bare, Self::Verify, Self::Dedup, Self::HandVerify, Self::HandDedup, Self::SlackMorphism];

    /// The kinds that this build can serve.
    ///
    /// # Errors
    /// If a server cannot be built.
    pub fn available() -> Result<Vec<Self>> {
        let mut kinds = Vec::new();
        for kind in Self::ALL {
            if kind.router()?.is_some() {
                kinds.push(kind);
            }
        }
        Ok(kinds)
    }

    /// The name in the report and among the arguments.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Verify => "verify",
            Self::Dedup => "dedup",
            Self::HandVerify => "hand-verify",
            Self::HandDedup => "hand-dedup",
            Self::SlackMorphism => "slack-morphism",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// How often the handler runs if an event is sent, then a forged one, then the first once more.
    #[must_use]
    pub const fn runs_of_check(self) -> u64 {
        match self {
            Self::Bare => 3,
            Self::Verify | Self::HandVerify | Self::SlackMorphism => 2,
            Self::Dedup | Self::HandDedup => 1,
        }
    }

    fn router(self) -> Result<Option<Router>> {
        match self {
            Self::Bare => Ok(Some(Router::new().route(slack_event::PATH, post(accept)))),
            Self::Verify | Self::Dedup => ours::server(self),
            Self::HandVerify => by_hand::server(false).map(Some),
            Self::HandDedup => by_hand::server(true).map(Some),
            #[cfg(feature = "peers")]
            Self::SlackMorphism => slack_morphism().map(Some),
            #[cfg(not(feature = "peers"))]
            Self::SlackMorphism => Ok(None),
        }
    }
}

static HANDLED: AtomicU64 = AtomicU64::new(0);

/// Counts one run of a handler; `GET /handled` tells the sum.
pub fn count() {
    HANDLED.fetch_add(1, Ordering::Relaxed);
}

async fn accept(body: Bytes) -> StatusCode {
    black_box(body);
    count();
    StatusCode::OK
}

/// Serves on a free port of loopback, says which on standard output, and ends with standard input.
///
/// # Errors
/// If this build cannot serve the kind, or the port cannot be had.
pub fn serve(kind: Kind) -> Result<()> {
    let router = kind.router()?.context("build with the feature `peers`")?;
    let router = router.route("/handled", get(|| async { HANDLED.load(Ordering::Relaxed).to_string() }));
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        writeln!(std::io::stdout(), "{}", listener.local_addr()?.port())?;
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, router).await?;
        Ok(())
    })
}

#[cfg(feature = "peers")]
fn slack_morphism() -> Result<Router> {
    use crate::requests::Provider;
    use hyper_util::client::legacy::connect::HttpConnector;
    use slack_morphism::prelude::{
        SlackClient, SlackClientEventsListenerEnvironment, SlackClientHyperConnector, SlackEventsAxumListener,
        SlackSigningSecret,
    };
    use std::sync::Arc;

    // The client is never asked: the layer only wants one at hand.
    let connector = SlackClientHyperConnector::with_connector(HttpConnector::new());
    let environment = SlackClientEventsListenerEnvironment::new(Arc::new(SlackClient::new(connector)))
        .with_error_handler(|_, _, _| StatusCode::UNAUTHORIZED);
    let listener = SlackEventsAxumListener::new(Arc::new(environment));
    let secret = SlackSigningSecret(Provider::Slack.secret().to_owned());
    let events = post(accept).layer(listener.events_layer(&secret));
    Ok(Router::new().route(slack_event::PATH, events))
}
