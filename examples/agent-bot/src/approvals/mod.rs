//! Writes wait for people: a plan, the clicks on its card, and the permit that an approved plan gives once.
//!
//! 1. A plan is made once for each step of a job, in the transaction that puts its card into the outbox.
//! 2. A click is decided in one transaction, by store time: the plan's row is locked, then the time is read, then one
//!    compare-and-set leads out of `pending` while the plan has not expired. Whoever comes later is told who and when.
//! 3. Who may decide is the rule that was kept with the plan, held against the person as the platform tells them now: of
//!    the plan's own tenant, named or in a named group, and not who asked unless the rule allows it. Each person is one
//!    voice. Rejecting takes one voice and no passcode, since it is the safe direction, and who asked may withdraw.
//! 4. The same click's job is answered the same, however often it is worked on.
//! 5. [`Permit`] is the only way to an effect, and [`begin`](Approvals::begin) the only way to a permit: it takes a plan
//!    that was approved and has not expired, and only with the arguments that were approved.
//! 6. An executor that dies leaves the plan running; when its lease is over, another one gets a permit with a higher fence,
//!    and what the first one still tries to finish is refused and rolled back. It may have begun in time and end after the
//!    expiry; what is never begun in time expires.
//! 7. What was asked, decided and run is in the [audit](crate::audit), and what people see of it in the
//!    [outbox](crate::outbox): the card, each of its new faces and the answer to every other click are rows of the same
//!    transaction. Wake the outbox after the commit.
//! 8. Locks are taken in one order: the plan, the person's tries, the outbox, the audit. So say what else is to be said
//!    before, not after.
//!
//! An executor uses them so:
//!
//! ```
//! # use agent_bot::{agent::plan::PlannedCall, approvals::*, outbox::Outbox, platform::*, state::State};
//! # use agent_bot::who::{Person, Place};
//! # async fn turn(state: &State, outbox: &Outbox, approvals: &Approvals, call: &PlannedCall, person: &Person,
//! #     place: &Place) -> Result<(), ApprovalError> {
//! // A turn ended with a write: its plan and its card.
//! let mut tx = state.begin().await?;
//! approvals.ask(&mut tx, call, person, place).await?;
//! tx.commit().await?;
//! outbox.wake();
//! # Ok(()) }
//! # async fn click(state: &State, outbox: &Outbox, approvals: &Approvals, platform: &dyn Platform, job: &str,
//! #     click: &Click) -> Result<(), ApprovalError> {
//! // The job of a click. Look the person up before the transaction, not inside.
//! let Some(verdict) = Verdict::of_verb(&click.action.verb) else { return Ok(()) };
//! let profile = platform.identify(&click.person).await.ok();
//! let press = Press {
//!     job,
//!     plan: &click.action.id,
//!     verdict,
//!     person: &click.person,
//!     profile: profile.as_ref(),
//!     passcode: click.value.as_deref(),
//!     place: &click.place,
//!     reply: click.reply.as_ref(),
//! };
//! let mut tx = state.begin().await?;
//! let answer = approvals.decide(&mut tx, press).await?;
//! tx.commit().await?;
//! if answer == Answer::NeedsPasscode && platform.ask(click, &click.action, &passcode_prompt()).await.is_err() {
//!     let mut tx = state.begin().await?;
//!     approvals.too_late(&mut tx, press).await?;
//!     tx.commit().await?;
//! }
//! outbox.wake();
//! # Ok(()) }
//! # async fn work(state: &State, outbox: &Outbox, approvals: &Approvals) -> Result<(), ApprovalError> {
//! // Soon after an approval, and every few seconds: expire what is over, carry out what is approved or was left behind.
//! if approvals.tend(state).await? > 0 {
//!     outbox.wake();
//! }
//! # Ok(()) }
//! ```

mod answer;
mod ask;
mod card;
mod decide;
mod digest;
mod expire;
mod passcode;
mod permit;
mod plan;
mod run;
mod say;
mod tend;
#[cfg(test)]
mod tests;
mod tries;

use std::fmt;
use std::sync::Arc;

pub use answer::Answer;
pub use card::{card, outcome_card};
pub use decide::{Press, Verdict};
pub use passcode::{PasscodeError, Passcodes};
pub use permit::Permit;
pub use plan::{Decided, Plan, PlanState};
pub use run::{NoPermit, Outcome};
pub use say::passcode_prompt;

use crate::outbox::{Outbox, OutboxError};
use crate::state::StateError;

/// Why an approval could not be worked on. Roll back after one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApprovalError {
    /// The database failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The card or an answer could not be written down.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The system has no randomness.
    #[error("the system gives no random numbers: check that its random device is there")]
    Random,
    /// Another executor has the plan, or it is over.
    #[error("the plan was taken over by another executor, or is over: undo what was done for it")]
    Lost,
}

type Random = dyn Fn(&mut [u8; 16]) -> bool + Send + Sync;

/// The approvals; cheap to clone.
#[derive(Clone)]
pub struct Approvals {
    random: Arc<Random>,
    passcodes: Arc<Passcodes>,
    outbox: Outbox,
}

impl fmt::Debug for Approvals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Approvals").field("passcodes", &self.passcodes).finish_non_exhaustive()
    }
}

impl Approvals {
    /// With the system's randomness.
    #[must_use]
    pub fn new(passcodes: Passcodes, outbox: Outbox) -> Self {
        Self::with_random(passcodes, outbox, |bytes| getrandom::fill(bytes).is_ok())
    }

    /// With another source of randomness, which returns whether it filled the bytes.
    pub fn with_random(
        passcodes: Passcodes,
        outbox: Outbox,
        random: impl Fn(&mut [u8; 16]) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { random: Arc::new(random), passcodes: Arc::new(passcodes), outbox }
    }
}
