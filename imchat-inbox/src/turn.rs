//! A task's turn.

use std::future::poll_fn;
use std::task::Poll;

/// Lets what is ready run first. Tokio's own `yield_now` comes back on the same thread alone, which a handler that never
/// awaits may have to itself by then; this one any thread takes up.
pub(crate) async fn others_first() {
    let mut waited = false;
    poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
