//! Deliveries as rows: the columns, and the way there and back.

mod headers;
mod stored;
mod told;

use bytes::Bytes;
use imchat_verify::dedup::DedupKey;
use imchat_verify::scheme::Attempts;

use crate::clock::micros;
use crate::{InboxError, NewJob};
pub(crate) use stored::{Columns, Stored, digest};
pub(crate) use told::{COUNTS, audited, counts, dead_letter, quarantined};

/// A job that has its turn.
pub(crate) const READY: i64 = 0;
/// A job that waits for its time: scheduled, or to be tried again.
pub(crate) const WAITING: i64 = 1;
/// A job that a worker has, until its time.
pub(crate) const LEASED: i64 = 2;
/// A tombstone: the work is done, the key is remembered.
pub(crate) const DONE: i64 = 3;
/// A dead letter.
pub(crate) const DEAD: i64 = 4;

/// What does not change from row to row.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) most_bytes: usize,
    pub(crate) attempts: u32,
    pub(crate) seal: Option<crate::seal::Seal>,
}

/// A new row, its columns in the shape that both databases take.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) key: DedupKey,
    pub(crate) digest: [u8; 32],
    pub(crate) witness: Option<[u8; 32]>,
    pub(crate) same_bytes: bool,
    pub(crate) redelivers: bool,
    pub(crate) provider: String,
    pub(crate) endpoint: Option<String>,
    pub(crate) kind: String,
    pub(crate) event_type: Option<String>,
    pub(crate) event_id: Option<String>,
    pub(crate) tenant: Option<String>,
    pub(crate) lane: Option<String>,
    pub(crate) headers: Vec<u8>,
    pub(crate) body: Bytes,
    pub(crate) sealed: bool,
    pub(crate) sent_at: Option<i64>,
    pub(crate) received_at: i64,
    pub(crate) trace: Option<String>,
    pub(crate) priority: i64,
    pub(crate) run_at: Option<i64>,
    pub(crate) most_attempts: i64,
}

impl Row {
    /// The row of a job; refuses a body over the limit.
    pub(crate) fn of(job: NewJob, rules: &Rules) -> Result<Self, InboxError> {
        let NewJob { delivery, run_at, priority, attempts } = job;
        let bytes = delivery.body.len();
        if bytes > rules.most_bytes {
            return Err(InboxError::TooLarge { bytes, most: rules.most_bytes });
        }
        let body = match &rules.seal {
            Some(seal) => seal.seal(&delivery.key, &delivery.body),
            None => delivery.body,
        };
        Ok(Self {
            key: delivery.key,
            digest: delivery.digest,
            witness: delivery.witness,
            same_bytes: delivery.attempts == Attempts::SameBytes,
            redelivers: delivery.redelivers,
            provider: delivery.provider.into_owned(),
            endpoint: delivery.endpoint,
            kind: delivery.kind.into_owned(),
            event_type: delivery.event_type,
            event_id: delivery.event_id,
            tenant: delivery.tenant,
            lane: delivery.lane,
            headers: headers::encode(&delivery.headers),
            body,
            sealed: rules.seal.is_some(),
            sent_at: delivery.sent_at.map(micros),
            received_at: micros(delivery.received_at),
            trace: delivery.trace,
            priority: i64::from(priority),
            run_at: run_at.map(micros),
            most_attempts: i64::from(attempts.unwrap_or(rules.attempts).max(1)),
        })
    }

    /// The state in which it starts: due at once unless it is scheduled for later than now.
    #[cfg(feature = "sqlite")]
    pub(crate) fn starts(&self, now: i64) -> i64 {
        if self.run_at.is_some_and(|at| at > now) { WAITING } else { READY }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.body.len().saturating_add(self.headers.len())
    }
}
