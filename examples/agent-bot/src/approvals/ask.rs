//! Making a plan.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{ApprovalError, Approvals, Plan, digest};
use crate::agent::plan::PlannedCall;
use crate::audit::{self, Entry, Who};
use crate::state::{StateError, Tx, written};
use crate::who::{Person, Place};

impl Approvals {
    /// Makes the plan of this call, or returns the one that the same step made before: a job that is worked on again asks
    /// for the same thing once, even where its model answers something else the second time.
    ///
    /// In the caller's transaction, and its card with it. The card goes through the API and not through a short-lived
    /// route, since it has to be edited for as long as the plan waits.
    ///
    /// # Errors
    /// Where the database fails, or there is no randomness.
    pub async fn ask(
        &self,
        tx: &mut Tx,
        call: &PlannedCall,
        requester: &Person,
        place: &Place,
    ) -> Result<Plan, ApprovalError> {
        let mut bytes = [0; 16];
        if !(self.random)(&mut bytes) {
            return Err(ApprovalError::Random);
        }
        let id = URL_SAFE_NO_PAD.encode(bytes);
        let digest = digest::of(&call.tool, &call.arguments, place);
        let now = tx.now().await?;
        let within = i64::try_from(call.approvers.within.as_micros()).unwrap_or(i64::MAX);
        let sql = "INSERT INTO bot_plans (id, step, tool, arguments, digest, summary, risk, blast_radius, tainted_by, \
            approvers, requester, place, created_at, expires_at, state, fence, runs, leased_until) VALUES ($1, $2, $3, \
            $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'pending', 0, 0, 0) ON CONFLICT (step) DO NOTHING";
        let row = tx.query(sql).bind(&id).bind(&call.step).bind(&call.tool).bind(&call.arguments).bind(&digest);
        let row = row.bind(&call.summary).bind(written(&call.risk, "risk")?).bind(&call.blast_radius);
        let row = row.bind(written(&call.tainted_by, "tainted_by")?).bind(written(&call.approvers, "approvers")?);
        let row = row.bind(written(requester, "requester")?).bind(written(place, "place")?);
        let made = row.bind(now).bind(now.saturating_add(within)).run().await? == 1;

        let named = tx.query("SELECT id FROM bot_plans WHERE step = $1").bind(&call.step).row().await?;
        let named = named.ok_or(StateError::Row("step"))?.text("id")?;
        let plan = Plan::find(tx, &named).await?.ok_or(StateError::Row("id"))?;
        if made {
            self.show(tx, &plan).await?;
            let detail = format!("{} in {}", call.tool, place.channel);
            let entry = Entry {
                act: "plan.asked",
                who: Who::Person(requester),
                tenant: &place.tenant,
                what: &plan.id,
                digest: Some(&plan.digest),
                detail: &detail,
            };
            audit::append(tx, entry).await?;
        }
        Ok(plan)
    }
}
