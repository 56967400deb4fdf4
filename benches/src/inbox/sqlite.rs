//! SQLite: the inbox, one INSERT in a transaction each, and one INSERT of many rows.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use imchat_inbox::SqliteInbox;
use imchat_verify::inbox::Delivery;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Sqlite, SqliteConnection};
use tokio::sync::Mutex;

use super::row::delivery;
use super::{Figures, IN_FLIGHT, accepts, drain, rate};
use crate::rounds;

/// Races them on files in a directory, which is removed.
pub async fn sqlite(directory: &Path, rounds: usize, slice: Duration) -> Result<Figures> {
    std::fs::create_dir_all(directory)?;
    let inbox = SqliteInbox::open(directory.join("inbox.db")).await?;
    let one_each = Arc::new(Mutex::new(connect(&directory.join("one-each.db")).await?));
    let many_rows = Arc::new(Mutex::new(connect(&directory.join("many-rows.db")).await?));
    let mut figures = Figures::default();
    for round in 0..rounds {
        for place in rounds::order(round, 3) {
            match place {
                0 => {
                    let (before, start) = (inbox.commits(), Instant::now());
                    let rate = accepts(&inbox, slice).await?;
                    let commits = inbox.commits() - before;
                    figures.ours.push(rate);
                    figures.to_a_commit.push(rate * start.elapsed().as_secs_f64() / commits as f64);
                }
                // On one connection: more of them would only wait for each other.
                1 => {
                    let db = Arc::clone(&one_each);
                    figures.one_each.push(rate(IN_FLIGHT, slice, move || insert(Arc::clone(&db), 1)).await?);
                }
                _ => {
                    let db = Arc::clone(&many_rows);
                    figures.many_rows.push(rate(1, slice, move || insert(Arc::clone(&db), IN_FLIGHT)).await?);
                }
            }
        }
    }
    figures.drained = drain(&inbox, slice).await?;
    drop(inbox);
    std::fs::remove_dir_all(directory)?;
    Ok(figures)
}

/// A connection as sqlx gives it, to a file of the inbox's own tables, and as durable as the inbox.
async fn connect(file: &Path) -> Result<SqliteConnection> {
    drop(SqliteInbox::open(file).await?);
    let options = SqliteConnectOptions::new().filename(file).journal_mode(SqliteJournalMode::Wal);
    Ok(options.synchronous(SqliteSynchronous::Full).disable_statement_logging().connect().await?)
}

async fn insert(db: Arc<Mutex<SqliteConnection>>, rows: usize) -> Result<u64> {
    let deliveries: Vec<Delivery> = (0..rows).map(|_| delivery()).collect();
    let row = "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
    let sql = format!(
        "INSERT INTO inbox_deliveries (key, digest, witness, same_bytes, redelivers, provider, endpoint, kind, \
         event_type, event_id, tenant, lane, sent_at, received_at, trace, priority, most_attempts, accepted_at, state, \
         head, due_at, sealed, headers, body) VALUES {} ON CONFLICT (key) DO NOTHING",
        vec![row; rows].join(",")
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for delivery in &deliveries {
        query = bind(query, delivery);
    }
    let inserted = query.execute(&mut *db.lock().await).await?.rows_affected();
    ensure!(inserted == rows as u64, "a new key was not new");
    Ok(inserted)
}

fn bind<'q>(query: Query<'q, Sqlite, SqliteArguments>, delivery: &Delivery) -> Query<'q, Sqlite, SqliteArguments> {
    query
        .bind(delivery.key.as_bytes())
        .bind(delivery.digest.as_slice())
        .bind(None::<&[u8]>)
        .bind(false)
        .bind(false)
        .bind(&*delivery.provider)
        .bind(delivery.endpoint.as_deref())
        .bind(&*delivery.kind)
        .bind(delivery.event_type.as_deref())
        .bind(delivery.event_id.as_deref())
        .bind(delivery.tenant.as_deref())
        .bind(delivery.lane.as_deref())
        .bind(None::<i64>)
        .bind(0_i64)
        .bind(None::<&str>)
        .bind(0_i64)
        .bind(12_i64)
        .bind(0_i64)
        .bind(0_i64)
        .bind(true)
        .bind(0_i64)
        .bind(false)
        .bind(&b""[..])
        .bind(&delivery.body[..])
}
