//! Somebody pressed a button: a plan is decided, and whoever pressed is told.

use imchat_inbox::Job;
use tracing::{info, warn};

use super::{Executor, NotDone, key, plans};
use crate::approvals::{Answer, Plan, Press, Verdict};
use crate::message::{Outbound, legible};
use crate::outbox::Draft;
use crate::platform::{Address, Click, Platform, Prompt, SendError};
use crate::state::Tx;

const TOO_LATE: &str = "That took a moment too long for me to ask for your passcode. Please press the button again.";
const NO_BUTTON: &str = "I do not know this button any more. Please ask again for what you need.";

impl Executor {
    pub(super) async fn clicked(&self, job: &Job, platform: &dyn Platform, click: Click) -> Result<(), NotDone> {
        let (parts, key) = (&self.0.parts, key(job));
        let Some(verdict) = Verdict::of_verb(&click.action.verb) else {
            return self.answered(job, &key, &click, None, Some(NO_BUTTON.to_owned())).await;
        };
        let profile = self.0.identity.look_up(platform, &click.person).await;
        let press = Press {
            job: &key,
            plan: &click.action.id,
            verdict,
            person: &click.person,
            profile: profile.as_ref(),
            passcode: click.value.as_deref(),
        };
        let mut tx = parts.state.begin().await?;
        let answer = parts.approvals.decide(&mut tx, press).await?;
        let plan = Plan::find(&mut tx, &click.action.id).await?;
        self.count("imchat_bot_clicks_total", &[("answer", name(&answer))], 1);
        info!(person = %click.person, plan = plan.as_ref().map(|plan| plan.id.as_str()), answer = name(&answer), "a click");
        if answer == Answer::NeedsPasscode {
            // The question has to be asked within seconds, and outside of a transaction.
            tx.commit().await?;
            let told = self.ask_passcode(platform, &click, plan.as_ref()).await;
            return self.answered(job, &key, &click, None, told).await;
        }
        // The new face of the card tells what was decided; everybody else is answered by themselves.
        let told = (!answer.decided()).then(|| answer.to_string());
        self.tell(&mut tx, &key, &click, plan.as_ref(), told).await?;
        self.0.settle.done_in(&mut tx, &job.lease).await?;
        tx.commit().await?;
        parts.outbox.wake();
        if answer == Answer::Approved {
            self.0.approved.notify_one();
        }
        Ok(())
    }

    /// Opens the form; what there is to say where it could not be opened.
    async fn ask_passcode(&self, platform: &dyn Platform, click: &Click, plan: Option<&Plan>) -> Option<String> {
        let summary = plan.map(|plan| legible(&plan.summary, 100)).unwrap_or_default();
        let prompt = Prompt {
            title: "Approve".to_owned(),
            label: format!("Your passcode for: {summary}"),
            submit: "Approve".to_owned(),
        };
        match platform.ask(click, &click.action, &prompt).await {
            Ok(()) => None,
            Err(SendError::RouteEnded) => Some(TOO_LATE.to_owned()),
            Err(error) => {
                warn!(%error, "a passcode could not be asked for");
                Some("I could not ask for your passcode just now. Please press the button again.".to_owned())
            }
        }
    }

    async fn answered(
        &self,
        job: &Job,
        key: &str,
        click: &Click,
        plan: Option<&Plan>,
        told: Option<String>,
    ) -> Result<(), NotDone> {
        let parts = &self.0.parts;
        let mut tx = parts.state.begin().await?;
        self.tell(&mut tx, key, click, plan, told).await?;
        self.0.settle.done_in(&mut tx, &job.lease).await?;
        tx.commit().await?;
        parts.outbox.wake();
        Ok(())
    }

    async fn tell(
        &self,
        tx: &mut Tx,
        key: &str,
        click: &Click,
        plan: Option<&Plan>,
        told: Option<String>,
    ) -> Result<(), NotDone> {
        let outbox = &self.0.parts.outbox;
        if let Some(face) = plan.and_then(plans::face) {
            outbox.put(tx, &face).await?;
        }
        if let Some(told) = told {
            let to =
                Address { place: click.place.clone(), only: Some(click.person.clone()), reply: click.reply.clone() };
            let draft = Draft { to, message: Outbound::plain(told), step: format!("{key}/answer"), edit_of: None };
            outbox.put(tx, &draft).await?;
        }
        Ok(())
    }
}

/// As metrics and logs name an answer.
fn name(answer: &Answer) -> &'static str {
    match answer {
        Answer::Approved => "approved",
        Answer::Rejected => "rejected",
        Answer::Counted { .. } => "counted",
        Answer::CountedBefore { .. } => "counted_before",
        Answer::DecidedBefore { .. } => "decided_before",
        Answer::Expired { .. } => "expired",
        Answer::Unknown => "unknown",
        Answer::Refused(_) => "refused",
        Answer::NeedsPasscode => "needs_passcode",
        Answer::WrongPasscode { .. } => "wrong_passcode",
        Answer::LockedOut => "locked_out",
    }
}
