//! The process: ingress, executor or both, from binding the port to the last answer.
//!
//! The two roles share nothing but the database: an executor that is down or slow holds up no acknowledgement, and what was
//! acknowledged waits for it.

mod executing;
mod health;
mod thinking;

use std::fmt;
use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use clap::ValueEnum;
use imchat_inbox::{InboxError, Upkeep};
use imchat_verify::inbox::Inbox;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

pub use thinking::Thinking;

use crate::agent::openai::OpenAiError;
use crate::approvals::PasscodeError;
use crate::config::{Config, Database};
use crate::executor::DoneIn;
use crate::ingress::teams::Answering;
use crate::outbox::Outbox;
use crate::platform::web::ClientError;
use crate::seal::{Seal, SealError};
use crate::state::{State, StateError};
use crate::telemetry::Telemetry;
use crate::{inbox, ingress};

/// Time for requests under way when the process is told to stop.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);
/// Time for the jobs that are worked on then. Together they stay below the 30 s that orchestrators usually give.
const DRAIN_WITHIN: Duration = Duration::from_secs(20);

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Both.
    All,
    /// Proves, writes down and acknowledges.
    Ingress,
    /// Works on what was written down.
    Executor,
}

/// Why the bot does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: free the port, or set LISTEN_ADDR to another one")]
    Listen {
        /// What was tried.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A client for a platform's API cannot be built.
    #[error("cannot set up the client for {platform}")]
    Client {
        /// Which.
        platform: &'static str,
        /// Why.
        source: ClientError,
    },
    /// The inbox cannot be opened.
    #[error("cannot open the inbox that DATABASE_URL names")]
    Inbox(#[from] InboxError),
    /// The bot's own tables cannot be opened.
    #[error("cannot open the bot's tables in the database that DATABASE_URL names")]
    State(#[from] StateError),
    /// The signing secrets cannot be used.
    #[error("a signing secret cannot be used")]
    Secrets(#[from] imchat_verify::ConfigError),
    /// The key that seals cannot be used.
    #[error("TOKEN_ENCRYPTION_KEY cannot be used")]
    Seal(#[from] SealError),
    /// The passcodes cannot be used.
    #[error("the passcodes of the policy file cannot be used")]
    Passcodes(#[from] PasscodeError),
    /// The client for the model cannot be built.
    #[error("cannot set up the client for OPENAI_BASE_URL")]
    Model(#[from] OpenAiError),
    /// The URL of Redis cannot be used.
    #[error("REDIS_URL cannot be used")]
    Redis(#[from] imchat_redis::Error),
    /// The address could not be announced.
    #[error("cannot write to standard output")]
    Announce(#[source] std::io::Error),
}

/// What is left, told when the bot stopped; `None` where the database does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stopped {
    /// Jobs that wait in the inbox for the next start, or for another process.
    pub jobs: Option<u64>,
    /// Messages that are still to be said.
    pub unsaid: Option<u64>,
    /// Dead letters, of the inbox and, but for an ingress, of the outbox.
    pub dead: Option<u64>,
}

/// A running bot.
#[derive(Debug)]
pub struct Bot {
    address: SocketAddr,
    telemetry: Telemetry,
    server: JoinHandle<std::io::Result<()>>,
    close: oneshot::Sender<()>,
    /// None in the role of the ingress.
    executor: Option<JoinHandle<()>>,
    drain: watch::Sender<bool>,
    left: Left,
}

/// Looks, when it is polled, at what is left.
struct Left(Pin<Box<dyn Future<Output = Stopped> + Send>>);

impl fmt::Debug for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Left")
    }
}

impl Bot {
    /// Opens the database, binds `config.listen` and starts to do what its role is.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: &Config, role: Role) -> Result<Self, StartError> {
        let seal = Seal::new(&config.keys.sealing, config.keys.sealing_before.as_ref())?;
        match &config.database {
            Database::Sqlite(file) => Self::on(inbox::sqlite(file, &seal).await?, seal, config, role).await,
            Database::Postgres(url) => Self::on(inbox::postgres(url.expose(), &seal).await?, seal, config, role).await,
        }
    }

    async fn on<I>(inbox: I, seal: Seal, config: &Config, role: Role) -> Result<Self, StartError>
    where
        I: Inbox + DoneIn + Upkeep + Clone,
    {
        let (telemetry, outbox) = (Telemetry::default(), Outbox::new(seal));
        // An ingress needs the inbox and nothing else: what the executors' tables are like is no concern of its. But what
        // Teams asks is answered in its request, by whoever takes it.
        let answers = config.teams.is_some() && role != Role::Executor;
        let working = match role {
            Role::Ingress if !answers => None,
            Role::All | Role::Ingress | Role::Executor => {
                Some((State::open(&config.database).await?, thinking::of(config).await?))
            }
        };
        let mut routes = match role {
            Role::All | Role::Ingress => ingress::router(&inbox, config, &telemetry)?,
            Role::Executor => Router::new(),
        };
        if let (Some(teams), Some((state, thinking))) = (config.teams.as_ref().filter(|_| answers), &working) {
            let answering = Answering::new(config.policy.clone(), thinking.clone(), state.clone(), telemetry.clone());
            routes = routes.merge(ingress::teams::routes(teams, answering)?);
        }
        let working = working.filter(|_| role != Role::Ingress);
        let state = working.as_ref().map(|(state, _)| state.clone());
        let seen = health::Seen { inbox: inbox.clone(), state, telemetry: telemetry.clone() };
        let app = routes.merge(health::router(seen.clone()));
        let bound = async {
            let listener = TcpListener::bind(config.listen).await?;
            Ok((listener.local_addr()?, listener))
        };
        let (address, listener) =
            bound.await.map_err(|source| StartError::Listen { address: config.listen, source })?;
        // From here on nothing fails but the executor's own parts, before anything of it runs.
        let (drain, draining) = watch::channel(false);
        let executor = match working {
            Some((state, thinking)) => {
                let parts = executing::parts(config, state, thinking, &outbox, &telemetry).await?;
                Some(tokio::spawn(executing::run(inbox, parts, config.concurrency, draining)))
            }
            None => None,
        };
        let (close, closed) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            let closed = async { drop(closed.await) };
            axum::serve(listener, app).with_graceful_shutdown(closed).await
        });
        let left = Left(Box::pin(async move { seen.left().await }));
        Ok(Self { address, telemetry, server, close, executor, drain, left })
    }

    /// Where it listens, with the port it was given.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it counts.
    #[must_use]
    pub fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// Accepts no more connections, lets requests under way finish, then the jobs that are worked on and the messages that
    /// are being sent.
    ///
    /// Bounded by 25 seconds. What is not finished by then, and what nobody has begun, stays in the database.
    pub async fn stop(mut self) -> Stopped {
        // Gone only when the server has ended already.
        let _ = self.close.send(());
        match tokio::time::timeout(CLOSE_WITHIN, &mut self.server).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => error!(%error, "the server had stopped before: restart the process"),
            Ok(Err(error)) => error!(%error, "the server had panicked before: restart the process"),
            Err(_) => {
                warn!("some connections stayed open; they are refused from now on");
                self.server.abort();
            }
        }
        self.drain.send_replace(true);
        if let Some(executor) = &mut self.executor {
            match tokio::time::timeout(DRAIN_WITHIN, &mut *executor).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => error!(%error, "the executor had panicked before: restart the process"),
                Err(_) => {
                    warn!("some jobs are not finished: they are worked on again when their leases have ended");
                    executor.abort();
                }
            }
        }
        self.left.0.await
    }
}

