//! A panic in the inner service becomes an answer, so that its claim is settled and not merely forgotten.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

/// The inner service panicked; what it said went to the panic hook.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panicked;

/// Runs a function; a panic of it becomes an error.
pub(super) fn catch<T>(run: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| Panicked)
}

pin_project! {
    /// Runs a future until it ends or panics.
    pub(crate) struct Caught<F> {
        #[pin]
        future: F,
    }
}

/// Catches a panic of the future; the future is not polled again afterwards, so what it broke is not seen.
pub(crate) const fn caught<F>(future: F) -> Caught<F> {
    Caught { future }
}

impl<F: Future> Future for Caught<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.project().future;
        match catch(|| future.poll(cx)) {
            Ok(poll) => poll.map(Ok),
            Err(panicked) => Poll::Ready(Err(panicked)),
        }
    }
}
