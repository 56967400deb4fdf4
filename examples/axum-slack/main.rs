//! Slack's events on axum: the handler runs for what is proved, fresh and new. `--serve` listens on 127.0.0.1:3000; without
//! an argument the program sends itself three requests and prints its answers.

use std::env;
use std::error::Error;

use axum::{Router, body::to_bytes, http::StatusCode};
use imchat_axum::testing::signed_request;
use imchat_axum::tower::SystemClock;
use imchat_axum::verify::{ConfigError, dedup::MemoryStore, providers::Slack};
use imchat_axum::{SlackEvent, Verified, Webhook};
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tower::ServiceExt;

async fn on_event(Verified(_, slack): Verified<Slack, SlackEvent>) -> StatusCode {
    println!("handled {} of team {}: {}", slack.event_id, slack.team_id, slack.event);
    StatusCode::OK
}

fn app(secret: &str) -> Result<Router, ConfigError> {
    let webhook = Webhook::new(Slack::verifier(secret)?).dedup(MemoryStore::new(SystemClock));
    Ok(Router::new().route("/slack/events", webhook.handler(on_event)?))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    match env::args().nth(1).as_deref() {
        None => ask_yourself().await,
        Some("--serve") => serve().await,
        Some(_) => Err("unknown argument: use --serve, or none".into()),
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let secret =
        env::var("SLACK_SIGNING_SECRET").map_err(|_| "set SLACK_SIGNING_SECRET to your app's signing secret")?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}/slack/events", listener.local_addr()?);
    Ok(axum::serve(listener, app(&secret)?).await?)
}

async fn ask_yourself() -> Result<(), Box<dyn Error>> {
    const CHALLENGE: &str = r#"{"type":"url_verification","challenge":"3eZbrw1a"}"#;
    const EVENT: &str = r#"{"type":"event_callback","team_id":"T01","api_app_id":"A01","event_id":"Ev01",
        "event_time":1700000000,"event":{"type":"app_mention","text":"<@U01> hello"}}"#;
    let app = app("a signing secret")?;
    for (secret, body, expected) in [
        ("a signing secret", CHALLENGE, StatusCode::OK),
        ("a signing secret", EVENT, StatusCode::OK),
        ("somebody else's secret", EVENT, StatusCode::UNAUTHORIZED),
    ] {
        let request = signed_request::<Slack>(secret, "/slack/events", body, OffsetDateTime::now_utc())?;
        let answer = app.clone().oneshot(request).await?;
        assert_eq!(answer.status(), expected);
        println!("{}, {:?}", answer.status(), to_bytes(answer.into_body(), 1024).await?);
    }
    Ok(())
}
