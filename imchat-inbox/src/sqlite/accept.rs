//! New rows, and what a key that is taken means.

use std::collections::HashSet;

use imchat_verify::dedup::DedupKey;
use imchat_verify::inbox::{Accepted, Differs};
use sqlx::{Row as _, SqliteConnection};

use super::acts;
use super::lanes::Lanes;
use super::values::{self, Query, ROWS};
use crate::InboxError;
use crate::row::{self, Columns, Row};
use crate::writer::Entry;

const INSERT: &str = "INSERT INTO inbox_deliveries (key, digest, witness, same_bytes, redelivers, provider, endpoint, \
    kind, event_type, event_id, tenant, lane, sent_at, received_at, trace, priority, most_attempts, accepted_at, state, \
    head, due_at, sealed, headers, body) VALUES ";
const COLUMNS: usize = 24;

/// Writes down what is new, in the order given, and returns its keys.
pub(super) async fn new(db: &mut SqliteConnection, rows: &[Row], now: i64) -> Result<HashSet<DedupKey>, InboxError> {
    let mut keys = HashSet::new();
    let first: Vec<&Row> = rows.iter().filter(|row| keys.insert(row.key)).collect();
    let mut new = HashSet::new();
    for chunk in first.chunks(ROWS) {
        insert(db, chunk, now, &mut new).await?;
    }
    Ok(new)
}

/// Says of each row what it was, where those of these keys are new.
pub(super) async fn rows(
    db: &mut SqliteConnection,
    rows: &[Row],
    mut new: HashSet<DedupKey>,
    at: Moment,
    lanes: &mut Lanes,
) -> Result<Vec<Accepted>, InboxError> {
    let mut accepted = Vec::with_capacity(rows.len());
    for row in rows {
        accepted.push(if new.remove(&row.key) {
            lanes.touch(row);
            Accepted::New
        } else {
            taken(db, row, at, lanes).await?
        });
    }
    Ok(accepted)
}

/// The time of a transaction, and how long keys are remembered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) now: i64,
    pub(super) retention: i64,
}

impl Moment {
    /// The time before which finished jobs are forgotten.
    pub(super) const fn forgotten(self) -> i64 {
        self.now.saturating_sub(self.retention)
    }
}

/// Adds the keys that were not there to `new`.
///
/// Rows come back one by one through a channel, which costs more than to write them, so nothing is returned. Where not all
/// were new, those that were are the last of these keys: what was there before has lower numbers.
async fn insert(
    db: &mut SqliteConnection,
    rows: &[&Row],
    now: i64,
    new: &mut HashSet<DedupKey>,
) -> Result<(), InboxError> {
    let mut query = values::query(INSERT, rows.len(), COLUMNS, " ON CONFLICT (key) DO NOTHING");
    for row in rows {
        query = bind(query, row, now);
    }
    let inserted = query.execute(&mut *db).await?.rows_affected();
    if inserted == rows.len() as u64 {
        new.extend(rows.iter().map(|row| row.key));
    } else if inserted > 0 {
        let before = "SELECT key FROM inbox_deliveries WHERE key IN (VALUES ";
        let mut query = values::query(before, rows.len(), 1, ") ORDER BY id DESC LIMIT ?");
        for row in rows {
            query = query.bind(row.key.as_bytes());
        }
        let last = query.bind(i64::try_from(inserted).unwrap_or(i64::MAX)).fetch_all(&mut *db).await?;
        for row in last {
            new.insert(DedupKey::from_bytes(row.try_get(0)?));
        }
    }
    Ok(())
}

fn bind<'q>(query: Query<'q>, row: &Row, now: i64) -> Query<'q> {
    query
        .bind(row.key.as_bytes())
        .bind(row.digest.as_slice())
        .bind(row.witness.as_ref().map(<[u8; 32]>::as_slice))
        .bind(row.same_bytes)
        .bind(row.redelivers)
        .bind(row.provider.as_str())
        .bind(row.endpoint.as_deref())
        .bind(row.kind.as_str())
        .bind(row.event_type.as_deref())
        .bind(row.event_id.as_deref())
        .bind(row.tenant.as_deref())
        .bind(row.lane.as_deref())
        .bind(row.sent_at)
        .bind(row.received_at)
        .bind(row.trace.as_deref())
        .bind(row.priority)
        .bind(row.most_attempts)
        .bind(now)
        .bind(row.starts(now))
        .bind(row.lane.is_none())
        .bind(row.run_at.unwrap_or(now))
        .bind(row.sealed)
        .bind(row.headers.as_slice())
        .bind(&row.body[..])
}

/// What a delivery is whose key is there already.
async fn taken(db: &mut SqliteConnection, row: &Row, at: Moment, lanes: &mut Lanes) -> Result<Accepted, InboxError> {
    let standing =
        sqlx::query("SELECT id, digest, witness, state, finished_at, lane FROM inbox_deliveries WHERE key = $1")
            .bind(row.key.as_bytes())
            .fetch_one(&mut *db)
            .await?;
    let id = standing.number("id")?;
    let state = standing.number("state")?;
    if state == row::DONE && standing.maybe_number("finished_at")?.is_some_and(|at_end| at_end <= at.forgotten()) {
        acts::forget(db, id).await?;
        insert(db, &[row], at.now, &mut HashSet::new()).await?;
        lanes.touch(row);
        return Ok(Accepted::New);
    }
    let same = row::digest(standing.bytes("digest")?)? == row.digest;
    if !same && row.same_bytes {
        quarantine(db, row, at.now).await?;
        return Ok(Accepted::Mismatch);
    }
    if state == row::DEAD && row.redelivers {
        acts::rearm(db, id, at.now, Entry::REDELIVERED, lanes).await?;
    }
    let witness = standing.maybe_bytes("witness")?.map(row::digest).transpose()?;
    let differs = match (same, witness, row.witness) {
        (false, ..) => Differs::Body,
        (true, Some(first), Some(this)) if first != this => Differs::DeliveryId,
        (true, ..) => Differs::Nothing,
    };
    Ok(Accepted::Duplicate { differs })
}

async fn quarantine(db: &mut SqliteConnection, row: &Row, now: i64) -> Result<(), InboxError> {
    sqlx::query(
        "INSERT INTO inbox_quarantine (key, digest, provider, kind, received_at, stored_at, sealed, headers, body) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (key, digest) DO NOTHING",
    )
    .bind(row.key.as_bytes())
    .bind(row.digest.as_slice())
    .bind(row.provider.as_str())
    .bind(row.kind.as_str())
    .bind(row.received_at)
    .bind(now)
    .bind(row.sealed)
    .bind(row.headers.as_slice())
    .bind(&row.body[..])
    .execute(db)
    .await?;
    Ok(())
}
