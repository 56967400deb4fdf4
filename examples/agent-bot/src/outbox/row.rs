//! A row that is being sent.

use crate::message::Outbound;
use crate::platform::Sent;
use crate::state::{Row, StateError, Tx};
use crate::who::{Person, Place};

/// A row that one sender has for the time of its lease.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) step: String,
    pub(super) platform: String,
    pub(super) channel: String,
    pub(super) place: Place,
    pub(super) only: Option<Person>,
    pub(super) route: Option<String>,
    pub(super) message: Outbound,
    pub(super) edit_of: Option<String>,
    pub(super) fence: i64,
    pub(super) attempts: i64,
    /// When it was written down, or replayed.
    pub(super) created: i64,
    pub(super) sent: Vec<Sent>,
}

const COLUMNS: &str = "SELECT step, platform, channel, place, person, route, message, edit_of, fence, attempts, sent, \
    created_at FROM bot_outbox WHERE step = $1";

impl Taken {
    pub(super) async fn find(tx: &mut Tx, step: &str) -> Result<Self, StateError> {
        let row = tx.query(COLUMNS).bind(step).row().await?.ok_or(StateError::Row("step"))?;
        Self::of(&row)
    }

    fn of(row: &Row) -> Result<Self, StateError> {
        Ok(Self {
            step: row.text("step")?,
            platform: row.text("platform")?,
            channel: row.text("channel")?,
            place: row.parsed("place")?,
            only: row.maybe_parsed("person")?,
            route: row.maybe_text("route")?,
            message: row.parsed("message")?,
            edit_of: row.maybe_text("edit_of")?,
            fence: row.number("fence")?,
            attempts: row.number("attempts")?,
            created: row.number("created_at")?,
            sent: row.parsed("sent")?,
        })
    }
}
