//! Deadlines that cost nothing where nothing is waited for.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::timeout;

/// The future had not ended by its deadline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elapsed;

/// Runs a future for at most this long. It is polled once before a timer exists: most bodies and stores answer at once,
/// and a timer costs more than either.
pub(super) async fn within<F: Future>(deadline: Duration, future: F) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future);
    let first = std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
    match first {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => timeout(deadline, future).await.map_err(|_| Elapsed),
    }
}
