//! The process: ingress and executor together, from binding the port to the last answer.

use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use imchat_inbox::{InboxError, PostgresInbox, Queue, SqliteInbox, Upkeep};
use imchat_verify::inbox::Inbox;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

use crate::config::{Config, Database};
use crate::executor::{Executor, Worked};
use crate::post::PostError;
use crate::slack::{ClientError, POST_DEADLINE, SlackPoster};
use crate::{ingress, worker};

/// Time for requests under way when the process is told to stop.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);
/// Time for the jobs that are worked on then. Together they stay below the 30 s that orchestrators usually give.
const DRAIN_WITHIN: Duration = Duration::from_secs(20);
/// How often tombstones whose retention is over are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(600);

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
    /// The client for the Web API cannot be built.
    #[error("cannot set up the client for SLACK_API_URL")]
    Client(#[from] ClientError),
    /// The inbox cannot be opened.
    #[error("cannot open the inbox that DATABASE_URL names")]
    Inbox(#[from] InboxError),
    /// The signing secrets cannot be used.
    #[error("SLACK_SIGNING_SECRET cannot be used")]
    Secrets(#[from] imchat_verify::ConfigError),
    /// The address could not be announced.
    #[error("cannot write to standard output")]
    Announce(#[source] std::io::Error),
}

/// What became of the jobs, told when the bot stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stopped {
    /// What this process did.
    pub worked: Worked,
    /// Jobs that wait in the inbox for the next start, or for another process; `None` where the database does not say.
    pub left: Option<u64>,
}

/// A running bot.
#[derive(Debug)]
pub struct Bot {
    address: SocketAddr,
    server: JoinHandle<std::io::Result<()>>,
    close: oneshot::Sender<()>,
    worker: JoinHandle<Stopped>,
    drain: oneshot::Sender<()>,
}

impl Bot {
    /// Opens the inbox, binds `config.listen` and starts to answer.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: &Config) -> Result<Self, StartError> {
        match &config.database {
            Database::Sqlite(file) => Self::on(SqliteInbox::open(file).await?, config).await,
            Database::Postgres(url) => Self::on(PostgresInbox::open(url.expose()).await?, config).await,
        }
    }

    async fn on<I: Inbox + Queue + Upkeep + Clone>(inbox: I, config: &Config) -> Result<Self, StartError> {
        let poster = SlackPoster::new(&config.slack)?;
        let app = ingress::router(inbox.clone(), &config.signing)?;
        let bound = async {
            let listener = TcpListener::bind(config.listen).await?;
            Ok((listener.local_addr()?, listener))
        };
        let (address, listener) =
            bound.await.map_err(|source| StartError::Listen { address: config.listen, source })?;

        let (close, closed) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            let closed = async { drop(closed.await) };
            axum::serve(listener, app).with_graceful_shutdown(closed).await
        });
        let (drain, drained) = oneshot::channel::<()>();
        let executor = Arc::new(Executor::new(poster, POST_DEADLINE));
        let worker = tokio::spawn(work(inbox, executor, drained));
        Ok(Self { address, server, close, worker, drain })
    }

    /// Where it listens, with the port it was given.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more connections, lets requests under way finish, then the jobs that are worked on.
    ///
    /// Bounded by 25 seconds. A job that is not finished by then, and one that nobody has begun, stays in the inbox.
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
        let _ = self.drain.send(());
        match tokio::time::timeout(DRAIN_WITHIN, &mut self.worker).await {
            Ok(stopped) => stopped.unwrap_or_else(|error| {
                error!(%error, "the worker had panicked before: restart the process");
                Stopped::default()
            }),
            Err(_) => {
                warn!("some jobs are not finished: they are worked on again when their leases have ended");
                self.worker.abort();
                Stopped::default()
            }
        }
    }
}

/// Works until told to drain.
async fn work<I, P>(inbox: I, executor: Arc<Executor<P>>, drain: oneshot::Receiver<()>) -> Stopped
where
    I: Inbox + Queue + Upkeep + Clone,
    P: crate::post::Post,
{
    let forgetting = tokio::spawn(forget(inbox.clone()));
    worker::run(inbox.clone(), Arc::clone(&executor), drain).await;
    forgetting.abort();
    let left = inbox.counts().await.ok().map(|counts| counts.depth());
    Stopped { worked: executor.worked(), left }
}

/// Forgets tombstones whose retention is over, for as long as the bot runs.
async fn forget(inbox: impl Upkeep) {
    const AT_ONCE: u32 = 1000;
    let mut rounds = tokio::time::interval(FORGET_EVERY);
    loop {
        rounds.tick().await;
        loop {
            match inbox.purge(AT_ONCE).await {
                Ok(forgotten) if forgotten >= u64::from(AT_ONCE) => {}
                Ok(_) => break,
                Err(error) => {
                    warn!(%error, "what is over stays in the inbox for now");
                    break;
                }
            }
        }
    }
}

/// Serves until `shutdown` is over: prints `listening on http://…` to `out`, everything else to the log.
///
/// # Errors
/// [`StartError`].
pub async fn serve(
    config: &Config,
    out: &mut impl Write,
    shutdown: impl Future<Output = ()>,
) -> Result<Stopped, StartError> {
    let poster = SlackPoster::new(&config.slack)?;
    let bot = Bot::start(config).await?;
    writeln!(out, "listening on http://{}", bot.address()).and_then(|()| out.flush()).map_err(StartError::Announce)?;
    let introduction = tokio::spawn(async move { introduce(&poster).await });

    shutdown.await;
    info!("stopping: finishing what is worked on");
    introduction.abort();
    let stopped = bot.stop().await;
    let Stopped { worked: Worked { answered, ignored, refused, put_off }, left } = stopped;
    info!(answered, ignored, refused, put_off, left, "stopped: what is left is answered after the next start");
    Ok(stopped)
}

/// Tells a wrong token at the start instead of at the first mention. Only told: Slack may also be down for a moment.
async fn introduce(poster: &SlackPoster) {
    match poster.whoami().await {
        Ok(user) => info!(user, "Slack knows the bot token"),
        Err(error @ PostError::Refused { .. }) => error!(%error, "Slack does not accept the bot token"),
        Err(error) => warn!(%error, "the bot token could not be checked"),
    }
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
