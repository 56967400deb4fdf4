//! On paused time: a sleep passes at once, and no real waiting hides a race.

use std::collections::VecDeque;
use std::sync::Mutex;

use bytes::Bytes;
use chat_sim::slack_events::{Said, Workspace, app_mention};
use tokio::time::Instant;

use super::*;
use crate::queue::{self, Kind, Queue};

type Calls = Arc<Mutex<Vec<(Instant, Outbound)>>>;

/// Answers from a list, then always well; keeps what was posted and when.
struct Script {
    outcomes: Mutex<VecDeque<Result<(), PostError>>>,
    calls: Calls,
}

impl Post for Script {
    async fn post(&self, message: &Outbound) -> Result<String, PostError> {
        self.calls.lock().expect("kept").push((Instant::now(), message.clone()));
        let outcome = self.outcomes.lock().expect("kept").pop_front();
        outcome.unwrap_or(Ok(())).map(|()| "1.000001".to_owned())
    }
}

fn start(outcomes: impl Into<VecDeque<Result<(), PostError>>>, limits: Limits) -> (Queue, Executor, Calls) {
    let (queue, jobs) = queue::bounded(64);
    let calls = Calls::default();
    let script = Script { outcomes: Mutex::new(outcomes.into()), calls: Arc::clone(&calls) };
    (queue, Executor::start(jobs, script, limits), calls)
}

fn mention(event_id: &str, channel: &str, text: &str) -> Job {
    let said = Said { event_id, channel, user: "U0ADA", text, ts: "1700000000.000100", thread_ts: None };
    Job { kind: Kind::Event, body: app_mention(&Workspace::default(), &said).body }
}

fn limited(seconds: u64) -> Result<(), PostError> {
    Err(PostError::RateLimited { retry_after: Some(Duration::from_secs(seconds)) })
}

fn waits(calls: &Calls) -> Vec<u64> {
    let calls = calls.lock().expect("kept");
    calls.windows(2).map(|pair| pair[1].0.duration_since(pair[0].0).as_secs()).collect()
}

