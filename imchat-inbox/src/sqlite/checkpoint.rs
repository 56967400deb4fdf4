//! The write-ahead log goes back into the file beside the writer, not in its commits.
//!
//! Keys come in no order: of a large inbox, every delivery has another page of their index to write back, and callers would
//! wait for all of them at every checkpoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::SqliteConnection;

/// How often to look whether there were commits.
const EVERY: Duration = Duration::from_millis(250);

/// Pages in the log after which the writer sees to it itself: while it writes without a pause, only it can start the log
/// anew, and most is written back by then.
pub(super) const AT_MOST: &str = "32000";

/// Writes back what was committed, until the inbox is gone.
pub(super) async fn run(mut db: SqliteConnection, commits: Arc<AtomicU64>) {
    let mut seen = 0;
    loop {
        tokio::time::sleep(EVERY).await;
        let now = commits.load(Ordering::Relaxed);
        if now == seen {
            continue;
        }
        seen = now;
        if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&mut db).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "the log was not written back; the writer will do it"
            );
        }
    }
}
