//! Instances of the service that are ready for a job.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use tower_service::Service;

use super::permanent::BoxError;
use crate::Job;

/// Waits for one instance to be ready, and takes as many more, up to `most`, as are ready at that moment: jobs are taken for
/// these alone, so that none waits under a lease for a limit that the service has.
pub(super) async fn instances<S>(service: &S, most: usize) -> Result<Vec<S>, BoxError>
where
    S: Service<Job> + Clone,
    S::Error: Into<BoxError>,
{
    let mut first = service.clone();
    let mut ready = Vec::with_capacity(most);
    poll_fn(|context| match polled(|| first.poll_ready(context))? {
        Poll::Pending => Poll::Pending,
        Poll::Ready(()) => {
            while ready.len().saturating_add(1) < most {
                let mut next = service.clone();
                match polled(|| next.poll_ready(context))? {
                    Poll::Ready(()) => ready.push(next),
                    Poll::Pending => break,
                }
            }
            Poll::Ready(Ok::<_, BoxError>(()))
        }
    })
    .await?;
    ready.push(first);
    Ok(ready)
}

/// A panic here is the service's, and must not end the worker.
fn polled<E: Into<BoxError>>(poll: impl FnOnce() -> Poll<Result<(), E>>) -> Result<Poll<()>, BoxError> {
    match catch_unwind(AssertUnwindSafe(poll)) {
        Ok(Poll::Pending) => Ok(Poll::Pending),
        Ok(Poll::Ready(Ok(()))) => Ok(Poll::Ready(())),
        Ok(Poll::Ready(Err(error))) => Err(error.into()),
        Err(_) => Err("it panicked when it was asked whether it is ready".into()),
    }
}
