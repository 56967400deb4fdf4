//! `Verified` and its neighbours: what they give, and what they refuse.

use ::axum::Router;
use ::axum::body::Body;
use ::axum::extract::State;
use ::axum::http::{HeaderMap, Method, Uri};
use ::axum::routing::post;
use bytes::Bytes;
use http::{Request, StatusCode};
use imchat_axum::testing::signed_request;
use imchat_axum::verify::dedup::{Fence, MemoryStore};
use imchat_axum::verify::providers::{Feishu, GitHub, Slack, Stripe};
use imchat_axum::{
    GitHubEvent, Json, Receipt, SlackCommand, SlackEvent, SlackInteraction, StripeEvent, Verified, Webhook,
};
use serde_json::Value;
use tower::ServiceExt as _;

use super::{answer, request, route};
use crate::tower::fixture::{FEISHU_KEY, GITHUB_SECRET, SIGNED_AT, SLACK_SECRET, STRIPE_SECRET, at, github, seen};

fn slack() -> imchat_axum::verify::Verifier<Slack> {
    Slack::verifier(SLACK_SECRET).unwrap()
}

#[tokio::test]
async fn without_the_layer_a_handler_is_500_and_says_nothing() {
    let whole = |Verified(..): Verified<Slack, Bytes>| async { "never" };
    let alone = |_: Receipt<Slack>| async { "never" };
    for method in [post(whole), post(alone)] {
        let (status, text) = answer(method, request("slack/app_mention")).await;
        assert_eq!((status, text.as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"));
    }
}

#[tokio::test]
async fn behind_another_providers_verification_a_handler_is_500_whatever_the_payload() {
    let github = || GitHub::verifier(GITHUB_SECRET).unwrap();
    let wrong = StatusCode::INTERNAL_SERVER_ERROR;

    let bytes = |Verified(..): Verified<Slack, Bytes>| async { "never" };
    assert_eq!(answer(route(github(), bytes), request("github/push")).await.0, wrong);
    let receipt = |_: Receipt<Slack>| async { "never" };
    assert_eq!(answer(route(github(), receipt), request("github/push")).await.0, wrong);
    // A payload that would not parse either must not hide the mistake behind a 400.
    let event = |Verified(..): Verified<Slack, SlackEvent>| async { "never" };
    assert_eq!(answer(route(github(), event), request("github/push")).await.0, wrong);
    let other = |Verified(..): Verified<Stripe, StripeEvent>| async { "never" };
    assert_eq!(answer(route(slack(), other), request("slack/app_mention")).await.0, wrong);
}

#[tokio::test]
async fn an_authentic_payload_of_another_shape_is_400_and_says_nothing_of_it() {
    let stripe = || Stripe::verifier(STRIPE_SECRET).unwrap();
    let event = |Verified(..): Verified<Slack, SlackEvent>| async { "never" };
    let command = |Verified(..): Verified<Slack, SlackCommand>| async { "never" };
    let interaction = |Verified(..): Verified<Slack, SlackInteraction>| async { "never" };
    let json = |Verified(..): Verified<Slack, Json<u64>>| async { "never" };
    let snapshot = |Verified(..): Verified<Stripe, StripeEvent>| async { "never" };
    let answers = [
        answer(route(slack(), event), request("slack/slash_command")).await,
        answer(route(slack(), command), request("slack/app_mention")).await,
        answer(route(slack(), command), request("slack/block_actions_approve")).await,
        answer(route(slack(), interaction), request("slack/slash_command")).await,
        answer(route(slack(), json), request("slack/app_mention")).await,
        answer(route(stripe(), snapshot), request("stripe/thin_event")).await,
    ];
    for (status, text) in answers {
        assert_eq!((status, text.as_str()), (StatusCode::BAD_REQUEST, "Bad Request"));
    }
    // GitHub says in a header what the payload is; without it there is no event to hand on.
    let push = |Verified(..): Verified<GitHub, GitHubEvent>| async { "never" };
    let mut nameless = request("github/push");
    nameless.headers_mut().remove("x-github-event");
    let github = GitHub::verifier(GITHUB_SECRET).unwrap();
    assert_eq!(answer(route(github, push), nameless).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_forgery_is_401_before_any_extractor_looks_at_it() {
    let event = |Verified(..): Verified<Slack, SlackEvent>| async { "never" };
    let forged = request("slack/app_mention").map(|_| Body::from("not even JSON"));
    assert_eq!(answer(route(slack(), event), forged).await, (StatusCode::UNAUTHORIZED, "Unauthorized".to_owned()));
}

#[tokio::test]
async fn later_extractors_get_the_proved_bytes() {
    let same = |receipt: Receipt<Slack>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
        assert_eq!((method, uri.path()), (Method::POST, "/slack/events"));
        assert_eq!(headers["x-slack-request-timestamp"], "1700000000");
        assert_eq!(receipt.identity().tenant.unwrap().signed().unwrap(), "T0TEAM0001");
        (body == receipt.body()).to_string()
    };
    assert_eq!(answer(route(slack(), same), request("slack/app_mention")).await.1, "true");
    let raw = |Verified(receipt, body): Verified<Slack, Bytes>| async move { (body == receipt.body()).to_string() };
    assert_eq!(answer(route(slack(), raw), request("slack/app_mention")).await.1, "true");
    let text = |_: Receipt<Slack>, body: String| async move { body };
    let sent = seen(http::Response::new(request("slack/slash_command").into_body())).await.body;
    assert_eq!(answer(route(slack(), text), request("slack/slash_command")).await.1.as_bytes(), sent);
}

#[tokio::test]
async fn of_an_encrypted_delivery_later_extractors_get_the_opened_body_with_its_own_length() {
    let feishu = Feishu::verifier(FEISHU_KEY).unwrap();
    let opened = |receipt: Receipt<Feishu>, headers: HeaderMap, body: Bytes| async move {
        assert_eq!(&body, receipt.body());
        assert_eq!(headers["content-length"].to_str().unwrap(), body.len().to_string());
        String::from_utf8(body.to_vec()).unwrap()
    };
    let (_, text) = answer(route(feishu, opened), request("feishu/message_encrypted")).await;
    let plain = seen(http::Response::new(request("feishu/message").into_body())).await.body;
    assert_eq!(text.as_bytes(), plain);
}

#[tokio::test]
async fn a_delivery_larger_than_axums_usual_limit_reaches_its_extractors() {
    // GitHub sends up to 25 MiB, once: what the layer let in must not be refused behind it.
    let length = |receipt: Receipt<GitHub>, body: Bytes| async move {
        assert_eq!(receipt.body().len(), body.len());
        body.len().to_string()
    };
    let large = || github(vec![b' '; 3 * 1024 * 1024]).map(Body::new);
    let verifier = || GitHub::verifier(GITHUB_SECRET).unwrap();
    let three_mib = (StatusCode::OK, "3145728".to_owned());
    assert_eq!(answer(route(verifier(), length), large()).await, three_mib);
    let verified = |Verified(_, body): Verified<GitHub, Bytes>| async move { body.len().to_string() };
    assert_eq!(answer(route(verifier(), verified), large()).await, three_mib);
}

#[tokio::test]
async fn handlers_take_state_and_fence_beside_the_delivery() {
    let store = MemoryStore::new(|| at(SIGNED_AT));
    let handler = |State(name): State<&'static str>,
                   ::axum::Extension(fence): ::axum::Extension<Fence>,
                   Verified(receipt, event): Verified<Slack, SlackEvent>| async move {
        assert_eq!(receipt.kind().name(), "events");
        format!("{name} {} {}", fence.get() > 0, event.event["type"])
    };
    let webhook = Webhook::new(slack()).dedup(store).configure(|builder| builder.clock(|| at(SIGNED_AT)));
    let app = Router::new().route("/slack/events", webhook.handler(handler).unwrap()).with_state("the app");

    let first = seen(app.clone().oneshot(request("slack/app_mention")).await.unwrap()).await;
    let second = seen(app.oneshot(request("slack/app_mention")).await.unwrap()).await;

    assert_eq!(&first.body[..], br#"the app true "app_mention""#);
    assert_eq!((second.status, &second.body[..]), (StatusCode::OK, &b""[..]), "a duplicate does not reach it");
}

#[tokio::test]
async fn the_content_type_is_not_signed_and_changes_nothing() {
    let value = |Verified(_, Json(value)): Verified<Slack, Json<Value>>| async move { value["n"].to_string() };
    for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("image/png")] {
        let mut request: Request<Body> =
            signed_request::<Slack>(SLACK_SECRET, "/", r#" {"n":7}"#, at(SIGNED_AT)).unwrap();
        if let Some(kind) = kind {
            request.headers_mut().insert("content-type", kind.parse().unwrap());
        }
        assert_eq!(answer(route(slack(), value), request).await, (StatusCode::OK, "7".to_owned()));
    }
}
