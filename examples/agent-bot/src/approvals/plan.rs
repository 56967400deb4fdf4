//! A plan, and its row.

use time::OffsetDateTime;

use crate::agent::plan::Risk;
use crate::agent::taint::Taint;
use crate::policy::Approvers;
use crate::state::{Row, StateError, Tx, instant};
use crate::who::{Person, Place};

/// Where a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanState {
    /// It waits for people.
    Pending,
    /// Enough people agreed; nothing has run.
    Approved,
    /// Somebody said no.
    Rejected,
    /// Nobody decided in time, or what was approved was not begun in time.
    Expired,
    /// An executor has it.
    Running,
    /// It ran.
    Done,
    /// It ran and failed, or was given up.
    Failed,
}

impl PlanState {
    /// As the tables and the admin's lists spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// The state that is spelled so.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        [Self::Pending, Self::Approved, Self::Rejected, Self::Expired, Self::Running, Self::Done, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == text)
    }

    /// Whether nothing changes it any more.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Rejected | Self::Expired | Self::Done | Self::Failed)
    }
}

/// Who decided, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Who had the last word.
    pub by: Person,
    /// When, in store time.
    pub at: OffsetDateTime,
}

/// A write that people decide on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// 128 random bits in base64url. It says where to look; nothing rests on its being secret.
    pub id: String,
    /// The step of the job that asked for it.
    pub step: String,
    /// The tool.
    pub tool: String,
    /// Canonical JSON.
    pub arguments: String,
    /// SHA-256 of what is to run, in base64url.
    pub digest: String,
    /// What would happen.
    pub summary: String,
    /// How much it can hurt.
    pub risk: Risk,
    /// Whom it can hurt.
    pub blast_radius: String,
    /// What the model had read by then.
    pub tainted_by: Taint,
    /// Who has to agree.
    pub approvers: Approvers,
    /// Who asked.
    pub requester: Person,
    /// Where.
    pub place: Place,
    /// When it expires, in store time.
    pub expires_at: OffsetDateTime,
    /// Where it stands.
    pub state: PlanState,
    /// Who decided; `None` where nobody has.
    pub decided: Option<Decided>,
    /// What became of it, in a line, once it ran.
    pub outcome: Option<String>,
    /// The fence of the executor that took it last.
    pub(super) fence: i64,
    /// Executors that took it.
    pub(super) runs: i64,
    /// When the lease of the one that has it is over.
    pub(super) leased_until: i64,
    pub(super) expires: i64,
}

const COLUMNS: &str = "SELECT id, step, tool, arguments, digest, summary, risk, blast_radius, tainted_by, approvers, \
    requester, place, expires_at, state, decided_by, decided_at, fence, runs, leased_until, outcome FROM bot_plans \
    WHERE id = $1";

impl Plan {
    /// The step of its card in the outbox.
    #[must_use]
    pub fn card_step(&self) -> String {
        format!("{}/card", self.step)
    }

    /// The plan with this id, as it stands.
    ///
    /// # Errors
    /// Where the database fails, or the row cannot be read.
    pub async fn find(tx: &mut Tx, id: &str) -> Result<Option<Self>, StateError> {
        tx.query(COLUMNS).bind(id).row().await?.map(|row| Self::of(&row)).transpose()
    }

    /// The plan with this id, which nobody else changes until the transaction ends.
    pub(super) async fn lock(tx: &mut Tx, id: &str) -> Result<Option<Self>, StateError> {
        tx.query("UPDATE bot_plans SET id = id WHERE id = $1").bind(id).run().await?;
        Self::find(tx, id).await
    }

    fn of(row: &Row) -> Result<Self, StateError> {
        let decided = match (row.maybe_parsed("decided_by")?, row.maybe_number("decided_at")?) {
            (Some(by), Some(at)) => Some(Decided { by, at: instant(at) }),
            _ => None,
        };
        let expires = row.number("expires_at")?;
        Ok(Self {
            id: row.text("id")?,
            step: row.text("step")?,
            tool: row.text("tool")?,
            arguments: row.text("arguments")?,
            digest: row.text("digest")?,
            summary: row.text("summary")?,
            risk: row.parsed("risk")?,
            blast_radius: row.text("blast_radius")?,
            tainted_by: row.parsed("tainted_by")?,
            approvers: row.parsed("approvers")?,
            requester: row.parsed("requester")?,
            place: row.parsed("place")?,
            expires_at: instant(expires),
            state: PlanState::read(&row.text("state")?).ok_or(StateError::Row("state"))?,
            decided,
            outcome: row.maybe_text("outcome")?,
            fence: row.number("fence")?,
            runs: row.number("runs")?,
            leased_until: row.number("leased_until")?,
            expires,
        })
    }
}
