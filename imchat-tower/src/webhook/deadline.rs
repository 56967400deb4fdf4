//! Deadlines that cost nothing where nothing is waited for.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

/// The future had not ended by its deadline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elapsed;

pin_project! {
    /// A future with a deadline that begins when it first has to be waited for: most bodies and stores answer at once,
    /// and a timer costs more than either and takes more room.
    pub(super) struct Within<F> {
        #[pin]
        future: F,
        timer: Option<Pin<Box<Sleep>>>,
        deadline: Duration,
    }
}

/// Runs a future for at most this long.
pub(super) const fn within<F: Future>(deadline: Duration, future: F) -> Within<F> {
    Within { future, timer: None, deadline }
}

impl<F: Future> Future for Within<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(output) = this.future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(*this.deadline)));
        match timer.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(Elapsed)),
            Poll::Pending => Poll::Pending,
        }
    }
}
