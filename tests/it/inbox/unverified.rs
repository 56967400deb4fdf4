//! VerifyBeforeTouch: what is not proved meets neither the inbox nor the functions that name lanes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::Full;
use imchat_verify::providers::{Feishu, Slack};
use imchat_verify::{Verify, providers};
use tower::ServiceExt as _;

use super::fixture::Written;
use crate::tower::fixture::{
    FEISHU_KEY, SLACK_SECRET, Script, Step, archived, event, form, layer, reason, seen, signed, slack, with_body,
};

fn changed(change: impl FnOnce(&mut Request<Full<Bytes>>)) -> Request<Full<Bytes>> {
    let mut request = event("Ev1");
    change(&mut request);
    request
}

fn unproved() -> Vec<(u16, Request<Full<Bytes>>)> {
    let set = |name: &'static str, value: &'static str| {
        changed(|request| drop(request.headers_mut().insert(name, HeaderValue::from_static(value))))
    };
    vec![
        (401, archived("slack/tampered")),
        (401, archived("slack/stale_replay")),
        (401, archived("slack/ssl_check")),
        (401, signed(&providers::SLACK, "somebody else's secret", "{}")),
        (401, changed(|request| *request.body_mut() = Full::from("{}"))),
        (401, changed(|request| drop(request.headers_mut().remove("x-slack-signature")))),
        (
            401,
            changed(|request| {
                let value = request.headers()["x-slack-signature"].clone();
                request.headers_mut().append("x-slack-signature", value);
            }),
        ),
        (401, set("x-slack-request-timestamp", "1700000301")),
        (401, set("x-slack-request-timestamp", "-1")),
        (405, changed(|request| *request.method_mut() = Method::PUT)),
        (413, set(CONTENT_LENGTH.as_str(), "99999999999")),
        (415, set(CONTENT_ENCODING.as_str(), "gzip")),
    ]
}

#[tokio::test(start_paused = true)]
async fn nothing_that_is_not_proved_touches_the_inbox_or_asks_for_a_lane() {
    let (inbox, lanes) = (Written::new(), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&lanes);
    let service = slack().lane(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        None
    });
    let service = service.inbox(inbox.clone()).unwrap();
    for (status, request) in unproved() {
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{:?}", reason(&response));
        assert!(reason(&response).is_some());
    }
    let endless = Script::new([Step::Endless(Bytes::from(vec![b'x'; 64 * 1024]))]);
    let slow = Script::new([Step::Data("{".into()), Step::Never]);
    let broken = Script::new([Step::Data("{".into()), Step::Broken]);
    for (status, body) in [(413, endless), (408, slow), (400, broken)] {
        let response = service.clone().oneshot(with_body(event("Ev1"), body)).await.unwrap();
        assert_eq!(response.status().as_u16(), status);
    }
    assert_eq!((inbox.asked(), lanes.load(Ordering::SeqCst)), (0, 0));
    service.oneshot(event("Ev1")).await.unwrap();
    assert_eq!((inbox.asked(), lanes.load(Ordering::SeqCst)), (1, 1), "what is proved does");
}

#[tokio::test(start_paused = true)]
async fn everything_that_is_wrong_with_a_signature_gets_one_answer_byte_for_byte() {
    let inbox = Written::new();
    let service = slack().inbox(inbox.clone()).unwrap();
    let mut answers = Vec::new();
    for (_, request) in unproved().into_iter().filter(|(status, _)| *status == 401) {
        answers.push(seen(service.clone().oneshot(request).await.unwrap()).await);
    }
    let feishu = layer(Feishu::verifier(FEISHU_KEY).unwrap()).inbox(inbox.clone()).unwrap();
    answers.push(seen(feishu.oneshot(form("{}")).await.unwrap()).await);
    assert!(answers.iter().all(|answer| *answer == answers[0]) && answers[0].status == StatusCode::UNAUTHORIZED);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_no_tenants_verifier_is_chosen_for_is_a_forgery_and_the_others_are_theirs() {
    let inbox = Written::new();
    let verifier = |team: &str| Arc::new(Slack::verifier(SLACK_SECRET).unwrap().endpoint(team));
    let service = layer(Slack::verifier("the secret of nobody").unwrap()).resolve(move |head| {
        let team = head.uri.path().strip_prefix("/teams/")?;
        (team == "a").then(|| verifier(team) as Arc<dyn Verify>)
    });
    let service = service.inbox(inbox.clone()).unwrap();
    let sent_to = |path: &'static str| {
        let request = changed(|request| *request.uri_mut() = path.parse().unwrap());
        service.clone().oneshot(request)
    };
    assert_eq!(sent_to("/teams/a").await.unwrap().status(), StatusCode::OK);
    assert_eq!(inbox.row().endpoint.as_deref(), Some("a"));
    let (unknown, root) = (sent_to("/teams/b").await.unwrap(), sent_to("/").await.unwrap());
    assert_eq!((unknown.status(), reason(&unknown)), (StatusCode::UNAUTHORIZED, Some("unknown_endpoint")));
    assert_eq!((root.status(), inbox.asked()), (StatusCode::UNAUTHORIZED, 1));
}

#[tokio::test(start_paused = true)]
async fn many_bodies_at_once_are_bounded_before_any_is_proved() {
    let inbox = Written::new();
    let service = slack().unproved_budget(100).inbox(inbox.clone()).unwrap();
    let held = Script::new([Step::Data(Bytes::from(vec![b'x'; 90])), Step::Never]);
    let held = tokio::spawn(service.clone().oneshot(with_body(event("Ev1"), held)));
    tokio::task::yield_now().await;
    let refused = service.oneshot(event("Ev2")).await.unwrap();
    assert_eq!((refused.status(), reason(&refused)), (StatusCode::SERVICE_UNAVAILABLE, Some("overloaded")));
    held.abort();
    assert_eq!(inbox.asked(), 0);
}
