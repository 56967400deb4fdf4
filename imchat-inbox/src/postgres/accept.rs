//! New rows, and what a key that is taken means.

use std::borrow::Cow;
use std::collections::HashSet;

use imchat_verify::dedup::DedupKey;
use imchat_verify::inbox::{Accepted, Differs};
use sqlx::{PgConnection, Row as _};

use super::acts;
use super::lanes::Lanes;
use crate::InboxError;
use crate::row::{self, Columns, Row};
use crate::writer::Entry;

/// A batch is one statement, whose parameters are its columns as arrays.
const INSERT: &str = "INSERT INTO inbox_deliveries (key, digest, witness, same_bytes, redelivers, provider, endpoint, \
    kind, event_type, event_id, tenant, lane, sent_at, received_at, trace, priority, most_attempts, sealed, headers, \
    body, accepted_at, state, head, due_at) \
    SELECT key, digest, witness, same_bytes, redelivers, provider, endpoint, kind, event_type, event_id, tenant, lane, \
    sent_at, received_at, trace, priority, most_attempts, sealed, headers, body, inbox_micros(), \
    CASE WHEN run_at > inbox_micros() THEN 1 ELSE 0 END, lane IS NULL, coalesce(run_at, inbox_micros()) \
    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bool[], $5::bool[], $6::text[], $7::text[], $8::text[], \
    $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::bigint[], $15::text[], $16::bigint[], \
    $17::bigint[], $18::bool[], $19::bytea[], $20::bytea[], $21::bigint[]) \
    AS new (key, digest, witness, same_bytes, redelivers, provider, endpoint, kind, event_type, event_id, tenant, lane, \
    sent_at, received_at, trace, priority, most_attempts, sealed, headers, body, run_at) \
    ON CONFLICT (key) DO NOTHING RETURNING key";

/// How often a row is tried whose key is there when it is written, and gone when it is looked at.
const TRIES: u32 = 3;

/// Writes down what is new, in the order given, and returns its keys: one statement that needs no transaction around it,
/// where no row has a lane.
pub(super) async fn new(db: &mut PgConnection, rows: &[Row]) -> Result<HashSet<DedupKey>, InboxError> {
    let mut keys = HashSet::new();
    let first: Vec<&Row> = rows.iter().filter(|row| keys.insert(row.key)).collect();
    insert(db, &first).await
}

/// Says of each row what it was, where those of these keys are new. Its lanes are locked.
pub(super) async fn rows(
    db: &mut PgConnection,
    rows: &[Row],
    mut new: HashSet<DedupKey>,
    retention: i64,
    lanes: &mut Lanes,
) -> Result<Vec<Accepted>, InboxError> {
    let mut accepted = Vec::with_capacity(rows.len());
    for row in rows {
        accepted.push(if new.remove(&row.key) { Accepted::New } else { taken(db, row, retention, lanes).await? });
    }
    lanes.due |= accepted.contains(&Accepted::New);
    Ok(accepted)
}

/// A text as PostgreSQL takes it: without NUL, which JSON can spell.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}").into() } else { text.into() }
}

/// Returns the keys that were not there.
async fn insert(db: &mut PgConnection, rows: &[&Row]) -> Result<HashSet<DedupKey>, InboxError> {
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    fn column<'r, T>(rows: &[&'r Row], of: impl Fn(&'r Row) -> T) -> Vec<T> {
        rows.iter().map(|row| of(row)).collect()
    }
    let inserted = sqlx::query(INSERT)
        .bind(column(rows, |row| row.key.as_bytes()))
        .bind(column(rows, |row| row.digest.as_slice()))
        .bind(column(rows, |row| row.witness.as_ref().map(<[u8; 32]>::as_slice)))
        .bind(column(rows, |row| row.same_bytes))
        .bind(column(rows, |row| row.redelivers))
        .bind(column(rows, |row| text(&row.provider)))
        .bind(column(rows, |row| row.endpoint.as_deref().map(text)))
        .bind(column(rows, |row| text(&row.kind)))
        .bind(column(rows, |row| row.event_type.as_deref().map(text)))
        .bind(column(rows, |row| row.event_id.as_deref().map(text)))
        .bind(column(rows, |row| row.tenant.as_deref().map(text)))
        .bind(column(rows, |row| row.lane.as_deref().map(text)))
        .bind(column(rows, |row| row.sent_at))
        .bind(column(rows, |row| row.received_at))
        .bind(column(rows, |row| row.trace.as_deref().map(text)))
        .bind(column(rows, |row| row.priority))
        .bind(column(rows, |row| row.most_attempts))
        .bind(column(rows, |row| row.sealed))
        .bind(column(rows, |row| row.headers.as_slice()))
        .bind(column(rows, |row| &row.body[..]))
        .bind(column(rows, |row| row.run_at))
        .fetch_all(db)
        .await?;
    inserted.iter().map(|row| Ok(DedupKey::from_bytes(row.try_get(0)?))).collect()
}

/// What a delivery is whose key is there already.
async fn taken(db: &mut PgConnection, row: &Row, retention: i64, lanes: &mut Lanes) -> Result<Accepted, InboxError> {
    for _ in 0..TRIES {
        let standing = sqlx::query(
            "SELECT id, digest, witness, state, state = 3 AND finished_at <= inbox_micros() - $2 AS over \
             FROM inbox_deliveries WHERE key = $1",
        )
        .bind(row.key.as_bytes())
        .bind(retention)
        .fetch_optional(&mut *db)
        .await?;
        match standing {
            Some(standing) if !standing.flag("over")? => return stands(db, row, &standing, lanes).await,
            Some(over) => acts::forget(db, over.number("id")?).await?,
            // It was purged between the two statements.
            None => {}
        }
        if insert(db, &[row]).await?.contains(&row.key) {
            return Ok(Accepted::New);
        }
    }
    Err(InboxError::Row("key: others write and purge it all the time"))
}

async fn stands(
    db: &mut PgConnection,
    row: &Row,
    standing: &impl Columns,
    lanes: &mut Lanes,
) -> Result<Accepted, InboxError> {
    let same = row::digest(standing.bytes("digest")?)? == row.digest;
    if !same && row.same_bytes {
        quarantine(db, row).await?;
        return Ok(Accepted::Mismatch);
    }
    if standing.number("state")? == row::DEAD && row.redelivers {
        acts::rearm(db, standing.number("id")?, Entry::REDELIVERED, lanes).await?;
    }
    let witness = standing.maybe_bytes("witness")?.map(row::digest).transpose()?;
    let differs = match (same, witness, row.witness) {
        (false, ..) => Differs::Body,
        (true, Some(first), Some(this)) if first != this => Differs::DeliveryId,
        (true, ..) => Differs::Nothing,
    };
    Ok(Accepted::Duplicate { differs })
}

async fn quarantine(db: &mut PgConnection, row: &Row) -> Result<(), InboxError> {
    sqlx::query(
        "INSERT INTO inbox_quarantine (key, digest, provider, kind, received_at, stored_at, sealed, headers, body) \
         VALUES ($1, $2, $3, $4, $5, inbox_micros(), $6, $7, $8) ON CONFLICT (key, digest) DO NOTHING",
    )
    .bind(row.key.as_bytes())
    .bind(row.digest.as_slice())
    .bind(text(&row.provider))
    .bind(text(&row.kind))
    .bind(row.received_at)
    .bind(row.sealed)
    .bind(row.headers.as_slice())
    .bind(&row.body[..])
    .execute(db)
    .await?;
    Ok(())
}
