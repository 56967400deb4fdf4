//! The work: a job from the inbox becomes something that is said, planned, decided or done.
//!
//! 1. One job of a conversation is worked on at a time: its answers keep their order, and a conversation that has to wait
//!    holds up no other.
//! 2. Whatever a job leads to (the answer, the plans, the audit) is written in one transaction with its end: after a crash
//!    all of it is there, or none of it and the job is worked on again.
//! 3. Nothing is said from here: it goes to the [outbox](crate::outbox), whose sender follows.
//! 4. A click only decides. What was approved is carried out by [a loop](Executor::tend), here or in another process.
//! 5. What came to a [hook](crate::hooks) is said in the hook's place, and nothing is made of it: nobody asked.
//! 6. What cannot be read is a dead letter: no attempt betters it, a person may. Everything else is tried again.

mod click;
mod hook;
mod meanwhile;
mod notdone;
mod plans;
mod said;
mod settle;
mod turn;
mod upkeep;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use imchat_inbox::{Job, StepKey};
use imchat_verify::Clock;
use imchat_verify::inbox::Delivery;
use tokio::sync::Notify;
use tower_service::Service;
use tracing::{debug, error, info};

pub use notdone::NotDone;
pub use settle::{DoneIn, Settle, Settling};

use crate::agent::budget::Budget;
use crate::agent::model::Model;
use crate::approvals::Approvals;
use crate::hooks;
use crate::limits::RateLimits;
use crate::ops::Desk;
use crate::outbox::Outbox;
use crate::platform::{Decoded, Lifecycle, Platform, Platforms};
use crate::policy::Policy;
use crate::policy::identity::Identity;
use crate::sessions::Sessions;
use crate::state::State;
use crate::telemetry::Telemetry;

/// What the executor works with.
pub struct Parts {
    /// The bot's own tables.
    pub state: State,
    /// Where jobs come from, and where is answered.
    pub platforms: Platforms,
    /// Who may ask for what.
    pub policy: Policy,
    /// How much of it.
    pub limits: RateLimits,
    /// Who answers.
    pub model: Arc<dyn Model>,
    /// What one turn may use up.
    pub budget: Budget,
    /// Where writes wait for people.
    pub approvals: Approvals,
    /// Where everything that is said goes.
    pub outbox: Outbox,
    /// The time, for budgets and for what is remembered of people.
    pub clock: Arc<dyn Clock>,
    /// What is counted.
    pub telemetry: Telemetry,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state, platforms, budget, .. } = self;
        let mut parts = f.debug_struct("Parts");
        parts.field("state", state).field("platforms", platforms).field("budget", budget).finish_non_exhaustive()
    }
}

/// Works on jobs; cheap to clone. A [`Service`] for a [`Worker`](imchat_inbox::Worker).
#[derive(Clone)]
pub struct Executor(Arc<Inner>);

struct Inner {
    parts: Parts,
    /// The inbox, as far as a job's end goes.
    settle: Arc<dyn Settle>,
    identity: Identity,
    sessions: Sessions,
    reads: Desk,
    /// Tells the loop of plans that one was approved.
    approved: Notify,
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").field("parts", &self.0.parts).finish_non_exhaustive()
    }
}

/// The job's key in everything that it leads to: the same at every attempt, and no id that a platform gave.
fn key(job: &Job) -> String {
    key_of(&job.delivery)
}

fn key_of(delivery: &Delivery) -> String {
    StepKey::of(&delivery.key, "job").to_string()
}

impl Executor {
    /// An executor of these parts, whose jobs end in `settle`.
    #[must_use]
    pub fn new(parts: Parts, settle: Arc<dyn Settle>) -> Self {
        let sessions = Sessions::default();
        let reads = Desk::new(parts.state.clone(), sessions);
        let identity = Identity::new(Arc::clone(&parts.clock));
        Self(Arc::new(Inner { parts, settle, identity, sessions, reads, approved: Notify::new() }))
    }

    /// Makes one attempt at a job.
    ///
    /// # Errors
    /// [`NotDone`], which says what is to become of it.
    pub async fn work(&self, job: &Job) -> Result<(), NotDone> {
        let delivery = &job.delivery;
        if let Some(name) = delivery.lane.as_deref().and_then(hooks::name_of_lane) {
            return self.hooked(job, name).await;
        }
        let platforms = &self.0.parts.platforms;
        let platform = platforms.named(&delivery.provider).ok_or(NotDone::NoPlatform)?;
        match platform.decode(&delivery.kind, &delivery.body)? {
            Decoded::Message(inbound) | Decoded::Command(inbound) => self.said(job, platform, inbound).await,
            Decoded::Click(click) => self.clicked(job, platform, click).await,
            Decoded::Lifecycle(lifecycle) => {
                lived(platform, lifecycle, delivery.tenant.as_deref().unwrap_or("-"));
                Ok(())
            }
            Decoded::Ignored(reason) => {
                debug!(reason, "nothing to do");
                self.count("imchat_bot_ignored_total", &[("reason", reason)], 1);
                Ok(())
            }
        }
    }

    fn count(&self, counter: &'static str, labels: &[(&'static str, &str)], by: u64) {
        self.0.parts.telemetry.count(counter, labels, by);
    }
}

/// What happens to the bot itself is for whoever looks after it.
fn lived(platform: &dyn Platform, lifecycle: Lifecycle, tenant: &str) {
    let platform = platform.name();
    match lifecycle {
        Lifecycle::Joined => info!(%platform, tenant, "the bot is in a channel more"),
        Lifecycle::Left => {
            info!(%platform, tenant, "the bot is in a channel less: what is said there becomes dead letters");
        }
        Lifecycle::Revoked => {
            error!(%platform, tenant, "the app was uninstalled or its tokens were revoked: install it again, then replay");
        }
    }
}

impl Service<Job> for Executor {
    type Response = ();
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<(), Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, job: Job) -> Self::Future {
        let executor = self.clone();
        Box::pin(async move { executor.work(&job).await.map_err(NotDone::told) })
    }
}

#[cfg(test)]
mod tests;
