//! Somebody said something: whether it is worked on, and what a turn makes of it.

use imchat_inbox::Job;

use super::{Executor, NotDone, key};
use crate::limits::{Verdict, over_limit};
use crate::message::Outbound;
use crate::outbox::Draft;
use crate::platform::{Address, Inbound, Platform, ReplyRoute};
use crate::policy::identity::{Asking, Gate as _};
use crate::policy::{Act, Decision, Meanwhile};
use crate::sessions::Begun;

/// Why something that was said is not worked on.
enum Declined {
    /// Nobody is told.
    Quietly,
    /// The person is told so.
    With(String),
}

impl Executor {
    pub(super) async fn said(&self, job: &Job, platform: &dyn Platform, inbound: Inbound) -> Result<(), NotDone> {
        let (key, conversation) = (key(job), inbound.place.conversation(&inbound.person));
        if !self.stands(&conversation, &key).await?
            && let Some(declined) = self.declined(platform, &inbound).await
        {
            return self.decline(job, &key, inbound, declined).await;
        }
        let sessions = self.0.sessions;
        let meanwhile = self.0.parts.policy.meanwhile();
        let mut tx = self.0.parts.state.begin().await?;
        sessions.append(&mut tx, &conversation, &key, &inbound.person, &inbound.text).await?;
        if meanwhile != Meanwhile::Queue {
            tx.commit().await?;
            self.take_in(job, platform, &inbound, &conversation).await?;
            tx = self.0.parts.state.begin().await?;
        }
        let begun = sessions.begin(&mut tx, &conversation, &key, meanwhile).await?;
        tx.commit().await?;
        match begun {
            Begun::Turn { entries, overflow } => {
                self.turn(super::turn::Asked { job, key, conversation, platform, inbound, entries, overflow }).await
            }
            // It was answered before, by itself or together with another one.
            Begun::Over | Begun::Unknown => Ok(()),
        }
    }

    /// Whether an attempt before this one took the message in: it is not asked again whether it may.
    pub(super) async fn stands(&self, conversation: &str, key: &str) -> Result<bool, NotDone> {
        let mut tx = self.0.parts.state.read().await?;
        Ok(self.0.sessions.stands(&mut tx, conversation, key).await?)
    }

    async fn declined(&self, platform: &dyn Platform, inbound: &Inbound) -> Option<Declined> {
        let (parts, Inbound { person, place, .. }) = (&self.0.parts, inbound);
        let asking = Asking { policy: &parts.policy, identity: &self.0.identity, platform, person, place };
        let denied = match asking.may(Act::Ask).await {
            Decision::Allow => None,
            Decision::Ask(_) => Some("I may not answer this here.".to_owned()),
            Decision::Deny(reason) => Some(reason.to_string()),
        };
        let over = match parts.limits.message(person, place).await {
            Verdict::Within if denied.is_none() => parts.limits.model(person, place).await,
            within_or_over => within_or_over,
        };
        match (over, denied) {
            (Verdict::Within, None) => None,
            (Verdict::Within, Some(reason)) => {
                self.count("imchat_bot_declined_total", &[("reason", "policy")], 1);
                Some(Declined::With(reason))
            }
            (Verdict::Over { retry_after, notice }, denied) => {
                self.count("imchat_bot_declined_total", &[("reason", "limit")], 1);
                // Discord shows that the bot is thinking until something is said.
                let waits = matches!(inbound.reply, Some(ReplyRoute::DiscordToken { .. }));
                let told = (notice && denied.is_none()) || waits;
                Some(if told { Declined::With(over_limit(retry_after)) } else { Declined::Quietly })
            }
        }
    }

    async fn decline(&self, job: &Job, key: &str, inbound: Inbound, declined: Declined) -> Result<(), NotDone> {
        let Declined::With(text) = declined else { return Ok(()) };
        let Inbound { person, place, reply, .. } = inbound;
        let mut tx = self.0.parts.state.begin().await?;
        let to = Address { place, only: Some(person), reply };
        let draft = Draft { to, message: Outbound::plain(text), step: format!("{key}/declined"), edit_of: None };
        self.0.parts.outbox.put(&mut tx, &draft).await?;
        self.0.settle.done_in(&mut tx, &job.lease).await?;
        tx.commit().await?;
        self.0.parts.outbox.wake();
        Ok(())
    }
}
