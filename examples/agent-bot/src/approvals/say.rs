//! What people are told of a plan, written down in the transaction of what it tells.

use super::{Answer, ApprovalError, Approvals, Plan, Press, card, outcome_card};
use crate::message::Outbound;
use crate::outbox::Draft;
use crate::platform::{Address, Prompt};
use crate::state::{StateError, Tx};

/// The form that asks for the passcode, where a click was answered with [`Answer::NeedsPasscode`].
#[must_use]
pub fn passcode_prompt() -> Prompt {
    Prompt {
        title: "Your passcode".to_owned(),
        label: "Type your passcode to approve this".to_owned(),
        submit: "Approve".to_owned(),
    }
}

impl Approvals {
    /// The card that people decide on.
    pub(super) async fn show(&self, tx: &mut Tx, plan: &Plan) -> Result<(), ApprovalError> {
        self.face(tx, plan, card(plan), plan.card_step(), None).await
    }

    /// The card as the plan stands by now, in the place of the first one.
    pub(super) async fn turn(&self, tx: &mut Tx, id: &str) -> Result<Plan, ApprovalError> {
        let plan = Plan::find(tx, id).await?.ok_or(StateError::Row("id"))?;
        let step = format!("{}/{}", plan.card_step(), plan.state.as_str());
        self.face(tx, &plan, outcome_card(&plan), step, Some(plan.card_step())).await?;
        Ok(plan)
    }

    async fn face(
        &self,
        tx: &mut Tx,
        plan: &Plan,
        message: Outbound,
        step: String,
        edit_of: Option<String>,
    ) -> Result<(), ApprovalError> {
        let to = Address { place: plan.place.clone(), only: None, reply: None };
        self.outbox.put(tx, &Draft { to, message, step, edit_of }).await?;
        Ok(())
    }

    /// What only who pressed is told.
    pub(super) async fn answer(&self, tx: &mut Tx, press: Press<'_>, answer: &Answer) -> Result<(), ApprovalError> {
        self.notice(tx, press, "answer", answer.message()).await
    }

    /// Tells who pressed that the form for their passcode could not be opened, once for each click.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn too_late(&self, tx: &mut Tx, press: Press<'_>) -> Result<(), ApprovalError> {
        let text = "I could not ask you for your passcode in time, and nothing was done. Please press Approve again.";
        self.notice(tx, press, "late", Outbound::plain(text)).await
    }

    async fn notice(&self, tx: &mut Tx, press: Press<'_>, step: &str, message: Outbound) -> Result<(), ApprovalError> {
        let (place, only, reply) = (press.place.clone(), Some(press.person.clone()), press.reply.cloned());
        let to = Address { place, only, reply };
        let step = format!("{}/{step}", press.job);
        self.outbox.put(tx, &Draft { to, message, step, edit_of: None }).await?;
        Ok(())
    }
}