const LONG: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn a_mention_is_answered_in_its_thread() {
    let (queue, executor, calls) = start([], Limits::default());
    queue.offer(mention("Ev1", "C1", "<@U0BOT> ping")).expect("room");
    let drained = executor.drain(LONG).await;
    assert_eq!(drained, Drained { answered: 1, ..Drained::default() });
    let calls = calls.lock().expect("kept");
    assert_eq!(calls.len(), 1);
    let expected =
        Outbound { channel: "C1".to_owned(), thread_ts: Some("1700000000.000100".to_owned()), text: "pong".to_owned() };
    assert_eq!(calls[0].1, expected);
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_is_waited_for_exactly_as_long_as_asked() {
    let (queue, executor, calls) = start([limited(7), limited(30)], Limits::default());
    queue.offer(mention("Ev1", "C1", "ping")).expect("room");
    assert_eq!(executor.drain(LONG).await.answered, 1);
    assert_eq!(waits(&calls), [7, 30]);
}

#[tokio::test(start_paused = true)]
async fn attempts_and_waits_are_bounded() {
    let (queue, executor, calls) = start(vec![limited(1); 9], Limits { attempts: 3, ..Limits::default() });
    queue.offer(mention("Ev1", "C1", "ping")).expect("room");
    assert_eq!(executor.drain(LONG).await.failed, 1);
    assert_eq!(calls.lock().expect("kept").len(), 3);

    let (queue, executor, calls) = start([limited(61)], Limits::default());
    queue.offer(mention("Ev1", "C1", "ping")).expect("room");
    assert_eq!(executor.drain(LONG).await.failed, 1);
    assert_eq!(calls.lock().expect("kept").len(), 1, "it does not come back earlier than asked");
}

#[tokio::test(start_paused = true)]
async fn only_what_was_certainly_not_posted_is_posted_again() {
    let (queue, executor, calls) = start([Err(PostError::Unreachable), Err(PostError::Unreachable)], Limits::default());
    queue.offer(mention("Ev1", "C1", "ping")).expect("room");
    assert_eq!(executor.drain(LONG).await.answered, 1);
    assert_eq!(waits(&calls), [1, 2]);

    for error in [PostError::Unknown("the connection broke"), PostError::Refused { code: "not_in_channel".to_owned() }]
    {
        let (queue, executor, calls) = start([Err(error)], Limits::default());
        queue.offer(mention("Ev1", "C1", "ping")).expect("room");
        assert_eq!(executor.drain(LONG).await.failed, 1);
        assert_eq!(calls.lock().expect("kept").len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn answers_in_one_channel_keep_their_order_across_a_rate_limit() {
    let (queue, executor, calls) = start([limited(5)], Limits::default());
    for index in 0..10 {
        queue.offer(mention(&format!("Ev{index}"), "C1", &format!("number {index}"))).expect("room");
    }
    assert_eq!(executor.drain(LONG).await.answered, 10);
    let calls = calls.lock().expect("kept");
    let texts: Vec<&str> = calls.iter().skip(1).map(|(_, message)| message.text.as_str()).collect();
    let expected: Vec<String> = (0..10).map(|index| format!("You said: number {index}")).collect();
    assert_eq!(texts, expected);
}

#[tokio::test(start_paused = true)]
async fn a_limited_channel_does_not_hold_up_another_lane() {
    let lane = |channel: &str| {
        let lanes: Vec<_> = (0..4).map(|_| mpsc::channel(1).0).collect();
        let job = mention("Ev1", channel, "ping");
        let Ok(Decoded::Message(inbound)) = decode(job.kind, &job.body) else { panic!("a mention") };
        let found = lane_of(&inbound, &lanes).expect("a lane");
        lanes.iter().position(|lane| lane.same_channel(found)).expect("one of them")
    };
    let other =
        (2..50).map(|index| format!("C{index}")).find(|channel| lane(channel) != lane("C1")).expect("another lane");

    let (queue, executor, calls) = start([limited(50)], Limits::default());
    let started = Instant::now();
    queue.offer(mention("Ev1", "C1", "ping")).expect("room");
    // The first call belongs to C1 only if C1 was taken up before the other job came.
    while calls.lock().expect("kept").is_empty() {
        tokio::task::yield_now().await;
    }
    queue.offer(mention("Ev2", &other, "ping")).expect("room");
    assert_eq!(executor.drain(LONG).await.answered, 2);
    let calls = calls.lock().expect("kept");
    let at: Vec<(u64, &str)> = calls.iter().map(|(at, m)| ((*at - started).as_secs(), m.channel.as_str())).collect();
    assert_eq!(at, [(0, "C1"), (0, other.as_str()), (50, "C1")]);
}

#[tokio::test(start_paused = true)]
async fn what_asks_for_nothing_and_what_cannot_be_read_is_counted_and_not_answered() {
    let (queue, executor, calls) = start([], Limits::default());
    let offer = |kind, body: &'static str| queue.offer(Job { kind, body: Bytes::from(body) }).expect("room");
    offer(Kind::Event, r#"{"type":"app_rate_limited"}"#);
    offer(Kind::Event, "not json");
    offer(Kind::Command, "text=x");
    let drained = executor.drain(LONG).await;
    assert_eq!(drained, Drained { ignored: 1, failed: 2, ..Drained::default() });
    assert!(calls.lock().expect("kept").is_empty());
}

#[tokio::test(start_paused = true)]
async fn draining_refuses_new_jobs_and_counts_what_it_had_to_abandon() {
    let (queue, executor, _calls) = start(vec![limited(60); 3], Limits::default());
    for index in 0..5 {
        queue.offer(mention(&format!("Ev{index}"), "C1", "ping")).expect("room");
    }
    let drained = executor.drain(Duration::from_secs(30)).await;
    assert_eq!(drained, Drained { abandoned: 5, ..Drained::default() });
    assert_eq!(queue.offer(mention("Ev9", "C1", "ping")), Err(queue::Refused::Closed));
}
