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
//! 7. What was asked, decided and run is in the [audit](crate::audit).

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
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

pub use answer::Answer;
pub use card::{card, outcome_card};
pub use decide::{Press, Verdict};
pub use passcode::{PasscodeError, Passcodes};
pub use permit::Permit;
pub use plan::{Decided, Plan, PlanState};
pub use run::{NoPermit, Outcome};

use crate::state::StateError;

/// Why an approval could not be worked on. Roll back after one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApprovalError {
    /// The database failed.
    #[error(transparent)]
    State(#[from] StateError),
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
}

impl fmt::Debug for Approvals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Approvals").field("passcodes", &self.passcodes).finish_non_exhaustive()
    }
}

impl Approvals {
    /// With the system's randomness.
    #[must_use]
    pub fn new(passcodes: Passcodes) -> Self {
        Self::with_random(passcodes, |bytes| getrandom::fill(bytes).is_ok())
    }

    /// With another source of randomness, which returns whether it filled the bytes.
    pub fn with_random(passcodes: Passcodes, random: impl Fn(&mut [u8; 16]) -> bool + Send + Sync + 'static) -> Self {
        Self { random: Arc::new(random), passcodes: Arc::new(passcodes) }
    }
}
