//! One turn of the agent, and what it leads to.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use imchat_inbox::Job;
use tracing::warn;

use super::{Executor, NotDone};
use crate::agent::ended::Ended;
use crate::agent::transcript::{Entry, Transcript};
use crate::agent::turn::{Turn, TurnOutcome};
use crate::audit;
use crate::message::Outbound;
use crate::outbox::Draft;
use crate::platform::{Address, Inbound, Platform};
use crate::policy::identity::Asking;
use crate::sessions::summary::Overflow;
use crate::state::Tx;

/// How long a summary may take; without one the plain one stays.
const SUMMARY: Duration = Duration::from_secs(30);

/// What a turn is to answer.
pub(super) struct Asked<'a> {
    pub(super) job: &'a Job,
    pub(super) key: String,
    pub(super) conversation: String,
    pub(super) platform: &'a dyn Platform,
    pub(super) inbound: Inbound,
    pub(super) entries: Vec<Entry>,
    pub(super) overflow: Option<Overflow>,
}

impl Executor {
    pub(super) async fn turn(&self, mut asked: Asked<'_>) -> Result<(), NotDone> {
        let parts = &self.0.parts;
        let Inbound { person, place, .. } = &asked.inbound;
        let gate =
            Asking { policy: &parts.policy, identity: &self.0.identity, platform: asked.platform, person, place };
        let interrupted = AtomicBool::new(false);
        let turn = Turn {
            key: &asked.key,
            conversation: &asked.conversation,
            reads: &self.0.reads,
            gate: &gate,
            links: parts.policy.links(),
            budget: parts.budget,
            clock: &*parts.clock,
            interrupted: &|| interrupted.load(Ordering::Relaxed),
        };
        let transcript = Transcript::new(person.clone()).with(std::mem::take(&mut asked.entries));
        let started = parts.clock.micros();
        let outcome = tokio::select! {
            outcome = turn.run(&*parts.model, transcript) => outcome,
            never = self.watch(asked.job, asked.platform, &asked.inbound, &asked.conversation, &interrupted) => match never {},
        };
        let took = Duration::from_micros(parts.clock.micros().saturating_sub(started));
        parts.limits.spent(person, place, outcome.usage.total()).await;
        parts.telemetry.turn(&outcome, took);

        self.conclude(&asked, outcome).await?;
        parts.outbox.wake();
        self.summarize(&asked).await;
        Ok(())
    }

    /// All that a turn leads to, in one transaction: rows of sessions, of the outbox, of plans and of the audit.
    async fn conclude(&self, asked: &Asked<'_>, outcome: TurnOutcome) -> Result<(), NotDone> {
        let (parts, sessions) = (&self.0.parts, self.0.sessions);
        let Asked { job, key, conversation, inbound, .. } = asked;
        let mut tx = parts.state.begin().await?;
        if outcome.ended == Ended::Interrupted && sessions.put_back(&mut tx, conversation, key, &inbound.person).await?
        {
            // What interrupted it is answered together with it.
            self.0.settle.done_in(&mut tx, &job.lease).await?;
            return Ok(tx.commit().await?);
        }
        let said = Entry::bot(outcome.said.as_str(), outcome.read.clone());
        if sessions.finish(&mut tx, conversation, key, &said).await? {
            self.write_down(&mut tx, asked, outcome).await?;
        }
        self.0.settle.done_in(&mut tx, &job.lease).await?;
        Ok(tx.commit().await?)
    }

    async fn write_down(&self, tx: &mut Tx, asked: &Asked<'_>, outcome: TurnOutcome) -> Result<(), NotDone> {
        let (parts, Asked { key, inbound, .. }) = (&self.0.parts, asked);
        let mut say = outcome.say;
        // Whoever used a command waits for its answer, and the cards stand by themselves.
        if say.parts.is_empty() && inbound.reply.is_some() {
            say = Outbound::plain("This waits until somebody agrees: see the card.");
        }
        if !say.parts.is_empty() {
            let to = Address { place: inbound.place.clone(), only: None, reply: inbound.reply.clone() };
            let draft = Draft { to, message: say, step: format!("{key}/answer"), edit_of: None };
            parts.outbox.put(tx, &draft).await?;
        }
        for call in &outcome.planned {
            let plan = parts.approvals.ask(tx, call, &inbound.person, &inbound.place).await?;
            // A command works where the bot may post nothing: then its card fails, and only its user can be told.
            if let Some(reply) = &inbound.reply {
                parts.outbox.tells(tx, &plan.card_step(), &inbound.person, reply).await?;
            }
        }
        Ok(audit::answered(tx, key, &inbound.person, &inbound.place, outcome.ended.as_str()).await?)
    }

    /// After the answer, which nobody waits with for it.
    async fn summarize(&self, asked: &Asked<'_>) {
        let Some(overflow) = &asked.overflow else { return };
        let parts = &self.0.parts;
        let Inbound { person, place, .. } = &asked.inbound;
        let (summary, usage) = overflow.summarize(&*parts.model, person, SUMMARY).await;
        parts.limits.spent(person, place, usage.total()).await;
        let kept = async {
            let mut tx = parts.state.begin().await?;
            self.0.sessions.keep(&mut tx, &asked.conversation, &summary).await?;
            tx.commit().await
        };
        if let Err(error) = kept.await {
            warn!(error = &error as &dyn std::error::Error, "a summary is not kept: the next turn makes another one");
        }
    }
}
