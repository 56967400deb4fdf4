//! Notices between processes: who wrote a job tells the workers of the others.
//!
//! A notice is a hint; what it does not reach, polling finds. It goes out on its own, after the commit and not in it: a
//! transaction with a notice in it takes a lock that all such transactions of the database share.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::sync::Notify;

use crate::InboxError;

const CHANNEL: &str = "imchat_inbox";

/// While jobs pour in, one notice for so long is enough.
const PAUSE: Duration = Duration::from_millis(5);

/// How long to wait before listening again after the connection broke.
const AGAIN: Duration = Duration::from_secs(1);

/// Sends a notice for each time it is told, several in one where they come fast.
pub(super) async fn send(pool: PgPool, tell: Arc<Notify>, from: String) {
    // The name is the schema's and the process's numbers, without a quote.
    let sql = format!("BEGIN; SET LOCAL synchronous_commit TO off; NOTIFY {CHANNEL}, '{from}'; COMMIT");
    loop {
        tell.notified().await;
        if let Err(error) = sqlx::raw_sql(AssertSqlSafe(sql.as_str())).execute(&pool).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "a notice was not sent; polling will find the job"
            );
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Wakes a worker at each notice of another process for the same tables.
pub(super) async fn hear(pool: PgPool, due: Arc<Notify>, schema: String, from: String) {
    loop {
        match listen(&pool, &due, &schema, &from).await {
            Ok(()) => return,
            Err(error) => tracing::debug!(
                error = &error as &dyn std::error::Error,
                "notices are not heard; polling will find jobs until they are"
            ),
        }
        tokio::time::sleep(AGAIN).await;
        // What was missed meanwhile.
        due.notify_one();
    }
}

async fn listen(pool: &PgPool, due: &Notify, schema: &str, from: &str) -> Result<(), InboxError> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        match listener.try_recv().await {
            Ok(Some(notice)) => {
                let payload = notice.payload();
                if payload != from && payload.rsplit_once('/').is_some_and(|(of, _)| of == schema) {
                    due.notify_one();
                }
            }
            // It has connected again; something may have been missed.
            Ok(None) => due.notify_one(),
            Err(sqlx::Error::PoolClosed) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}
