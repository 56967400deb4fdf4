//! Who may let a write happen.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Reason, Subject, standing};
use crate::platform::Profile;
use crate::who::{Person, Place};

/// Who may approve one write, and how many of them it takes. It is kept with the plan: a later policy changes no plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approvers {
    /// Whom the policy names, of the tenant in which the write was asked for. Never empty.
    pub who: Vec<Subject>,
    /// How many different people it takes; at least one.
    pub quorum: u32,
    /// Whether who asked may be one of them.
    pub self_approval: bool,
    /// Whether each of them types a passcode as well.
    pub second_factor: bool,
    /// How long the plan waits for them.
    pub within: Duration,
}

impl Approvers {
    /// Whether this person may decide on what `requester` asked for at `place`. Pure; default deny.
    ///
    /// `profile` is what the platform says about them now; who cannot be looked up decides nothing.
    ///
    /// # Errors
    /// The reason, to be shown to who pressed.
    pub fn admits(
        &self,
        person: &Person,
        profile: Option<&Profile>,
        requester: &Person,
        place: &Place,
    ) -> Result<(), Reason> {
        standing(person, profile, place)?;
        let Some(profile) = profile else { return Err(Reason::Unknown) };
        if !self.self_approval && person == requester {
            return Err(Reason::OwnRequest);
        }
        if self.who.iter().any(|subject| subject.names(person, Some(profile))) {
            Ok(())
        } else {
            Err(Reason::NoApprover)
        }
    }
}
