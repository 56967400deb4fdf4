//! Senders that hang up: nothing that was promised is lost, and what was written down is written down once.

use std::future::{Future, poll_fn};
use std::task::Poll;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use imchat_verify::inbox::{Accepted, Differs};
use tower::ServiceExt as _;

use super::fixture::{Written, accepted};
use crate::tower::fixture::{Script, Step, event, millis, seen, slack};

/// Polls a future until it is ready, or drops it when it is pending once more than this often.
async fn dropped_after<F: Future>(pendings: usize, future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = pendings;
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// A delivery whose body comes in pieces.
async fn in_pieces(id: &str) -> Request<Script> {
    let (parts, body) = event(id).into_parts();
    let bytes = seen(Response::new(body)).await.body;
    let pieces = bytes.chunks(20).flat_map(|piece| [Step::Wait(millis(1)), Step::Data(Bytes::copy_from_slice(piece))]);
    Request::from_parts(parts, Script::new(pieces.collect::<Vec<_>>()))
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_await_the_retry_is_new_or_a_duplicate_of_what_is_durable() {
    let (mut before, mut after) = (0, 0);
    for pendings in 0.. {
        let inbox = Written::new();
        let service = slack().inbox(inbox.clone()).unwrap();

        let answer = dropped_after(pendings, service.clone().oneshot(in_pieces("Ev1").await)).await;

        let rows = inbox.rows().len();
        if let Some(response) = answer {
            assert_eq!((response.unwrap().status(), rows), (StatusCode::OK, 1));
            assert!(before > 4 && after > 0, "it was dropped {before} times before the row and {after} times after it");
            return;
        }
        before += 1 - rows;
        after += rows;
        let retry = service.oneshot(event("Ev1")).await.unwrap();
        let again = Accepted::Duplicate { differs: Differs::Nothing };
        let expected = if rows == 1 { again } else { Accepted::New };
        assert_eq!((retry.status(), accepted(&retry)), (StatusCode::OK, Some(expected)), "after {pendings}");
        assert_eq!(inbox.rows().len(), 1);
    }
}
