//! Whatever goes wrong in the scene must turn up in the report.

use bytes::Bytes;
use chat_sim::slack_api::Outcome;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::*;

fn delivery(status: u16) -> Delivery {
    Delivery {
        status: StatusCode::from_u16(status).expect("a status"),
        latency: Duration::from_millis(2),
        headers: HeaderMap::new(),
        body: Bytes::new(),
    }
}

fn place() -> Place {
    Place { channel: "C0OPS", thread: Some("1.000001".to_owned()) }
}

fn mention(status: u16, posts: usize) -> Step {
    Step {
        sent: "mention".to_owned(),
        deliveries: vec![Ok(delivery(200))],
        status: StatusCode::from_u16(status).expect("a status"),
        body: None,
        places: vec![place()],
        own: 0..usize::MAX,
        posts,
        text: "pong",
    }
}

fn post() -> Post {
    Post {
        channel: "C0OPS".to_owned(),
        thread_ts: Some("1.000001".to_owned()),
        text: "pong".to_owned(),
        blocks: Value::Null,
        arguments: Value::Null,
        token_valid: true,
        outcome: Outcome::Posted { ts: "2.000001".to_owned() },
    }
}

/// All done, nothing left.
fn stopped() -> Stopped {
    Stopped { jobs: Some(0), unsaid: Some(0), dead: Some(0) }
}

fn good(step: Step, posts: &[Post]) -> bool {
    let report = Report::new("bot".to_owned(), &[step], posts, stopped());
    let mut out = Vec::new();
    report.write(&mut out).expect("written");
    let text = String::from_utf8(out).expect("text");
    assert_eq!(text.contains("DIFFERS"), !report.all_as_expected(), "{text}");
    assert_eq!(text.contains("all 1 as they should be"), report.all_as_expected(), "{text}");
    report.all_as_expected()
}

#[test]
fn what_should_happen_is_good() {
    assert!(good(mention(200, 1), &[post()]));
    assert!(good(Step { deliveries: vec![Ok(delivery(401))], ..mention(401, 0) }, &[]));
}

#[test]
fn another_status_differs() {
    assert!(!good(mention(401, 1), &[post()]));
    assert!(!good(Step { deliveries: vec![Ok(delivery(200)), Ok(delivery(503))], ..mention(200, 1) }, &[post()]));
}

#[test]
fn no_answer_differs() {
    let silent = || Err(SendError::Timeout(Duration::from_secs(1)));
    assert!(!good(Step { deliveries: vec![silent()], ..mention(200, 1) }, &[post()]));
    assert!(!good(Step { deliveries: vec![Ok(delivery(200)), silent()], ..mention(200, 1) }, &[post()]));
    assert!(!good(Step { deliveries: Vec::new(), ..mention(200, 1) }, &[post()]));
}

#[test]
fn a_challenge_must_come_back() {
    let challenge = |body: &'static str| Step {
        deliveries: vec![Ok(Delivery { body: Bytes::from(body), ..delivery(200) })],
        body: Some("word"),
        places: Vec::new(),
        ..mention(200, 0)
    };
    assert!(good(challenge(r#"{"challenge":"word"}"#), &[]));
    assert!(!good(challenge("other"), &[]));
}

#[test]
fn a_missing_second_wrong_or_stray_post_differs() {
    assert!(!good(mention(200, 1), &[]));
    assert!(!good(mention(200, 1), &[post(), post()]));
    assert!(!good(mention(200, 0), &[post()]));
    let wrong = [
        Post { text: "ping".to_owned(), ..post() },
        Post { channel: "C0OTHER".to_owned(), ..post() },
        Post { token_valid: false, ..post() },
        Post { outcome: Outcome::Refused("not_in_channel".to_owned()), ..post() },
        Post { thread_ts: Some("1.000002".to_owned()), ..post() },
        Post { thread_ts: None, ..post() },
    ];
    for wrong in wrong {
        assert!(!good(mention(200, 1), &[wrong]));
    }
    assert!(!good(mention(200, 1), &[post(), Post { thread_ts: None, ..post() }]));
}

#[test]
fn a_post_to_the_channel_is_none_to_a_thread() {
    let command = || Step { places: vec![Place { thread: None, ..place() }], ..mention(200, 1) };
    assert!(good(command(), &[Post { thread_ts: None, ..post() }]));
    assert!(!good(command(), &[post()]));
}

#[test]
fn an_answer_that_was_acknowledged_and_lost_differs() {
    for stopped in [
        Stopped { dead: Some(1), ..stopped() },
        Stopped { jobs: Some(1), ..stopped() },
        Stopped { jobs: None, ..stopped() },
        Stopped { unsaid: Some(1), ..stopped() },
    ] {
        let report = Report::new("bot".to_owned(), &[mention(200, 1)], &[post()], stopped);
        assert!(!report.all_as_expected());
    }
}

#[test]
fn two_steps_in_one_thread_each_count_their_own_posts() {
    let steps = || [Step { own: 0..1, ..mention(200, 1) }, Step { own: 1..2, ..mention(200, 0) }];
    let report = |posts: &[Post]| Report::new("bot".to_owned(), &steps(), posts, stopped());
    assert!(report(&[post()]).all_as_expected());
    let twice = report(&[post(), post()]);
    assert_eq!(twice.rows[0].cells[4], "ok");
    assert_eq!(twice.rows[1].notes, ["“pong”", "DIFFERS, should be: nothing posted"]);
}
