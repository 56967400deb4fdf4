//! Slack's events into a SQLite file and out again: what was answered 200 is still there after a restart, once. The program
//! sends itself a delivery, a retry of it and a forgery, forgets everything it had in memory, and does the work then.

use std::{convert::Infallible, error::Error, path::Path};

use axum::{Router, body::Body, http::Request};
use imchat_axum::verify::{inbox::Accepted, providers::Slack};
use imchat_axum::{Webhook, testing::signed_request};
use imchat_inbox::{Job, SqliteInbox, Upkeep, Worker};
use time::OffsetDateTime;
use tower::{ServiceExt, service_fn};

/// The ingress: a delivery is proved, written down, and only then answered.
async fn ingress(file: &Path) -> Result<Router, Box<dyn Error>> {
    let slack = Webhook::new(Slack::verifier("a signing secret")?)
        // Deliveries of one workspace are worked on one after the other.
        .configure(|settings| settings.lane(|receipt| receipt.identity().tenant.map(|team| team.get().to_string())))
        .inbox(SqliteInbox::open(file).await?)?;
    Ok(Router::new().route("/slack/events", slack))
}

/// The work: any tower service, run on each job under a lease that is kept for it.
async fn handle(job: Job) -> Result<(), Infallible> {
    let (what, body) = (job.delivery.event_type.unwrap_or_default(), job.delivery.body.len());
    println!("attempt {} at {what}: {body} bytes of {}", job.attempt, job.delivery.provider);
    Ok(())
}

/// The executor, which a process runs until it is told to stop; here, until the first job is settled.
async fn work(file: &Path) -> Result<(), Box<dyn Error>> {
    let inbox = SqliteInbox::open(file).await?;
    let (tell, mut settled) = tokio::sync::mpsc::unbounded_channel();
    Worker::new(inbox.clone(), service_fn(handle))
        .on_report(move |report| drop(tell.send(report.outcome.clone())))
        .run_until(async { println!("settled: {:?}", settled.recv().await) })
        .await;
    println!("left: {}", inbox.counts().await?.depth());
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
