//! What was approved is run, once; what nobody decided expires. A loop, in every executor.
//!
//! A plan is taken under a lease of its own, so that of several executors one runs it, and one that dies is followed by
//! another. The effect and the end of the plan are one transaction, in which its card gets its new face.

use std::time::Duration;

use tokio::sync::watch;
use tracing::{info, warn};

use super::{Executor, NotDone};
use crate::approvals::{NoPermit, Outcome, Plan, PlanState, outcome_card};
use crate::ops::{Ops, OpsError};
use crate::outbox::Draft;
use crate::platform::Address;

/// How long an executor has a plan.
const LEASE: Duration = Duration::from_secs(60);
/// How often to look for what other processes approved, and for what expired.
const EVERY: Duration = Duration::from_secs(1);
/// Plans that are looked at in one go.
const MOST: u32 = 32;

impl Executor {
    /// Runs what is approved and expires what is not, until told to stop.
    pub async fn plans(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.plans_now().await {
                warn!(error = &error as &dyn std::error::Error, "plans wait for now; they are looked at again");
            }
            tokio::select! {
                () = self.0.approved.notified() => {}
                () = tokio::time::sleep(EVERY) => {}
                changed = stop.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Runs and expires what is due now.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn plans_now(&self) -> Result<(), NotDone> {
        let mut tx = self.0.parts.state.read().await?;
        let due = self.0.parts.approvals.unfinished(&mut tx, MOST).await?;
        // A reader of a SQLite file is one of few.
        tx.rollback().await?;
        for plan in due {
            if let Err(error) = self.run(&plan).await {
                warn!(plan, error = &error as &dyn std::error::Error, "a plan is not run for now");
            }
        }
        while self.expire().await? {}
        Ok(())
    }

    async fn run(&self, plan: &str) -> Result<(), NotDone> {
        let parts = &self.0.parts;
        let mut tx = parts.state.begin().await?;
        let permit = match parts.approvals.begin(&mut tx, plan, LEASE).await? {
            Ok(permit) => permit,
            Err(NoPermit::Over(plan)) => {
                if let Some(face) = face(&plan) {
                    parts.outbox.put(&mut tx, &face).await?;
                }
                tx.commit().await?;
                parts.outbox.wake();
                return Ok(());
            }
            Err(_) => return Ok(tx.rollback().await?),
        };
        tx.commit().await?;

        let mut tx = parts.state.begin().await?;
        let outcome = match Ops.apply(&mut tx, &permit).await {
            Ok(effect) => Outcome::Done(effect.result),
            Err(OpsError::State(error)) => return Err(error.into()),
            Err(error) => Outcome::Failed(error.to_string()),
        };
        let plan = parts.approvals.finish(&mut tx, permit, &outcome).await?;
        if let Some(face) = face(&plan) {
            parts.outbox.put(&mut tx, &face).await?;
        }
        tx.commit().await?;
        parts.outbox.wake();
        self.count("imchat_bot_plans_total", &[("state", plan.state.as_str())], 1);
        info!(plan = plan.id, tool = plan.tool, state = plan.state.as_str(), "a plan was run");
        Ok(())
    }

    /// Expires one plan; whether there was one.
    async fn expire(&self) -> Result<bool, NotDone> {
        let parts = &self.0.parts;
        let mut tx = parts.state.begin().await?;
        let Some(plan) = parts.approvals.expire_next(&mut tx).await? else {
            tx.rollback().await?;
            return Ok(false);
        };
        if let Some(face) = face(&plan) {
            parts.outbox.put(&mut tx, &face).await?;
        }
        tx.commit().await?;
        parts.outbox.wake();
        self.count("imchat_bot_plans_total", &[("state", plan.state.as_str())], 1);
        Ok(true)
    }
}

/// The card's new face; none while nothing is decided.
pub(super) fn face(plan: &Plan) -> Option<Draft> {
    if plan.state == PlanState::Pending {
        return None;
    }
    let card = plan.card_step();
    Some(Draft {
        to: Address { place: plan.place.clone(), only: None, reply: None },
        message: outcome_card(plan),
        step: format!("{card}/{}", plan.state.as_str()),
        edit_of: Some(card),
    })
}
