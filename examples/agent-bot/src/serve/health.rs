//! `/healthz`, `/readyz` and `/metrics`: whether the process runs, whether its database answers, and what it counts.

use std::time::Duration;

use axum::Router;
use axum::extract::State as Of;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use imchat_inbox::{Counts, Upkeep};
use time::OffsetDateTime;
use tracing::warn;

use super::Stopped;
use crate::approvals::PlanState;
use crate::state::{Row, State, StateError};
use crate::telemetry::{Gauge, Telemetry};

/// How long the database may take to answer.
const WITHIN: Duration = Duration::from_secs(1);

/// What is looked at.
#[derive(Debug, Clone)]
pub(super) struct Seen<I> {
    pub(super) inbox: I,
    pub(super) state: State,
    pub(super) telemetry: Telemetry,
}

pub(super) fn router<I: Upkeep + Clone>(seen: Seen<I>) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready::<I>))
        .route("/metrics", get(metrics::<I>))
        .with_state(seen)
}

async fn ready<I: Upkeep + Clone>(Of(seen): Of<Seen<I>>) -> Response {
    match seen.counts().await {
        Some(_) => "ready\n".into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}

async fn metrics<I: Upkeep + Clone>(Of(seen): Of<Seen<I>>) -> Response {
    let mut gauges = Vec::new();
    if let Some(counts) = seen.counts().await {
        gauges.extend(of_inbox(&counts));
    }
    if let Some(rows) = seen.rows().await {
        gauges.push(Gauge { name: "imchat_bot_outbox_depth", labels: Vec::new(), value: rows.open as f64 });
        gauges.push(dead("outbox", rows.dead));
        gauges.extend(rows.plans.into_iter().map(|(state, plans)| Gauge {
            name: "imchat_bot_plans",
            labels: vec![("state", state)],
            value: plans as f64,
        }));
    }
    let text = seen.telemetry.text(&gauges);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

fn dead(of: &'static str, letters: u64) -> Gauge {
    Gauge { name: "imchat_bot_dead_letters", labels: vec![("of", of)], value: letters as f64 }
}

fn of_inbox(counts: &Counts) -> Vec<Gauge> {
    let depth =
        |state, jobs: u64| Gauge { name: "imchat_bot_queue_depth", labels: vec![("state", state)], value: jobs as f64 };
    let nanos = |at: OffsetDateTime| at.unix_timestamp_nanos();
    let age = counts.oldest.map_or(0, |oldest| nanos(OffsetDateTime::now_utc()).saturating_sub(nanos(oldest)).max(0));
    vec![
        depth("ready", counts.ready),
        depth("blocked", counts.blocked),
        depth("waiting", counts.waiting),
        depth("leased", counts.leased),
        Gauge { name: "imchat_bot_queue_age_seconds", labels: Vec::new(), value: age as f64 / 1e9 },
        dead("inbox", counts.dead),
    ]
}

/// Rows of the bot's own tables.
#[derive(Debug, Clone)]
struct Rows {
    /// To be said.
    open: u64,
    dead: u64,
    /// Plans by their states.
    plans: Vec<(&'static str, u64)>,
}

impl<I: Upkeep> Seen<I> {
    async fn counts(&self) -> Option<Counts> {
        match tokio::time::timeout(WITHIN, self.inbox.counts()).await {
            Ok(Ok(counts)) => return Some(counts),
            Ok(Err(error)) => warn!(%error, "the inbox does not answer"),
            Err(_) => warn!("the inbox's database takes longer than a second to answer"),
        }
        None
    }

    async fn rows(&self) -> Option<Rows> {
        tokio::time::timeout(WITHIN, rows(&self.state)).await.ok()?.ok()
    }

    /// What there is when the process ends.
    pub(super) async fn left(&self) -> Stopped {
        let (counts, rows) = (self.counts().await, self.rows().await);
        Stopped {
            jobs: counts.map(|counts| counts.depth()),
            unsaid: rows.as_ref().map(|rows| rows.open),
            dead: counts.zip(rows).map(|(counts, rows)| counts.dead.saturating_add(rows.dead)),
        }
    }
}

async fn rows(state: &State) -> Result<Rows, StateError> {
    let mut tx = state.read().await?;
    let sql = "SELECT count(CASE WHEN state IN ('waiting', 'sending') THEN 1 END) AS open, \
        count(CASE WHEN state = 'dead' THEN 1 END) AS dead FROM bot_outbox";
    let row = tx.query(sql).row().await?.ok_or(StateError::Row("open"))?;
    let count = |row: &Row, column| Ok::<_, StateError>(u64::try_from(row.number(column)?).unwrap_or(0));
    let (open, dead) = (count(&row, "open")?, count(&row, "dead")?);
    let mut plans = Vec::new();
    for row in tx.query("SELECT state, count(*) AS plans FROM bot_plans GROUP BY state").rows().await? {
        let state = PlanState::read(&row.text("state")?).ok_or(StateError::Row("state"))?;
        plans.push((state.as_str(), count(&row, "plans")?));
    }
    Ok(Rows { open, dead, plans })
}
