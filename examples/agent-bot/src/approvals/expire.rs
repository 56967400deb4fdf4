//! Plans whose time is over.

use super::{ApprovalError, Approvals, Plan, PlanState};
use crate::audit::{self, Entry, Who};
use crate::state::Tx;

/// In the audit.
pub(super) const ACT: &str = "plan.expired";

impl Approvals {
    /// Expires one plan whose time is over, and returns it; `None` where there is none. One in a transaction: the next
    /// one would be locked in the wrong order.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn expire_next(&self, tx: &mut Tx) -> Result<Option<Plan>, ApprovalError> {
        let now = tx.now().await?;
        let sql = "SELECT id FROM bot_plans WHERE state IN ('pending', 'approved') AND expires_at <= $1 \
            ORDER BY expires_at, id LIMIT 1";
        let Some(row) = tx.query(sql).bind(now).row().await? else { return Ok(None) };
        let Some(plan) = Plan::lock(tx, &row.text("id")?).await? else { return Ok(None) };
        // Somebody may have been faster while the lock was waited for.
        if !matches!(plan.state, PlanState::Pending | PlanState::Approved) || plan.expires > tx.now().await? {
            return Ok(None);
        }
        self.expire(tx, &plan).await.map(Some)
    }

    /// Of a locked plan whose time is over and that nobody began.
    pub(super) async fn expire(&self, tx: &mut Tx, plan: &Plan) -> Result<Plan, ApprovalError> {
        settle(tx, plan).await?;
        let expired = self.turn(tx, &plan.id).await?;
        let (tenant, what, digest) = (plan.place.tenant.as_str(), plan.id.as_str(), Some(plan.digest.as_str()));
        let detail = if plan.state == PlanState::Approved { "approved, not begun in time" } else { "" };
        audit::append(tx, Entry { act: ACT, who: Who::Bot, tenant, what, digest, detail }).await?;
        Ok(expired)
    }
}

/// The compare-and-set of a locked plan that nobody began.
pub(super) async fn settle(tx: &mut Tx, plan: &Plan) -> Result<(), ApprovalError> {
    let sql = "UPDATE bot_plans SET state = 'expired' \
        WHERE id = $1 AND state IN ('pending', 'approved') AND expires_at <= $2";
    let now = tx.now().await?;
    if tx.query(sql).bind(&plan.id).bind(now).run().await? == 1 { Ok(()) } else { Err(ApprovalError::Lost) }
}
