//! The route of axum that an inbox becomes.

use axum::Router;
use axum::body::Body;
use http::{HeaderName, Method, StatusCode};
use imchat_axum::Webhook;
use imchat_axum::verify::ConfigError;
use imchat_axum::verify::inbox::Accepted;
use imchat_axum::verify::providers::{GitHub, Slack};
use tower::ServiceExt as _;

use super::fixture::{Written, accepted};
use crate::tower::fixture::{Faulty, GITHUB_SECRET, SIGNED_AT, SLACK_SECRET, archived, at, reason, seconds};

fn slack() -> Webhook<Slack> {
    Webhook::new(Slack::verifier(SLACK_SECRET).unwrap()).configure(|builder| builder.clock(|| at(SIGNED_AT)))
}

#[tokio::test]
async fn routes_of_one_inbox_prove_their_own_platform_and_write_down_what_they_proved() {
    let inbox = Written::new();
    let github = Webhook::new(GitHub::verifier(GITHUB_SECRET).unwrap())
        .configure(|builder| {
            builder.keep_header(HeaderName::from_static("x-github-event")).lane(|_| Some("one lane".to_owned()))
        })
        .inbox(inbox.clone());
    let app = Router::new()
        .route("/slack/events", slack().inbox(inbox.clone()).unwrap())
        .nest("/hooks", Router::new().route("/github", github.unwrap()));
    let send = |name: &str, path: &'static str| {
        let mut request = archived(name).map(Body::new);
        *request.uri_mut() = path.parse().unwrap();
        app.clone().oneshot(request)
    };

    let first = send("slack/app_mention", "/slack/events").await.unwrap();
    assert_eq!(accepted(&first), Some(Accepted::New), "what happened reaches the layers around");
    assert_eq!(send("github/push", "/hooks/github").await.unwrap().status(), StatusCode::OK);
    assert_eq!(send("github/push", "/slack/events").await.unwrap().status(), StatusCode::UNAUTHORIZED);

    let rows = inbox.rows();
    let github = rows.iter().find(|row| row.provider == "github").unwrap();
    assert_eq!((github.lane.as_deref(), github.headers.len(), rows.len()), (Some("one lane"), 1, 2));
}

#[tokio::test]
async fn another_method_is_405_with_allow_and_counted_like_any_refusal() {
    let inbox = Written::new();
    let app = Router::new().route("/slack/events", slack().inbox(inbox.clone()).unwrap());
    for method in [Method::GET, Method::HEAD, Method::DELETE, Method::OPTIONS] {
        let mut request = archived("slack/app_mention").map(Body::new);
        *request.method_mut() = method;
        let response = app.clone().oneshot(request).await.unwrap();
        assert_eq!((response.status(), reason(&response)), (StatusCode::METHOD_NOT_ALLOWED, Some("method")));
        assert_eq!(response.headers()["allow"], "POST");
    }
    assert_eq!(inbox.asked(), 0);
}

#[test]
fn settings_that_contradict_each_other_are_an_error_when_the_route_is_built() {
    let short = slack().inbox::<()>(Written::remembering(seconds(60))).unwrap_err();
    assert!(matches!(short, ConfigError::Times { .. }));
    let both = slack().dedup(Faulty::new()).inbox::<()>(Written::new()).unwrap_err();
    assert!(matches!(both, ConfigError::Limit(_)));
}

#[tokio::test]
async fn a_limit_of_axums_around_the_route_does_not_cut_what_the_platform_may_send() {
    let inbox = Written::new();
    let route = Webhook::new(GitHub::verifier(GITHUB_SECRET).unwrap()).inbox(inbox.clone()).unwrap();
    let app = Router::new().route("/hook", route).layer(axum::extract::DefaultBodyLimit::max(1024));
    let large = crate::tower::fixture::github(vec![b' '; 4096]).map(Body::new);
    assert_eq!(app.oneshot(large).await.unwrap().status(), StatusCode::OK);
    assert_eq!(inbox.row().body.len(), 4096);
}
