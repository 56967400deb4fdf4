//! What is due without a click: expiries, and plans that wait for an executor.

use std::time::Duration;

use super::tries::Tries;
use super::{ApprovalError, Approvals, NoPermit, Outcome, Plan};
use crate::ops::{Ops, OpsError};
use crate::state::{State, Tx};

/// How long an executor has a plan. Its effect is one short transaction.
const LEASE: Duration = Duration::from_secs(15);
/// Plans in one go.
const MOST: u32 = 100;

impl Approvals {
    /// Carries one approved plan out, where its effect is of [`Ops`]: the effect and the plan's end are one transaction.
    /// Returns the plan as it ended, now or before; `None` where nobody has decided, or another executor has it.
    ///
    /// Killed at any point, it leaves the plan to the next executor, and one effect.
    ///
    /// # Errors
    /// Where the database fails; the plan is taken up again when the lease is over.
    pub async fn carry_out(&self, state: &State, plan: &str) -> Result<Option<Plan>, ApprovalError> {
        let mut tx = state.begin().await?;
        let begun = self.begin(&mut tx, plan, LEASE).await?;
        tx.commit().await?;
        let permit = match begun {
            Ok(permit) => permit,
            Err(NoPermit::Over(plan)) => return Ok(Some(*plan)),
            Err(_) => return Ok(None),
        };
        let mut tx = state.begin().await?;
        let outcome = match Ops.apply(&mut tx, &permit).await {
            Ok(effect) => Outcome::Done(effect.result),
            Err(OpsError::State(error)) => return Err(error.into()),
            Err(error) => Outcome::Failed(error.to_string()),
        };
        let ended = self.finish(&mut tx, permit, &outcome).await?;
        tx.commit().await?;
        Ok(Some(ended))
    }

    /// Expires what is over, and carries out what is approved or was left behind by another executor; returns how many plans
    /// it changed. To be called every few seconds by each executor, and soon after an approval.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn tend(&self, state: &State) -> Result<usize, ApprovalError> {
        let mut changed = 0_usize;
        loop {
            match self.expire_one(state).await {
                Ok(Some(_)) => changed = changed.saturating_add(1),
                Ok(None) => break,
                // One that cannot be read stands before the others for ever: what was approved does not wait for it.
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "plans that are over cannot be expired");
                    break;
                }
            }
        }
        let mut tx = state.read().await?;
        let waiting = self.unfinished(&mut tx, MOST).await?;
        drop(tx);
        for plan in waiting {
            match self.carry_out(state, &plan).await {
                Ok(Some(_)) => changed = changed.saturating_add(1),
                Ok(None) => {}
                // One plan that cannot be worked on keeps no other one waiting.
                Err(error) => {
                    tracing::warn!(plan, error = &error as &dyn std::error::Error, "a plan could not be carried out");
                }
            }
        }
        Ok(changed)
    }

    async fn expire_one(&self, state: &State) -> Result<Option<Plan>, ApprovalError> {
        let mut tx = state.begin().await?;
        let expired = self.expire_next(&mut tx).await?;
        tx.commit().await?;
        Ok(expired)
    }

    /// Forgets the answers to clicks that are older than this; returns how many. Keep them for longer than a click's job can
    /// be worked on again. Wrong passcodes that count for nothing any more go too. Plans stay, as the audit does.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn forget(&self, tx: &mut Tx, after: Duration) -> Result<u64, ApprovalError> {
        let after = i64::try_from(after.as_micros()).unwrap_or(i64::MAX);
        let before = tx.now().await?.saturating_sub(after);
        Tries::forget(tx).await?;
        Ok(tx.query("DELETE FROM bot_clicks WHERE at < $1").bind(before).run().await?)
    }
}
