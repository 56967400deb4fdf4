//! One attempt at a time: what is posted, and what is to become of the job.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chat_sim::slack_events::{Said, Workspace, app_mention};
use imchat_inbox::{Queue, SqliteInbox};
use imchat_test_servers::Folder;
use imchat_verify::dedup::DedupKey;
use imchat_verify::inbox::{Delivery, Inbox};
use time::OffsetDateTime;

use super::*;

type Calls = Arc<Mutex<Vec<Outbound>>>;

/// Answers from a list, then always well; keeps what was posted.
struct Script {
    outcomes: Mutex<VecDeque<Result<(), PostError>>>,
    calls: Calls,
}

impl Post for Script {
    async fn post(&self, message: &Outbound) -> Result<String, PostError> {
        self.calls.lock().expect("kept").push(message.clone());
        let outcome = self.outcomes.lock().expect("kept").pop_front();
        outcome.unwrap_or(Ok(())).map(|()| "1.000001".to_owned())
    }
}

fn executor(outcomes: impl Into<VecDeque<Result<(), PostError>>>) -> (Executor<Script>, Calls) {
    let calls = Calls::default();
    let script = Script { outcomes: Mutex::new(outcomes.into()), calls: Arc::clone(&calls) };
    (Executor::new(script, Duration::from_secs(10)), calls)
}

/// A delivery as a worker gets it, out of an inbox of its own.
async fn job(kind: &'static str, body: Bytes) -> Job {
    let folder = Folder::new("executor").expect("a folder");
    let inbox = SqliteInbox::open(folder.path().join("inbox.db")).await.expect("an inbox");
    let mut delivery = Delivery::new(DedupKey::from_bytes(b"\0Ev1"), "slack", body, OffsetDateTime::now_utc());
    delivery.kind = kind.into();
    inbox.accept(delivery).await.expect("accepted");
    inbox.take(1, Duration::from_secs(60)).await.expect("taken").pop().expect("the job")
}

async fn mention(text: &str) -> Job {
    let said = Said { event_id: "Ev1", channel: "C1", user: "U0ADA", text, ts: "1700000000.000100", thread_ts: None };
    job("events", app_mention(&Workspace::default(), &said).body).await
}

fn limited(seconds: u64) -> Result<(), PostError> {
    Err(PostError::RateLimited { retry_after: Some(Duration::from_secs(seconds)) })
}

#[tokio::test]
async fn a_mention_is_answered_in_its_thread_with_the_same_step_at_every_attempt() {
    let (executor, calls) = executor([Err(PostError::Unreachable)]);
    let job = mention("<@U0BOT> ping").await;
    assert_eq!(executor.work(&job).await.map_err(|error| error.next()), Err(Next::Again));
    assert_eq!(executor.work(&job).await, Ok(()));

    assert_eq!(executor.worked(), Worked { answered: 1, put_off: 1, ..Worked::default() });
    let calls = calls.lock().expect("kept");
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0], calls[1]);
    let Outbound { channel, thread_ts, text, .. } = &calls[0];
    assert_eq!((&**channel, thread_ts.as_deref(), &**text), ("C1", Some("1700000000.000100"), "pong"));
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_as_long_as_asked_and_the_next_in_the_channel_comes_after() {
    let (executor, _) = executor([limited(7), limited(7)]);
    let job = mention("ping").await;
    let wait = async || match executor.work(&job).await.map_err(|error| error.next()) {
        Err(Next::After(wait)) => wait,
        other => panic!("{other:?}"),
    };
    let (first, second) = (wait().await, wait().await);
    assert!(first >= Duration::from_secs(7), "{first:?}");
    assert!(second > first, "{second:?} after {first:?}");
}

#[tokio::test]
async fn what_slack_refuses_is_a_dead_letter_and_what_may_have_been_posted_is_tried_again() {
    let refused = PostError::Refused { code: "not_in_channel".to_owned() };
    let (executor, _) = executor([Err(refused), Err(PostError::Unknown("the connection broke"))]);
    let job = mention("ping").await;
    assert_eq!(executor.work(&job).await.map_err(|error| error.next()), Err(Next::Bury));
    assert_eq!(executor.work(&job).await.map_err(|error| error.next()), Err(Next::Again));
    assert_eq!(executor.worked(), Worked { refused: 1, put_off: 1, ..Worked::default() });
}

#[tokio::test]
async fn what_asks_for_nothing_is_done_and_what_cannot_be_read_is_a_dead_letter() {
    let (executor, calls) = executor([]);
    assert_eq!(executor.work(&job("events", Bytes::from(r#"{"type":"app_rate_limited"}"#)).await).await, Ok(()));
    for (kind, body) in [("events", "not json"), ("commands", "text=x")] {
        let worked = executor.work(&job(kind, Bytes::from(body)).await).await;
        assert_eq!(worked.map_err(|error| error.next()), Err(Next::Bury), "{kind}");
    }
    assert_eq!(executor.worked(), Worked { ignored: 1, refused: 2, ..Worked::default() });
    assert!(calls.lock().expect("kept").is_empty());
}
