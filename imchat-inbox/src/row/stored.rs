//! Rows as they are read back.

use bytes::Bytes;
use imchat_verify::dedup::{DedupKey, Fence};
use imchat_verify::inbox::Delivery;
use imchat_verify::scheme::Attempts;
use sqlx::{ColumnIndex, Database, Decode, Type};

use super::headers;
use crate::clock::instant;
use crate::{InboxError, Job, JobLease};

/// Rows of either database: what they are made of is read in the same way.
pub(crate) trait Columns {
    fn bytes(&self, column: &'static str) -> Result<Vec<u8>, InboxError>;
    fn number(&self, column: &'static str) -> Result<i64, InboxError>;
    fn text(&self, column: &'static str) -> Result<String, InboxError>;
    fn flag(&self, column: &'static str) -> Result<bool, InboxError>;
    fn maybe_bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>, InboxError>;
    fn maybe_number(&self, column: &'static str) -> Result<Option<i64>, InboxError>;
    fn maybe_text(&self, column: &'static str) -> Result<Option<String>, InboxError>;
}

impl<R> Columns for R
where
    R: sqlx::Row,
    for<'c> &'c str: ColumnIndex<R>,
    for<'r> Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> String: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> bool: Decode<'r, R::Database> + Type<R::Database>,
    R::Database: Database,
{
    fn bytes(&self, column: &'static str) -> Result<Vec<u8>, InboxError> {
        self.try_get(column).map_err(|_| InboxError::Row(column))
    }
    fn number(&self, column: &'static str) -> Result<i64, InboxError> {
        self.try_get(column).map_err(|_| InboxError::Row(column))
    }
    fn text(&self, column: &'static str) -> Result<String, InboxError> {
        self.try_get(column).map_err(|_| InboxError::Row(column))
    }
    fn flag(&self, column: &'static str) -> Result<bool, InboxError> {
        self.try_get(column).map_err(|_| InboxError::Row(column))
    }
    fn maybe_bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>, InboxError> {
        self.try_get(column).map_err(|_| InboxError::Row(column))
    }
    fn maybe_number(&self, column: &'static str) -> Result<Option<i64>, InboxError> {
        self.try_get(column).map_err(|_| InboxError::Row(column))
    }
    fn maybe_text(&self, column: &'static str) -> Result<Option<String>, InboxError> {
        self.try_get(column).map_err(|_| InboxError::Row(column))
    }
}

/// A delivery as it stands in its row; its body may be sealed.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) id: i64,
    pub(crate) delivery: Delivery,
    pub(crate) sealed: bool,
    pub(crate) fence: Fence,
    pub(crate) attempt: u32,
    pub(crate) most_attempts: u32,
    pub(crate) priority: i32,
    /// When its lease ends, or when it is due.
    pub(crate) due_at: i64,
}

impl Stored {
    /// The columns that [`Self::read`] wants, for a `SELECT` or a `RETURNING`.
    pub(crate) const COLUMNS: &'static str = "id, key, digest, witness, same_bytes, redelivers, provider, endpoint, \
        kind, event_type, event_id, tenant, lane, headers, body, sealed, sent_at, received_at, trace, priority, \
        due_at, fence, attempt, most_attempts";

    pub(crate) fn read(row: &impl Columns) -> Result<Self, InboxError> {
        let key = DedupKey::from_bytes(&row.bytes("key")?);
        let body = row.maybe_bytes("body")?.unwrap_or_default();
        let mut delivery = Delivery::new(key, row.text("provider")?, body, instant(row.number("received_at")?));
        delivery.digest = digest(row.bytes("digest")?)?;
        delivery.witness = row.maybe_bytes("witness")?.map(digest).transpose()?;
        delivery.attempts = if row.flag("same_bytes")? { Attempts::SameBytes } else { Attempts::MayDiffer };
        delivery.redelivers = row.flag("redelivers")?;
        delivery.endpoint = row.maybe_text("endpoint")?;
        delivery.kind = row.text("kind")?.into();
        delivery.event_type = row.maybe_text("event_type")?;
        delivery.event_id = row.maybe_text("event_id")?;
        delivery.tenant = row.maybe_text("tenant")?;
        delivery.lane = row.maybe_text("lane")?;
        let headers = Bytes::from(row.maybe_bytes("headers")?.unwrap_or_default());
        delivery.headers = headers::decode(headers).ok_or(InboxError::Row("headers"))?;
        delivery.sent_at = row.maybe_number("sent_at")?.map(instant);
        delivery.trace = row.maybe_text("trace")?;
        let small = |name| u32::try_from(row.number(name)?).map_err(|_| InboxError::Row(name));
        Ok(Self {
            id: row.number("id")?,
            delivery,
            sealed: row.flag("sealed")?,
            fence: Fence::new(u64::try_from(row.number("fence")?).map_err(|_| InboxError::Row("fence"))?),
            attempt: small("attempt")?,
            most_attempts: small("most_attempts")?,
            priority: i32::try_from(row.number("priority")?).map_err(|_| InboxError::Row("priority"))?,
            due_at: row.number("due_at")?,
        })
    }

    pub(crate) const fn lease(&self) -> JobLease {
        JobLease::new(self.id, self.fence)
    }

    /// With its body open; `None` where it is sealed and cannot be opened.
    pub(crate) fn opened(mut self, seal: Option<&crate::seal::Seal>) -> Option<Self> {
        if self.sealed {
            self.delivery.body = seal?.open(&self.delivery.key, &self.delivery.body)?;
            self.sealed = false;
        }
        Some(self)
    }

    pub(crate) fn into_job(self) -> Job {
        Job {
            lease: self.lease(),
            delivery: self.delivery,
            attempt: self.attempt,
            most_attempts: self.most_attempts,
            priority: self.priority,
            until: instant(self.due_at),
        }
    }
}

pub(crate) fn digest(bytes: Vec<u8>) -> Result<[u8; 32], InboxError> {
    bytes.try_into().map_err(|_| InboxError::Row("digest"))
}
