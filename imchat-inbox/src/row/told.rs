//! Rows for people and metrics.

use imchat_verify::dedup::DedupKey;

use super::{Columns, digest};
use crate::clock::instant;
use crate::{Audited, Counts, DeadLetter, InboxError, Quarantined};

fn key(row: &impl Columns) -> Result<DedupKey, InboxError> {
    Ok(DedupKey::from_bytes(&row.bytes("key")?))
}

pub(crate) fn dead_letter(row: &impl Columns) -> Result<DeadLetter, InboxError> {
    Ok(DeadLetter {
        id: row.number("id")?,
        key: key(row)?,
        provider: row.text("provider")?,
        kind: row.text("kind")?,
        event_type: row.maybe_text("event_type")?,
        tenant: row.maybe_text("tenant")?,
        lane: row.maybe_text("lane")?,
        attempts: u32::try_from(row.number("attempt")?).map_err(|_| InboxError::Row("attempt"))?,
        why: row.maybe_text("why")?,
        accepted_at: instant(row.number("accepted_at")?),
        died_at: instant(row.number("finished_at")?),
    })
}

pub(crate) fn audited(row: &impl Columns) -> Result<Audited, InboxError> {
    Ok(Audited {
        id: row.number("id")?,
        delivery: row.number("delivery")?,
        key: key(row)?,
        act: row.text("act")?,
        who: row.text("who")?,
        why: row.text("why")?,
        at: instant(row.number("at")?),
    })
}

pub(crate) fn quarantined(row: &impl Columns) -> Result<Quarantined, InboxError> {
    Ok(Quarantined {
        id: row.number("id")?,
        key: key(row)?,
        digest: digest(row.bytes("digest")?)?,
        provider: row.text("provider")?,
        kind: row.text("kind")?,
        stored_at: instant(row.number("stored_at")?),
    })
}

/// What [`counts`] reads. Each count has an index that holds no more than what it counts.
pub(crate) const COUNTS: &str = "SELECT \
    (SELECT count(*) FROM inbox_deliveries WHERE state = 0 AND head) AS ready, \
    (SELECT count(*) FROM inbox_deliveries WHERE state = 0 AND NOT head) AS blocked, \
    (SELECT count(*) FROM inbox_deliveries WHERE state = 1) AS waiting, \
    (SELECT count(*) FROM inbox_deliveries WHERE state = 2) AS leased, \
    (SELECT count(*) FROM inbox_deliveries WHERE state = 4) AS dead, \
    (SELECT count(*) FROM inbox_quarantine) AS quarantined, \
    (SELECT accepted_at FROM inbox_deliveries WHERE id = (SELECT min(id) FROM (\
        SELECT min(id) AS id FROM inbox_deliveries WHERE state = 0 AND head \
        UNION ALL SELECT min(id) FROM inbox_deliveries WHERE state = 0 AND NOT head) AS first)) AS oldest";

pub(crate) fn counts(row: &impl Columns) -> Result<Counts, InboxError> {
    let count = |name| u64::try_from(row.number(name)?).map_err(|_| InboxError::Row(name));
    Ok(Counts {
        ready: count("ready")?,
        blocked: count("blocked")?,
        waiting: count("waiting")?,
        leased: count("leased")?,
        dead: count("dead")?,
        quarantined: count("quarantined")?,
        oldest: row.maybe_number("oldest")?.map(instant),
    })
}
