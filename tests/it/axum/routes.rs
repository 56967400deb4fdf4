//! The route that a webhook becomes: its methods, its settings, its errors.

use ::axum::Router;
use ::axum::body::Body;
use ::axum::extract::DefaultBodyLimit;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use imchat_axum::testing::signed_request;
use imchat_axum::verify::ConfigError;
use imchat_axum::verify::dedup::MemoryStore;
use imchat_axum::verify::providers::{GitHub, Slack};
use imchat_axum::{SlackEvent, Verified, Webhook};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tower::ServiceExt as _;

use super::{request, route};
use crate::tower::fixture::{
    GITHUB_SECRET, SIGNED_AT, SLACK_SECRET, Script, at, github, reason, seconds, seen, with_body,
};

async fn ok(_: Verified<Slack, Bytes>) -> StatusCode {
    StatusCode::OK
}

fn slack() -> Webhook<Slack> {
    Webhook::new(Slack::verifier(SLACK_SECRET).unwrap()).configure(|builder| builder.clock(|| at(SIGNED_AT)))
}

fn store() -> MemoryStore {
    MemoryStore::new(|| at(SIGNED_AT))
}

#[tokio::test]
async fn another_method_is_405_with_allow_and_counted_like_any_refusal() {
    let app = Router::new().route("/slack/events", slack().handler(ok).unwrap());
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let mut request = request("slack/app_mention").map(|_| Body::new(body_that_panics()));
        *request.method_mut() = method;
        let response = app.clone().oneshot(request).await.unwrap();
        assert_eq!((response.status(), reason(&response)), (StatusCode::METHOD_NOT_ALLOWED, Some("method")));
        assert_eq!(response.headers()["allow"], "POST");
    }
}

/// A body that panics when it is polled, with an error that axum takes.
fn body_that_panics() -> impl http_body::Body<Data = Bytes, Error = std::io::Error> {
    http_body_util::BodyExt::map_err(Script::untouchable(), |_| std::io::Error::other("broken"))
}

#[tokio::test]
async fn a_bad_head_is_401_without_polling_the_body() {
    let app = Router::new().route("/slack/events", slack().handler(ok).unwrap());
    let mut request = with_body(request("slack/app_mention"), Body::new(body_that_panics()));
    request.headers_mut().remove("x-slack-signature");
    assert_eq!(app.oneshot(request).await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[test]
fn settings_that_contradict_each_other_are_an_error_when_the_route_is_built() {
    let times = slack().dedup(store()).configure(|builder| builder.retain(seconds(60))).handler::<_, _, ()>(ok);
    assert!(matches!(times.unwrap_err(), ConfigError::Times { .. }));
    let limit = slack().configure(|builder| builder.body_limit(0)).handler::<_, _, ()>(ok);
    assert!(matches!(limit.unwrap_err(), ConfigError::Limit(_)));
}

#[tokio::test]
async fn a_payload_of_another_shape_is_never_acknowledged() {
    let event = |Verified(..): Verified<Slack, SlackEvent>| async { "never" };
    let app = Router::new().route("/slack/commands", slack().dedup(store()).handler(event).unwrap());
    let first = app.clone().oneshot(request("slack/slash_command")).await.unwrap();
    let again = app.oneshot(request("slack/slash_command")).await.unwrap();
    assert_eq!((first.status(), again.status()), (StatusCode::BAD_REQUEST, StatusCode::BAD_REQUEST));
}

#[tokio::test]
async fn a_handler_behind_the_wrong_verification_leaves_the_delivery_to_be_run_when_that_is_mended() {
    let runs = Arc::new(AtomicUsize::new(0));
    let store = Arc::new(store());
    let webhook = || slack().dedup(Arc::clone(&store));
    let wrong = |_: Verified<GitHub, Bytes>| async { "never" };
    let counter = Arc::clone(&runs);
    let right = move |_: Verified<Slack, Bytes>| async move { counter.fetch_add(1, Ordering::SeqCst).to_string() };

    let first = Router::new().route("/slack/events", webhook().handler(wrong).unwrap());
    assert_eq!(first.oneshot(request("slack/app_mention")).await.unwrap().status(), StatusCode::INTERNAL_SERVER_ERROR);
    let mended = Router::new().route("/slack/events", webhook().handler(right).unwrap());
    assert_eq!(mended.oneshot(request("slack/app_mention")).await.unwrap().status(), StatusCode::OK);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_handler_that_panics_is_500_and_the_delivery_is_given_back() {
    async fn panics(_: Verified<Slack, Bytes>) -> StatusCode {
        panic!("the handler panics, as it is told")
    }
    let store = Arc::new(store());
    let app = Router::new().route("/slack/events", slack().dedup(Arc::clone(&store)).handler(panics).unwrap());
    let response = app.oneshot(request("slack/app_mention")).await.unwrap();
    assert_eq!((response.status(), reason(&response)), (StatusCode::INTERNAL_SERVER_ERROR, Some("panicked")));
    let app = Router::new().route("/slack/events", slack().dedup(store).handler(ok).unwrap());
    assert_eq!(app.oneshot(request("slack/app_mention")).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn routes_nest_and_merge_and_keep_their_own_verification() {
    let github = Webhook::new(GitHub::verifier(GITHUB_SECRET).unwrap())
        .handler(|Verified(receipt, _): Verified<GitHub, Bytes>| async move { receipt.scheme().name() });
    let hooks = Router::new()
        .route("/slack/events", slack().handler(ok).unwrap())
        .merge(Router::new().route("/github", github.unwrap()));
    let app = Router::new().nest("/hooks", hooks).route("/healthz", ::axum::routing::get(|| async { "ok" }));
    let send = |name: &str, path: &'static str| {
        let mut request = request(name);
        *request.uri_mut() = path.parse().unwrap();
        app.clone().oneshot(request)
    };
    assert_eq!(send("slack/app_mention", "/hooks/slack/events").await.unwrap().status(), StatusCode::OK);
    assert_eq!(&seen(send("github/push", "/hooks/github").await.unwrap()).await.body[..], b"github");
    assert_eq!(send("github/push", "/hooks/slack/events").await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(send("slack/app_mention", "/hooks/github").await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let health = app.clone().oneshot(Request::get("/healthz").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(health.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_limit_of_axums_around_the_route_does_not_cut_what_the_layer_lets_in() {
    let length = |_: imchat_axum::Receipt<GitHub>, body: Bytes| async move { body.len().to_string() };
    let route = route(GitHub::verifier(GITHUB_SECRET).unwrap(), length);
    let app = Router::new().fallback_service(route).layer(DefaultBodyLimit::max(1024));
    let response = app.oneshot(github(vec![b' '; 4096]).map(Body::new)).await.unwrap();
    assert_eq!(&seen(response).await.body[..], b"4096");
}

#[tokio::test]
async fn the_reason_of_a_refusal_reaches_the_layers_around_the_route() {
    let app = Router::new().route("/", slack().handler(ok).unwrap());
    let stale = signed_request::<Slack>(SLACK_SECRET, "/", "{}", at(SIGNED_AT - 301)).unwrap();
    assert_eq!(reason(&app.oneshot(stale).await.unwrap()), Some("stale"));
}
