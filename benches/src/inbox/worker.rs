//! What a worker makes of an inbox: jobs from accepted to done, and how soon one starts that nobody waits before.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use imchat_inbox::worker::Outcome;
use imchat_inbox::{InboxError, Job, PostgresInbox, Queue, SqliteInbox, Worker};
use imchat_verify::inbox::Inbox;
use tokio::sync::{mpsc, watch};
use tower::service_fn;

use super::{IN_FLIGHT, accepted, postgres, row};

/// Between two jobs of an idle worker: it has long gone to sleep by then.
const PAUSE: Duration = Duration::from_millis(15);

/// What a worker came to.
#[derive(Debug, Default)]
pub struct Worked {
    /// Jobs in a second from before they were accepted to the tombstone, by round.
    pub jobs: Vec<f64>,
    /// Milliseconds from before a job was accepted to the call of the handler, while there is nothing else to do.
    pub starts: Vec<f64>,
}

impl Worked {
    /// The 99th percentile of the starts.
    #[must_use]
    pub fn start_p99(&self) -> f64 {
        let mut starts = self.starts.clone();
        starts.sort_by(f64::total_cmp);
        starts.get(starts.len() * 99 / 100).copied().unwrap_or(f64::NAN)
    }
}

/// A worker on a file in a directory, which is removed.
///
/// # Errors
/// Where the inbox fails, or a job does.
pub async fn worker_on_sqlite(directory: &Path, rounds: usize, slice: Duration, starts: usize) -> Result<Worked> {
    std::fs::create_dir_all(directory)?;
    let figures = work(SqliteInbox::open(directory.join("worker.db")).await?, rounds, slice, starts).await?;
    std::fs::remove_dir_all(directory)?;
    Ok(figures)
}

/// A worker on a server that is started in a directory which is not there yet; the inner error says why there is none.
///
/// # Errors
/// Where the inbox fails, or a job does.
pub async fn worker_on_postgres(
    directory: PathBuf,
    rounds: usize,
    slice: Duration,
    starts: usize,
) -> Result<Result<Worked, String>> {
    let server = match postgres::start(directory) {
        Ok(server) => server,
        Err(why) => return Ok(Err(why)),
    };
    let inbox = PostgresInbox::builder().open_with(postgres::schema(&server, "worker").await?).await?;
    work(inbox, rounds, slice, starts).await.map(Ok)
}

async fn work<I>(inbox: I, rounds: usize, slice: Duration, starts: usize) -> Result<Worked>
where
    I: Inbox<Error = InboxError> + Queue + Clone,
{
    let done = Arc::new(AtomicU64::new(0));
    let (tell, mut begun) = mpsc::unbounded_channel();
    let (idle, is_idle) = watch::channel(false);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let handler = service_fn(move |_: Job| {
        if *is_idle.borrow() {
            let _gone = tell.send(Instant::now());
        }
        std::future::ready(Ok::<_, Infallible>(()))
    });
    let counted = Arc::clone(&done);
    let worker = Worker::new(inbox.clone(), handler).concurrency(IN_FLIGHT).on_report(move |report| {
        if report.outcome == Outcome::Done {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let worker = tokio::spawn(async move { worker.run_until(async { drop(stopped.await) }).await });

    let mut figures = Worked::default();
    // The first round is the warm-up.
    for round in 0..=rounds {
        let (before, start) = (done.load(Ordering::Relaxed), Instant::now());
        let (accepted, _) = accepted(&inbox, slice).await?;
        while done.load(Ordering::Relaxed) - before < accepted {
            ensure!(start.elapsed() < Duration::from_secs(60), "the worker does not empty the inbox");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if round > 0 {
            figures.jobs.push(accepted as f64 / start.elapsed().as_secs_f64());
        }
    }
    idle.send_replace(true);
    for _ in 0..starts {
        tokio::time::sleep(PAUSE).await;
        let start = Instant::now();
        inbox.accept(row::delivery()).await?;
        let begun: Instant = begun.recv().await.context("the worker has ended")?;
        figures.starts.push(begun.saturating_duration_since(start).as_secs_f64() * 1e3);
    }
    drop(stop);
    worker.await?;
    Ok(figures)
}
