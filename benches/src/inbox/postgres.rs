//! PostgreSQL: the inbox, and one INSERT each on 16 connections.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use imchat_inbox::PostgresInbox;
use server::Server;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, PgPool};

use super::row::delivery;
use super::{Figures, IN_FLIGHT, accepts, drain, rate};
use crate::rounds;

// The server of the inbox's tests, so that there is one way to start one.
#[path = "../../../imchat-inbox/tests/it/postgres/server.rs"]
mod server;

const CONNECTIONS: u32 = 16;

/// Races them in schemas of a server that is started in a directory which is not there yet; the inner error says why there
/// is no server.
pub async fn postgres(directory: PathBuf, rounds: usize, slice: Duration) -> Result<Result<Figures, String>> {
    let server = match start(directory) {
        Ok(server) => server,
        Err(why) => return Ok(Err(why)),
    };
    let inbox = PostgresInbox::builder().open_with(schema(&server, "inbox").await?).await?;
    let peer = schema(&server, "peer").await?;
    drop(PostgresInbox::builder().open_with(peer.clone()).await?);
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .min_connections(CONNECTIONS)
        .test_before_acquire(false)
        .connect_with(peer.disable_statement_logging())
        .await?;
    let mut figures = Figures::default();
    for round in 0..rounds {
        for place in rounds::order(round, 2) {
            if place == 0 {
                let (before, start) = (inbox.commits(), Instant::now());
                let rate = accepts(&inbox, slice).await?;
                let commits = inbox.commits() - before;
                figures.ours.push(rate);
                figures.to_a_commit.push(rate * start.elapsed().as_secs_f64() / commits as f64);
            } else {
                let pool = pool.clone();
                figures.one_each.push(rate(IN_FLIGHT, slice, move || insert(pool.clone())).await?);
            }
        }
    }
    figures.drained = drain(&inbox, slice).await?;
    Ok(Ok(figures))
}

pub(super) fn start(directory: PathBuf) -> Result<Server, String> {
    Server::start(directory, "-c shared_buffers=256MB -c max_wal_size=4GB")
}

pub(super) async fn schema(server: &Server, name: &'static str) -> Result<PgConnectOptions> {
    let mut db = server.options().connect().await?;
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE SCHEMA {name}"))).execute(&mut db).await?;
    Ok(server.options().options([("search_path", name), ("synchronous_commit", "on")]))
}

async fn insert(pool: PgPool) -> Result<u64> {
    let delivery = delivery();
    let inserted = sqlx::query(
        "INSERT INTO inbox_deliveries (key, digest, witness, same_bytes, redelivers, provider, endpoint, kind, \
         event_type, event_id, tenant, lane, sent_at, received_at, trace, priority, most_attempts, accepted_at, state, \
         head, due_at, sealed, headers, body) VALUES ($1, $2, NULL, FALSE, FALSE, $3, $4, $5, $6, $7, $8, $9, NULL, 0, \
         NULL, 0, 12, 0, 0, TRUE, 0, FALSE, $10, $11) ON CONFLICT (key) DO NOTHING",
    )
    .bind(delivery.key.as_bytes())
    .bind(delivery.digest.as_slice())
    .bind(&*delivery.provider)
    .bind(delivery.endpoint.as_deref())
    .bind(&*delivery.kind)
    .bind(delivery.event_type.as_deref())
    .bind(delivery.event_id.as_deref())
    .bind(delivery.tenant.as_deref())
    .bind(delivery.lane.as_deref())
    .bind(&b""[..])
    .bind(&delivery.body[..])
    .execute(&pool)
    .await?
    .rows_affected();
    ensure!(inserted == 1, "a new key was not new");
    Ok(inserted)
}
