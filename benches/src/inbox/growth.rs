//! What an inbox costs that has seen millions: accepts beside one that has seen ten thousand.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use imchat_inbox::SqliteInbox;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteSynchronous;

use super::accepts;
use crate::rounds;

/// Deliveries that a busy inbox remembers.
pub const MANY: i64 = 5_000_000;
/// Deliveries that an inbox remembers on its first day.
pub const FEW: i64 = 10_000;

/// Accepts in a second by round, at so many tombstones and at [`FEW`], in files in this directory; it is removed.
pub async fn growth(directory: &Path, rows: i64, rounds: usize, slice: Duration) -> Result<(Vec<f64>, Vec<f64>)> {
    std::fs::create_dir_all(directory)?;
    let (many, few) = (filled(&directory.join("many.db"), rows).await?, filled(&directory.join("few.db"), FEW).await?);
    let (mut of_many, mut of_few) = (Vec::new(), Vec::new());
    // The first round is the warm-up.
    for round in 0..=rounds {
        for place in rounds::order(round, 2) {
            let (inbox, rates) = if place == 0 { (&many, &mut of_many) } else { (&few, &mut of_few) };
            let rate = accepts(inbox, slice).await?;
            if round > 0 {
                rates.push(rate);
            }
        }
    }
    drop((many, few));
    std::fs::remove_dir_all(directory)?;
    Ok((of_many, of_few))
}

/// An inbox with so many tombstones, written by one statement in the order of their keys, which is quick; the keys that
/// come after lie between them.
async fn filled(file: &Path, rows: i64) -> Result<SqliteInbox> {
    let inbox = SqliteInbox::open(file).await?;
    let mut db = inbox.options().clone().synchronous(SqliteSynchronous::Off).connect().await?;
    let filled = sqlx::query(
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $1) \
         INSERT INTO inbox_deliveries (key, digest, same_bytes, redelivers, provider, kind, event_type, tenant, \
         received_at, priority, most_attempts, accepted_at, state, head, due_at, fence, attempt, finished_at, sealed) \
         SELECT CAST(printf('slack:Ev%08x00000000', i * (4294967296 / $1)) AS BLOB), zeroblob(32), FALSE, FALSE, \
         'slack', 'events', 'message', 'T012AB3CD', 0, 0, 12, 0, 3, TRUE, 0, 1, 1, 4000000000000000 + i, FALSE FROM n",
    )
    .bind(rows)
    .execute(&mut db)
    .await?
    .rows_affected();
    ensure!(filled == rows.unsigned_abs(), "not all of the rows were filled in");
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut db).await?;
    Ok(inbox)
}
