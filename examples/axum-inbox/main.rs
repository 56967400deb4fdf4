//! Slack's events into a SQLite file and out again: what was answered 200 is still there after a restart, once. The program
//! sends itself a delivery, a retry of it and a forgery, forgets everything it had in memory, and does the work then.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use axum::{Router, body::Body, http::Request};
use imchat_axum::Webhook;
use imchat_axum::testing::signed_request;
use imchat_axum::verify::{inbox::Accepted, providers::Slack};
use imchat_inbox::{Queue, SqliteInbox};
use time::OffsetDateTime;
use tower::ServiceExt;

/// The ingress: a delivery is proved, written down, and only then answered.
async fn ingress(file: &Path) -> Result<Router, Box<dyn Error>> {
    let slack = Webhook::new(Slack::verifier("a signing secret")?)
        // Deliveries of one workspace are worked on one after the other.
        .configure(|settings| settings.lane(|receipt| receipt.identity().tenant.map(|team| team.get().to_string())))
        .inbox(SqliteInbox::open(file).await?)?;
    Ok(Router::new().route("/slack/events", slack))
}

/// The executor: takes what is there under a lease, and says when it is done.
async fn work(file: &Path) -> Result<(), Box<dyn Error>> {
    let inbox = SqliteInbox::open(file).await?;
    for job in inbox.take(10, Duration::from_secs(60)).await? {
        let (what, body) = (job.delivery.event_type.unwrap_or_default(), job.delivery.body.len());
        println!("attempt {} at {what}: {body} bytes of {}", job.attempt, job.delivery.provider);
        println!("settled: {:?}", inbox.done(&job.lease).await?);
    }
    println!("left: {}", inbox.take(10, Duration::from_secs(60)).await?.len());
    Ok(())
}

fn event(secret: &str) -> Result<Request<Body>, Box<dyn Error>> {
    const EVENT: &str = r#"{"type":"event_callback","team_id":"T01","api_app_id":"A01","event_id":"Ev01",
        "event_time":1700000000,"event":{"type":"app_mention","text":"<@U01> hello"}}"#;
    Ok(signed_request::<Slack>(secret, "/slack/events", EVENT, OffsetDateTime::now_utc())?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("axum-inbox-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("inbox.db");
    let app = ingress(&file).await?;
    for secret in ["a signing secret", "a signing secret", "somebody else's secret"] {
        let answer = app.clone().oneshot(event(secret)?).await?;
        println!("{}, {:?}", answer.status(), answer.extensions().get::<Accepted>());
    }
    drop(app); // The process could have been killed here.
    work(&file).await?;
    Ok(std::fs::remove_dir_all(folder)?)
}
