//! The worker over the executor: what it says of a job becomes what the worker does with it.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use imchat_inbox::worker::{Backoff, Permanent, RetryAfter};
use imchat_inbox::{Job, Queue, Worker};
use tokio::sync::oneshot;
use tower::service_fn;

use crate::executor::{Executor, Next, NotDone};
use crate::post::Post;

/// How long a crash may keep a job from the next process.
const LEASE: Duration = Duration::from_secs(20);
/// Jobs worked on at the same time.
const HANDS: usize = 8;
/// Longer than a post may take, so that a stop breaks none off.
const DRAIN: Duration = Duration::from_secs(15);

/// Works until told to stop, then finishes what it has.
pub(crate) async fn run<Q: Queue, P: Post>(inbox: Q, executor: Arc<Executor<P>>, stopped: oneshot::Receiver<()>) {
    let answer = service_fn(move |job: Job| {
        let executor = Arc::clone(&executor);
        async move { executor.work(&job).await.map_err(told) }
    });
    Worker::new(inbox, answer)
        .concurrency(HANDS)
        .lease(LEASE)
        .backoff(Backoff::new(Duration::from_secs(2), Duration::from_secs(60)))
        .drain(DRAIN)
        .run_until(async { drop(stopped.await) })
        .await;
}

/// In the worker's words.
fn told(not_done: NotDone) -> Box<dyn Error + Send + Sync> {
    match not_done.next() {
        Next::Bury => Permanent::new(not_done).into(),
        Next::After(wait) => RetryAfter::new(wait, not_done).into(),
        Next::Again => not_done.into(),
    }
}
