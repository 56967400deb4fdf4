//! Inboxes that fail, hang, panic, and answer when nobody listens any more.

use std::collections::BTreeMap;

use http::StatusCode;
use imchat_verify::inbox::{Accepted, Differs};
use imchat_verify::providers::{Discord, Feishu, Slack};
use tokio::time::Instant;
use tower::ServiceExt as _;
use tracing::Level;

use super::fixture::{Fault, Written, accepted};
use crate::tower::fixture::{
    DISCORD_PUBLIC, FEISHU_KEY, Log, SLACK_SECRET, archived, event, layer, millis, reason, retry_after, seconds, seen,
    slack,
};

const WRITES_NOTHING: [Fault; 3] = [Fault::Fails, Fault::Hangs, Fault::Panics];
const WRITES: [Fault; 3] = [Fault::FailsAfter, Fault::PanicsAfter, Fault::Late(seconds(9))];

#[tokio::test(start_paused = true)]
async fn where_durability_is_in_doubt_it_is_503_within_the_timeout_and_the_retry_settles_it() {
    let again = Accepted::Duplicate { differs: Differs::Nothing };
    for (faults, then) in [(WRITES_NOTHING, Accepted::New), (WRITES, again)] {
        for fault in faults {
            let inbox = Written::new().suffering([fault]);
            let service = slack().inbox(inbox.clone()).unwrap();
            let start = Instant::now();

            let first = service.clone().oneshot(event("Ev1")).await.unwrap();

            assert_eq!((first.status(), reason(&first)), (StatusCode::SERVICE_UNAVAILABLE, Some("store")), "{fault:?}");
            assert_eq!((retry_after(&first), accepted(&first)), (Some(1), None));
            assert!(start.elapsed() <= seconds(1), "{fault:?}: {:?}", start.elapsed());
            let retry = service.oneshot(event("Ev1")).await.unwrap();
            assert_eq!((retry.status(), accepted(&retry)), (StatusCode::OK, Some(then)), "{fault:?}");
            assert_eq!(inbox.rows().len(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_inbox_that_is_slow_and_not_too_slow_is_waited_for() {
    let inbox = Written::new().suffering([Fault::Late(millis(999)), Fault::Late(millis(1001))]);
    let service = slack().inbox(inbox.clone()).unwrap();
    assert_eq!(service.clone().oneshot(event("Ev1")).await.unwrap().status(), StatusCode::OK);
    assert_eq!(service.oneshot(event("Ev2")).await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_at_a_screen_is_told_in_words_that_nothing_was_taken() {
    let slack = || Slack::verifier(SLACK_SECRET).unwrap().any();
    let discord = || Discord::verifier(DISCORD_PUBLIC).unwrap().any();
    for (verifier, name, words) in [
        (slack(), "slack/slash_command", r#""response_type":"ephemeral""#),
        (slack(), "slack/block_actions_approve", r#""response_type":"ephemeral""#),
        (Feishu::verifier(FEISHU_KEY).unwrap().any(), "feishu/card_action", r#"{"toast":{"type":"error""#),
        (discord(), "discord/command", r#"{"type":4,"data":{"flags":64"#),
        (discord(), "discord/button", r#"{"type":4,"data":{"flags":64"#),
    ] {
        for fault in WRITES_NOTHING.into_iter().chain(WRITES) {
            let inbox = Written::new().suffering([fault]);
            let service = layer(verifier.clone()).inbox(inbox.clone()).unwrap();
            let response = service.oneshot(archived(name)).await.unwrap();
            assert_eq!((reason(&response), accepted(&response)), (Some("store"), None), "{name}");
            let answer = seen(response).await;
            let body = std::str::from_utf8(&answer.body).unwrap();
            assert_eq!(answer.status, StatusCode::OK);
            assert!(body.contains(words) && body.contains("please try again"), "{body}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_panics_is_503_and_nothing_is_written_down() {
    let inbox = Written::new();
    let service = slack().lane(|_| panic!("the lane panics, as it is told")).inbox(inbox.clone()).unwrap();
    let response = service.oneshot(event("Ev1")).await.unwrap();
    assert_eq!((response.status(), reason(&response)), (StatusCode::SERVICE_UNAVAILABLE, Some("store")));
    assert_eq!(inbox.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_an_error_in_the_log_with_its_cause_and_without_what_people_wrote() {
    let log = Log::start();
    let inbox = Written::new().suffering([Fault::Fails, Fault::Hangs, Fault::Panics]);
    let service = slack().inbox(inbox.clone()).unwrap();
    for _ in 0..4 {
        service.clone().oneshot(archived("slack/slash_command")).await.unwrap();
        service.clone().oneshot(archived("slack/tampered")).await.unwrap();
    }
    let errors = log.of(Level::ERROR);
    assert!(
        errors[0].contains("the inbox failed") && errors[0].contains("check that it is reachable"),
        "{}",
        log.all()
    );
    assert!(errors[1].contains("did not answer in time") && errors[1].contains("timeout=1s"), "{}", log.all());
    assert!(errors[2].contains("the inbox, or the function that names lanes, panicked"), "{}", log.all());
    for secret in [SLACK_SECRET, "hooks.slack.com", "ImchatTest", "U0ALICE001", "checkout", "v0="] {
        assert!(!log.all().contains(secret), "{secret} is in {}", log.all());
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_attempts_at_once_are_one_row_and_one_is_new() {
    let inbox = Written::new();
    let service = slack().inbox(inbox.clone()).unwrap();
    let all: Vec<_> = (0..100).map(|_| tokio::spawn(service.clone().oneshot(event("Ev1")))).collect();
    let mut answers: BTreeMap<(u16, bool), usize> = BTreeMap::new();
    for one in all {
        let response = one.await.unwrap().unwrap();
        let new = accepted(&response) == Some(Accepted::New);
        *answers.entry((response.status().as_u16(), new)).or_default() += 1;
    }
    assert_eq!(answers, BTreeMap::from([((200, true), 1), ((200, false), 99)]));
    assert_eq!(inbox.rows().len(), 1);
}

/// The next number of a fixed sequence.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

fn any_fault(state: &mut u64) -> Fault {
    let span = millis(next(state) % 3000);
    let all = [Fault::Fails, Fault::Hangs, Fault::Panics, Fault::FailsAfter, Fault::PanicsAfter, Fault::Late(span)];
    all[next(state) as usize % all.len()]
}

/// AckImpliesDurable, AtMostOneEnqueue and NoLoss, whatever the inbox and the senders do.
#[tokio::test(start_paused = true)]
async fn a_2xx_means_durable_and_one_row_whatever_the_inbox_and_the_senders_do() {
    for seed in 0..400_u64 {
        let mut state = seed;
        let faults: Vec<_> = (0..next(&mut state) % 10).map(|_| any_fault(&mut state)).collect();
        let inbox = Written::new().suffering(faults);
        let service = slack().inbox(inbox.clone()).unwrap();
        let mut attempts = Vec::new();
        for _ in 0..8 {
            let patience = millis(next(&mut state) % 3_000);
            let attempt = tokio::time::timeout(patience, service.clone().oneshot(event("Ev1")));
            let inbox = inbox.clone();
            attempts.push(tokio::spawn(async move {
                let status = attempt.await.ok().map(|response| response.unwrap().status());
                let taken = status.is_some_and(|status| status.is_success());
                assert!(!taken || inbox.rows().len() == 1, "seed {seed}");
            }));
            tokio::time::sleep(millis(next(&mut state) % 500)).await;
        }
        for attempt in attempts {
            attempt.await.unwrap();
        }
        assert!(inbox.rows().len() <= 1, "seed {seed}");

        // Then all is well again: the platform's next attempt is taken.
        inbox.heal();
        let last = service.oneshot(event("Ev1")).await.unwrap();
        assert_eq!((last.status(), inbox.rows().len()), (StatusCode::OK, 1), "seed {seed}");
    }
}
