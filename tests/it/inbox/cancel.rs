//! Senders that hang up: nothing that was promised is lost, and what was written down is written down once.

use http::StatusCode;
use imchat_verify::inbox::{Accepted, Differs};
use tower::ServiceExt as _;

use super::fixture::{Written, accepted};
use crate::tower::fixture::{dropped_after, event, in_pieces, slack};

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
