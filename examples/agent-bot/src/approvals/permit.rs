//! The right to one effect.

use super::digest;
use crate::who::Place;

/// The right to carry out one approved call, once.
///
/// Only [`Approvals::begin`](super::Approvals::begin) makes one, out of a plan that people approved, and
/// [`finish`](super::Approvals::finish) takes it away. It cannot be copied, and what it holds cannot be changed.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a plan that is begun is finished by `finish`, or taken over by another executor"]
pub struct Permit {
    pub(super) plan: String,
    pub(super) tool: String,
    pub(super) arguments: String,
    pub(super) digest: String,
    pub(super) place: Place,
    pub(super) fence: i64,
}

impl Permit {
    /// The plan's id: unique for each effect, and the idempotency key of whatever it calls.
    #[must_use]
    pub fn plan(&self) -> &str {
        &self.plan
    }

    /// The tool that was approved.
    #[must_use]
    pub fn tool(&self) -> &str {
        &self.tool
    }

    /// The arguments that were approved, as canonical JSON.
    #[must_use]
    pub fn arguments(&self) -> &str {
        &self.arguments
    }

    /// The digest that was approved, in base64url.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Where it was asked for.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Higher than that of every executor before: give it to every effect that can refuse a lower one.
    #[must_use]
    pub fn fence(&self) -> i64 {
        self.fence
    }

    /// Whether this call is the one that was approved: its digest is computed anew out of what is about to run.
    #[must_use]
    pub fn binds(&self, tool: &str, arguments: &str) -> bool {
        digest::of(tool, arguments, &self.place) == self.digest
    }
}
