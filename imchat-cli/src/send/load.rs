//! The requests on their way: so many at a time, each timed until its answer is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use reqwest::Response;
use tokio::task::JoinSet;

use super::plan::Plan;
use crate::stop::Stop;

/// How one request ended.
pub(super) struct Sample {
    pub(super) answer: Answer,
    pub(super) latency: Duration,
}

/// What came back.
pub(super) enum Answer {
    Status(u16),
    /// Nothing, for this reason.
    None(&'static str),
}

/// As much of an answer as is read, so that its connection can be used again.
const MOST_READ: usize = 1024 * 1024;

pub(super) async fn run(
    plan: &Arc<Plan>,
    count: u64,
    concurrency: u64,
    bar: &ProgressBar,
) -> Result<Vec<Sample>, Stop> {
    let next = Arc::new(AtomicU64::new(0));
    let mut senders = JoinSet::new();
    for _ in 0..concurrency.min(count) {
        senders.spawn(sender(Arc::clone(plan), Arc::clone(&next), count, bar.clone()));
    }
    let mut samples = Vec::new();
    while let Some(ended) = senders.join_next().await {
        samples
            .extend(ended.map_err(|_| Stop::fault("a sender ended early: its requests are not counted; try again"))??);
    }
    Ok(samples)
}

async fn sender(plan: Arc<Plan>, next: Arc<AtomicU64>, count: u64, bar: ProgressBar) -> Result<Vec<Sample>, Stop> {
    let mut samples = Vec::new();
    loop {
        let nth = next.fetch_add(1, Ordering::Relaxed);
        if nth >= count {
            return Ok(samples);
        }
        let request = plan.request(nth)?;
        for _ in 0..plan.times() {
            // A body of bytes can be sent again.
            let Some(request) = request.try_clone() else { break };
            let started = Instant::now();
            let answer = match plan.client().execute(request).await {
                Ok(response) => read(response).await,
                Err(error) => Answer::None(reason(&error)),
            };
            samples.push(Sample { answer, latency: started.elapsed() });
            bar.inc(1);
        }
    }
}

async fn read(mut response: Response) -> Answer {
    let status = response.status().as_u16();
    let mut read = 0_usize;
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if read <= MOST_READ => read = read.saturating_add(chunk.len()),
            Ok(_) => return Answer::Status(status),
            Err(error) => return Answer::None(reason(&error)),
        }
    }
}

/// Why there is no answer, in words of our own: the client's carry the whole URL.
fn reason(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer in time: raise --timeout or look at the receiver"
    } else if error.is_connect() {
        "no connection: check the host, the port and TLS of --url"
    } else {
        "the connection broke before the answer was complete: look at the receiver"
    }
}
