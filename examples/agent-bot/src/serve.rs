//! The process: ingress and executor together, from binding the port to the last answer.

use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

use crate::config::Config;
use crate::executor::{Drained, Executor, Limits};
use crate::post::PostError;
use crate::slack::{ClientError, SlackPoster};
use crate::{ingress, queue};

/// Time for requests under way when the process is told to stop.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);
/// Time for the answers that are still owed then. Together they stay below the 30 s that orchestrators usually give.
const DRAIN_WITHIN: Duration = Duration::from_secs(20);

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
    /// The signing secrets cannot be used.
    #[error("SLACK_SIGNING_SECRET cannot be used")]
    Secrets(#[from] imchat_verify::ConfigError),
    /// The address could not be announced.
    #[error("cannot write to standard output")]
    Announce(#[source] std::io::Error),
}

/// A running bot.
#[derive(Debug)]
pub struct Bot {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
    executor: Executor,
}

impl Bot {
    /// Binds `config.listen` and starts to answer.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: &Config) -> Result<Self, StartError> {
        let poster = SlackPoster::new(&config.slack)?;
        let bound = async {
            let listener = TcpListener::bind(config.listen).await?;
            Ok((listener.local_addr()?, listener))
        };
        let (address, listener) =
            bound.await.map_err(|source| StartError::Listen { address: config.listen, source })?;

        let (queue, jobs) = queue::bounded(queue::CAPACITY);
        let executor = Executor::start(jobs, poster, Limits::default());
        let app = ingress::router(queue, &config.signing)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            axum::serve(listener, app).with_graceful_shutdown(stopped).await
        });
        Ok(Self { address, stop, server, executor })
    }

    /// Where it listens, with the port it was given.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more connections, lets requests under way finish, then answers what was taken.
    ///
    /// Bounded: what is not finished after 25 seconds is counted as abandoned.
    pub async fn stop(mut self) -> Drained {
        // Gone only when the server has ended already.
        let _ = self.stop.send(());
        match tokio::time::timeout(CLOSE_WITHIN, &mut self.server).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => error!(%error, "the server had stopped before: restart the process"),
            Ok(Err(error)) => error!(%error, "the server had panicked before: restart the process"),
            Err(_) => {
                warn!("some connections stayed open; they are refused from now on");
                self.server.abort();
            }
        }
        self.executor.drain(DRAIN_WITHIN).await
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
) -> Result<Drained, StartError> {
    let poster = SlackPoster::new(&config.slack)?;
    let bot = Bot::start(config).await?;
    writeln!(out, "listening on http://{}", bot.address()).and_then(|()| out.flush()).map_err(StartError::Announce)?;
    warn!("the queue is in memory: a crash loses what was acknowledged and not yet answered");
    let introduction = tokio::spawn(async move { introduce(&poster).await });

    shutdown.await;
    info!("stopping: finishing what was taken");
    introduction.abort();
    let drained = bot.stop().await;
    if drained.abandoned > 0 {
        error!(?drained, "stopped with acknowledged requests unanswered: they are lost");
    } else {
        info!(?drained, "stopped");
    }
    Ok(drained)
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
