//! Dead letters, and what people do with them.

use std::future::Future;

use imchat_verify::dedup::DedupKey;
use imchat_verify::inbox::Delivery;
use time::OffsetDateTime;

use crate::InboxError;

/// A job that no attempt will better, kept with its body until a person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// Its number in the inbox.
    pub id: i64,
    /// The key under which it was accepted.
    pub key: DedupKey,
    /// The scheme's name.
    pub provider: String,
    /// The name of the kind of delivery.
    pub kind: String,
    /// The event's type in the platform's words.
    pub event_type: Option<String>,
    /// The workspace, team or organisation.
    pub tenant: Option<String>,
    /// The lane it was in; the lane has gone on without it.
    pub lane: Option<String>,
    /// The attempts that were made.
    pub attempts: u32,
    /// Why the last one failed, or why it was given up.
    pub why: Option<String>,
    /// When it was accepted.
    pub accepted_at: OffsetDateTime,
    /// When it became a dead letter.
    pub died_at: OffsetDateTime,
}

/// A body that came under a key which another body has, from a platform that repeats bodies exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quarantined {
    /// Its number in the quarantine.
    pub id: i64,
    /// The key that it came under.
    pub key: DedupKey,
    /// SHA-256 of the body.
    pub digest: [u8; 32],
    /// The scheme's name.
    pub provider: String,
    /// The name of the kind of delivery.
    pub kind: String,
    /// When it was stored.
    pub stored_at: OffsetDateTime,
}

/// Who changed the course of a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Audited {
    /// The entry's number; later ones are higher.
    pub id: i64,
    /// The dead letter's number.
    pub delivery: i64,
    /// Its key.
    pub key: DedupKey,
    /// `replay`, `discard`, or `rearm` where the platform sent it again.
    pub act: String,
    /// Who it was, in the caller's words.
    pub who: String,
    /// Why, in the caller's words.
    pub why: String,
    /// When.
    pub at: OffsetDateTime,
}

/// The side of an inbox that people see.
pub trait DeadLetters: Send + Sync + 'static {
    /// At most `most` dead letters whose numbers are above `after`, in their order; start with 0.
    fn dead_letters(&self, after: i64, most: u32) -> impl Future<Output = Result<Vec<DeadLetter>, InboxError>> + Send;

    /// What a dead letter holds, with its body; `None` where there is none of this number.
    fn inspect(&self, id: i64) -> impl Future<Output = Result<Option<Delivery>, InboxError>> + Send;

    /// Makes a dead letter a job again, under the same key and with all attempts before it; `false` where there is none
    /// of this number. Who did it and why is written down in the same transaction.
    fn replay(&self, id: i64, who: &str, why: &str) -> impl Future<Output = Result<bool, InboxError>> + Send;

    /// Clears a dead letter; its key stays for the retention. `false` where there is none of this number.
    fn discard(&self, id: i64, who: &str, why: &str) -> impl Future<Output = Result<bool, InboxError>> + Send;

    /// At most `most` entries of the audit whose numbers are above `after`, in their order.
    fn audit(&self, after: i64, most: u32) -> impl Future<Output = Result<Vec<Audited>, InboxError>> + Send;

    /// At most `most` bodies in quarantine whose numbers are above `after`, in their order.
    fn quarantined(&self, after: i64, most: u32) -> impl Future<Output = Result<Vec<Quarantined>, InboxError>> + Send;
}
