//! A write that a model asked for, before anybody agreed to it.

use serde::{Deserialize, Serialize};

use super::taint::Taint;
use crate::policy::Approvers;

/// How much a write can hurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// Undone with another call.
    Low,
    /// Felt by users for a moment.
    Medium,
    /// Felt by users, or not undone by a call.
    High,
}

impl Risk {
    /// As a card shows it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A write that waits to be agreed to. It does nothing by itself.
///
/// `summary` and `blast_radius` are made by the bot's code out of the arguments; no text of a model's is in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCall {
    /// The same each time that the same job is worked on: the job's key, `/plan/` and a number.
    pub step: String,
    /// The tool.
    pub tool: String,
    /// Canonical JSON: members in the order of their names, no blanks, every one known to the tool and valid.
    pub arguments: String,
    /// What would happen, in a line.
    pub summary: String,
    /// How much it can hurt.
    pub risk: Risk,
    /// Whom it can hurt, in a line.
    pub blast_radius: String,
    /// What the model had read by then.
    pub tainted_by: Taint,
    /// Who has to agree.
    pub approvers: Approvers,
}
