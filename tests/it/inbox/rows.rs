//! What a row holds of its request, and what it does not.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, StatusCode};
use http_body_util::Full;
use imchat_verify::providers::{self, Feishu, Slack, Stripe};
use imchat_verify::scheme::Attempts;
use tower::ServiceExt as _;

use super::fixture::Written;
use crate::tower::fixture::{
    FEISHU_KEY, SIGNED_AT, SLACK_SECRET, STRIPE_SECRET, archived, at, event, for_github, layer, push, seconds, seen,
    signed, slack,
};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test(start_paused = true)]
async fn a_row_says_who_and_what_and_when_with_the_bytes_that_were_proved() {
    let inbox = Written::new();
    let verifier = Slack::verifier(SLACK_SECRET).unwrap().endpoint("support");
    let lane = |receipt: &imchat_verify::Receipt<_>| {
        Some(format!("{} {}", receipt.scheme().name(), receipt.identity().tenant?.get()))
    };
    let service = layer(verifier).lane(lane).inbox(inbox.clone()).unwrap();
    tokio::time::sleep(seconds(2)).await;
    let body = seen(http::Response::new(archived("slack/app_mention").into_body())).await.body;

    service.oneshot(archived("slack/app_mention")).await.unwrap();

    let row = inbox.row();
    assert_eq!((&*row.provider, row.endpoint.as_deref(), &*row.kind), ("slack", Some("support"), "events"));
    assert_eq!((row.event_type.as_deref(), row.tenant.as_deref()), (Some("app_mention"), Some("T0TEAM0001")));
    assert_eq!((row.lane.as_deref(), row.attempts), (Some("slack T0TEAM0001"), Attempts::MayDiffer));
    assert_eq!((row.sent_at, row.received_at), (Some(at(SIGNED_AT)), at(SIGNED_AT + 2)));
    assert_eq!((row.body, row.headers, row.trace), (body, vec![], None));
}

#[tokio::test(start_paused = true)]
async fn an_encrypted_body_is_kept_opened() {
    let inbox = Written::new();
    let service = layer(Feishu::verifier(FEISHU_KEY).unwrap()).inbox(inbox.clone()).unwrap();
    service.oneshot(archived("feishu/message_encrypted")).await.unwrap();
    let row = inbox.row();
    assert!(row.body.starts_with(br#"{"schema":"2.0""#), "{:?}", row.body);
    assert_eq!(row.digest, imchat_verify::inbox::Delivery::new(row.key, "feishu", row.body, at(0)).digest);
}

#[tokio::test(start_paused = true)]
async fn ids_that_act_for_their_holder_stand_only_in_the_body() {
    for name in ["slack/slash_command", "slack/block_actions_approve"] {
        let inbox = Written::new();
        slack().inbox(inbox.clone()).unwrap().oneshot(archived(name)).await.unwrap();
        let row = inbox.row();
        assert_eq!(row.event_id, None, "{name}");
        assert!(!format!("{row:?}").contains("hooks.slack.com"));
    }
}

#[tokio::test(start_paused = true)]
async fn headers_are_kept_that_were_asked_for_and_come_once_and_no_others() {
    let inbox = Written::new();
    let named = |name| HeaderName::from_static(name);
    let service = for_github().keep_header(named("x-github-event")).keep_header(named("x-absent"));
    let service = service.keep_header(named("x-note")).keep_header(named("x-twice"));
    let mut request = push("a", "1");
    for (name, value) in [("x-note", &b"\xFF\xFE"[..]), ("x-twice", b"one"), ("x-twice", b"two")] {
        request.headers_mut().append(name, HeaderValue::from_bytes(value).unwrap());
    }
    service.inbox(inbox.clone()).unwrap().oneshot(request).await.unwrap();

    let kept = |name: &str, value: &'static [u8]| (name.to_owned(), Bytes::from_static(value));
    assert_eq!(inbox.row().headers, [kept("x-github-event", b"push"), kept("x-note", b"\xFF\xFE")]);
}

#[tokio::test(start_paused = true)]
async fn a_trace_is_kept_where_it_is_one_and_its_absence_or_a_bad_one_changes_nothing() {
    for (values, kept) in [
        (&[TRACE][..], Some(TRACE)),
        (&[], None),
        (&[TRACE, TRACE], None),
        (&["00-00000000000000000000000000000000-00f067aa0ba902b7-01"], None),
        (&["' OR 1=1"], None),
    ] {
        let inbox = Written::new();
        let mut request = event("Ev1");
        for value in values {
            request.headers_mut().append("traceparent", HeaderValue::from_static(value));
        }
        let response = slack().inbox(inbox.clone()).unwrap().oneshot(request).await.unwrap();
        assert_eq!((response.status(), inbox.row().trace.as_deref()), (StatusCode::OK, kept), "{values:?}");
    }
}

/// Attack 35, at the door: what is authentic is written down, whether or not anybody can read it.
#[tokio::test(start_paused = true)]
async fn a_poisonous_body_is_taken_like_any_other_once_and_left_to_the_workers() {
    let deep = "[".repeat(100_000);
    for body in ["", "{", "{\"event_id\":", "\u{0}", "payload=%7B", "[]", "1e999999", "{\"event_id\":{}}", &deep] {
        let inbox = Written::new();
        let service = slack().lane(|receipt| receipt.identity().tenant.map(|team| team.get().to_string()));
        let service = service.inbox(inbox.clone()).unwrap();
        for _ in 0..2 {
            let poison = signed(&providers::SLACK, SLACK_SECRET, body.to_owned());
            assert_eq!(service.clone().oneshot(poison).await.unwrap().status(), StatusCode::OK, "{body:.20}");
        }
        assert_eq!(inbox.row().body, body.as_bytes());
        let healthy = service.oneshot(event("Ev1")).await.unwrap();
        assert_eq!((healthy.status(), inbox.rows().len()), (StatusCode::OK, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_id_from_two_endpoints_or_tenants_is_two_rows() {
    let inbox = Written::new();
    for endpoint in ["live", "test", "live"] {
        let verifier = Stripe::verifier(STRIPE_SECRET).unwrap().endpoint(endpoint);
        layer(verifier).inbox(inbox.clone()).unwrap().oneshot(archived("stripe/invoice_paid")).await.unwrap();
    }
    assert_eq!(inbox.rows().len(), 2);

    let inbox = Written::new();
    let service = slack().inbox(inbox.clone()).unwrap();
    let of_team = |team: &str| -> Request<Full<Bytes>> {
        signed(&providers::SLACK, SLACK_SECRET, format!(r#"{{"event_id":"Ev1","team_id":"{team}"}}"#))
    };
    for team in ["T1", "T2", "T1"] {
        service.clone().oneshot(of_team(team)).await.unwrap();
    }
    assert_eq!(inbox.rows().len(), 2);
}
