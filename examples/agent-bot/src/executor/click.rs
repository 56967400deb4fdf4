//! Somebody pressed a button: a plan is decided, and whoever pressed is told.

use imchat_inbox::Job;
use tracing::{info, warn};

use super::{Executor, NotDone, key};
use crate::approvals::{Answer, Press, Verdict, passcode_prompt};
use crate::message::Outbound;
use crate::outbox::Draft;
use crate::platform::{Address, Click, Platform};

const NO_BUTTON: &str = "I do not know this button any more. Please ask again for what you need.";

impl Executor {
    pub(super) async fn clicked(&self, job: &Job, platform: &dyn Platform, click: Click) -> Result<(), NotDone> {
        let (parts, key) = (&self.0.parts, key(job));
        let Some(verdict) = Verdict::of_verb(&click.action.verb) else {
            return self.unknown_button(job, &key, click).await;
        };
        let profile = self.0.identity.look_up(platform, &click.person).await;
        let press = Press {
            job: &key,
            plan: &click.action.id,
            verdict,
            person: &click.person,
            profile: profile.as_ref(),
            passcode: click.value.as_deref(),
            place: &click.place,
            reply: click.reply.as_ref(),
        };
        let mut tx = parts.state.begin().await?;
        let answer = parts.approvals.decide(&mut tx, press).await?;
        if answer == Answer::NeedsPasscode {
            // The form has to be opened within seconds, and outside of a transaction. Only then is the job done: whoever is
            // asked after a crash is told to press again.
            tx.commit().await?;
            let opened = platform.ask(&click, &click.action, &passcode_prompt()).await;
            tx = parts.state.begin().await?;
            if let Err(error) = opened {
                warn!(%error, "a passcode could not be asked for");
                parts.approvals.too_late(&mut tx, press).await?;
            }
        }
        self.0.settle.done_in(&mut tx, &job.lease).await?;
        tx.commit().await?;
        parts.outbox.wake();
        if answer == Answer::Approved {
            self.0.approved.notify_one();
        }
        let answer = name(&answer);
        self.count("imchat_bot_clicks_total", &[("answer", answer)], 1);
        info!(person = %click.person, plan = click.action.id, answer, "a click");
        Ok(())
    }

    async fn unknown_button(&self, job: &Job, key: &str, click: Click) -> Result<(), NotDone> {
        let parts = &self.0.parts;
        let to = Address { place: click.place, only: Some(click.person), reply: click.reply };
        let (message, step) = (Outbound::plain(NO_BUTTON), format!("{key}/answer"));
        let mut tx = parts.state.begin().await?;
        parts.outbox.put(&mut tx, &Draft { to, message, step, edit_of: None }).await?;
        self.0.settle.done_in(&mut tx, &job.lease).await?;
        tx.commit().await?;
        parts.outbox.wake();
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
        Answer::LockedOutUntil { .. } => "locked_out_until",
    }
}