/// Serves until `shutdown` is over: prints `listening on http://…` to `out`, everything else to the log.
///
/// # Errors
/// [`StartError`].
pub async fn serve(
    config: &Config,
    role: Role,
    out: &mut impl Write,
    shutdown: impl Future<Output = ()>,
) -> Result<Stopped, StartError> {
    let bot = Bot::start(config, role).await?;
    writeln!(out, "listening on http://{}", bot.address()).and_then(|()| out.flush()).map_err(StartError::Announce)?;
    let introduction = match role {
        Role::Ingress => None,
        Role::All | Role::Executor => Some(tokio::spawn(executing::introduce(config.clone()))),
    };

    shutdown.await;
    info!("stopping: finishing what is worked on");
    if let Some(introduction) = introduction {
        introduction.abort();
    }
    let stopped = bot.stop().await;
    let Stopped { jobs, unsaid, dead } = stopped;
    info!(jobs, unsaid, dead, "stopped: what is left is done after the next start");
    Ok(stopped)
}

/// A future that is over when the process is asked to stop, by SIGTERM or Ctrl-C.
///
/// From this call on the signals no longer end the process at once, so call it before anything is acknowledged.
///
/// # Errors
/// When the signals cannot be listened for.
#[cfg(unix)]
pub fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// A future that is over when the process is asked to stop, by Ctrl-C.
///
/// # Errors
/// None here; elsewhere when the signals cannot be listened for.
#[cfg(not(unix))]
pub fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
