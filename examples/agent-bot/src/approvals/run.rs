//! From approved to done: one executor at a time, one effect.

use std::time::Duration;

use super::{ApprovalError, Approvals, Permit, Plan, PlanState, digest};
use crate::audit::{self, Entry, Who};
use crate::message::legible;
use crate::state::Tx;

/// How many executors may die of one plan.
const RUNS: i64 = 5;
/// Characters of an outcome that are kept.
const OUTCOME: usize = 500;

/// What became of an effect, in a line for the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It took place.
    Done(String),
    /// It did not, and trying again would not help.
    Failed(String),
}

/// Why there is no permit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoPermit {
    /// No such plan.
    Unknown,
    /// Another executor has it, and its lease is not over.
    Busy,
    /// People have not decided.
    Pending,
    /// It is over: rejected, expired, done or failed. Its card says which.
    Over(Box<Plan>),
}

impl Approvals {
    /// Takes an approved plan, or a running one whose executor's lease is over, for so long; commit before the effect.
    ///
    /// An approved plan that has expired is expired here. One that five executors did not survive has failed, and so has one
    /// whose row is no longer what was approved.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn begin(
        &self,
        tx: &mut Tx,
        plan: &str,
        lease: Duration,
    ) -> Result<Result<Permit, NoPermit>, ApprovalError> {
        let Some(plan) = Plan::lock(tx, plan).await? else { return Ok(Err(NoPermit::Unknown)) };
        let now = tx.now().await?;
        match plan.state {
            PlanState::Pending => return Ok(Err(NoPermit::Pending)),
            PlanState::Running if plan.leased_until > now => return Ok(Err(NoPermit::Busy)),
            PlanState::Approved if plan.expires <= now => {
                return Ok(Err(NoPermit::Over(Box::new(self.expire(tx, &plan).await?))));
            }
            PlanState::Approved | PlanState::Running => {}
            _ => return Ok(Err(NoPermit::Over(Box::new(plan)))),
        }
        if plan.digest != digest::of(&plan.tool, &plan.arguments, &plan.place) {
            let why = "It was changed after it had been approved, and what stands here now was not done. Whoever can \
                write to the database is to be asked.";
            return self.give_up(tx, &plan, why).await.map(Err);
        }
        if plan.runs >= RUNS {
            let why =
                "It was begun several times and never ended. Please look at the log before it is asked for again.";
            return self.give_up(tx, &plan, why).await.map(Err);
        }
        let fence = plan.fence.saturating_add(1).max(now);
        let until = now.saturating_add(i64::try_from(lease.as_micros()).unwrap_or(i64::MAX));
        let sql = "UPDATE bot_plans SET state = 'running', fence = $1, runs = runs + 1, leased_until = $2 WHERE id = $3 \
            AND (state = 'approved' AND expires_at > $4 OR state = 'running' AND leased_until <= $4) AND fence < $1";
        if tx.query(sql).bind(fence).bind(until).bind(&plan.id).bind(now).run().await? != 1 {
            return Err(ApprovalError::Lost);
        }
        told(tx, &plan, "plan.running", &format!("fence {fence}")).await?;
        let Plan { id, tool, arguments, digest, place, .. } = plan;
        Ok(Ok(Permit { plan: id, tool, arguments, digest, place, fence }))
    }

    /// Ends a plan in the transaction that holds its effect: both are durable once that commits, or neither is.
    ///
    /// # Errors
    /// [`ApprovalError::Lost`] where another executor has the plan or it is over: roll back, nothing of the effect may
    /// stay. Others where the database fails; roll back as well.
    pub async fn finish(&self, tx: &mut Tx, permit: Permit, outcome: &Outcome) -> Result<Plan, ApprovalError> {
        let plan = Plan::lock(tx, &permit.plan).await?.ok_or(ApprovalError::Lost)?;
        // What ran is what the permit says, and what was approved is what the row says: both are computed anew.
        let ran = digest::of(&permit.tool, &permit.arguments, &permit.place);
        if ran != plan.digest || !permit.binds(&plan.tool, &plan.arguments) {
            return Err(ApprovalError::Lost);
        }
        self.end(tx, &plan, permit.fence, outcome).await
    }

    /// Ends a locked plan that nobody has a permit for.
    async fn give_up(&self, tx: &mut Tx, plan: &Plan, why: &str) -> Result<NoPermit, ApprovalError> {
        let failed = self.end(tx, plan, plan.fence, &Outcome::Failed(why.to_owned())).await?;
        Ok(NoPermit::Over(Box::new(failed)))
    }

    /// A compare-and-set on the fence: whoever was overtaken writes nothing. No permit has the fence of a plan that is
    /// approved and was never begun.
    async fn end(&self, tx: &mut Tx, plan: &Plan, fence: i64, outcome: &Outcome) -> Result<Plan, ApprovalError> {
        let now = tx.now().await?;
        let (state, act, text) = match outcome {
            Outcome::Done(text) => (PlanState::Done, "plan.done", text),
            Outcome::Failed(text) => (PlanState::Failed, "plan.failed", text),
        };
        let text = legible(text, OUTCOME);
        let sql = "UPDATE bot_plans SET state = $1, finished_at = $2, outcome = $3 \
            WHERE id = $4 AND state IN ('approved', 'running') AND fence = $5 AND digest = $6";
        let set = tx.query(sql).bind(state.as_str()).bind(now).bind(&text).bind(&plan.id).bind(fence);
        if set.bind(&plan.digest).run().await? != 1 {
            return Err(ApprovalError::Lost);
        }
        let ended = self.turn(tx, &plan.id).await?;
        told(tx, plan, act, &format!("fence {fence}")).await?;
        Ok(ended)
    }

    /// Plans that an executor should take now: approved ones, and running ones whose executor's lease is over.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn unfinished(&self, tx: &mut Tx, most: u32) -> Result<Vec<String>, ApprovalError> {
        let now = tx.now().await?;
        let sql = "SELECT id FROM bot_plans WHERE state = 'approved' OR state = 'running' AND leased_until <= $1 \
            ORDER BY expires_at, id LIMIT $2";
        let rows = tx.query(sql).bind(now).bind(i64::from(most)).rows().await?;
        Ok(rows.iter().map(|row| row.text("id")).collect::<Result<_, _>>()?)
    }
}

async fn told(tx: &mut Tx, plan: &Plan, act: &'static str, detail: &str) -> Result<(), ApprovalError> {
    let (tenant, what, digest) = (plan.place.tenant.as_str(), plan.id.as_str(), Some(plan.digest.as_str()));
    Ok(audit::append(tx, Entry { act, who: Who::Bot, tenant, what, digest, detail }).await?)
}
