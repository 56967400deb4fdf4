//! What a click is answered.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::card::clock;
use crate::message::{Outbound, Part, Span, Text, legible};
use crate::state::instant;
use crate::who::Person;

/// Characters of an answer.
const LONGEST: usize = 500;

/// What a click is answered; it prints as a log tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Answer {
    /// It was the last voice that was missing: the plan is approved.
    Approved,
    /// The plan is rejected.
    Rejected,
    /// The voice counts; more are needed.
    Counted {
        /// Different people who agreed so far.
        have: u32,
        /// How many it takes.
        need: u32,
    },
    /// This person had agreed before; nothing changed.
    CountedBefore {
        /// Different people who agreed so far.
        have: u32,
        /// How many it takes.
        need: u32,
    },
    /// Somebody was faster.
    DecidedBefore {
        /// How it was decided.
        approved: bool,
        /// By whom.
        by: Person,
        /// When, in Unix microseconds of store time.
        at: i64,
    },
    /// It had expired.
    Expired {
        /// When, in Unix microseconds of store time.
        at: i64,
    },
    /// No such plan: it was deleted, or never was.
    Unknown,
    /// This person may not, for this reason.
    Refused(String),
    /// The rule asks for a passcode beside the click.
    NeedsPasscode,
    /// The passcode was wrong.
    WrongPasscode {
        /// How often this person may try again.
        left: u32,
    },
    /// Too many wrong passcodes: this person no longer decides on this plan.
    LockedOut,
    /// Too many wrong passcodes for plan after plan: this person decides on none that asks for one.
    LockedOutUntil {
        /// When again, in Unix microseconds of store time.
        until: i64,
    },
}

impl Answer {
    /// Whether the plan changed its state by this click.
    #[must_use]
    pub const fn decided(&self) -> bool {
        matches!(self, Self::Approved | Self::Rejected)
    }

    /// As it is shown to who pressed: somebody else is named as the platform names them.
    pub(super) fn message(&self) -> Outbound {
        let Self::DecidedBefore { approved, by, at } = self else {
            return Outbound::plain(legible(&self.to_string(), LONGEST));
        };
        let [before, after] = around(*approved, *at);
        let spans = vec![Span::Plain(before), Span::Mention(by.clone()), Span::Plain(after)];
        Outbound::new().with(Part::Text(Text { spans }))
    }
}

/// What stands before and after who was faster.
fn around(approved: bool, at: i64) -> [String; 2] {
    let how = if approved { "approved" } else { "rejected" };
    [format!("This was {how} already, by "), format!(" at {}. Your click changed nothing.", clock(instant(at)))]
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Approved => f.write_str("Approved. I am on it."),
            Self::Rejected => f.write_str("Rejected. Nothing was done."),
            Self::Counted { have, need } => {
                write!(f, "Thank you, your approval counts: {have} of {need}. Somebody else has to approve as well.")
            }
            Self::CountedBefore { have, need } => {
                write!(f, "You have approved this already: {have} of {need}. Somebody else has to approve as well.")
            }
            Self::DecidedBefore { approved, by, at } => {
                let [before, after] = around(*approved, *at);
                write!(f, "{before}{by}{after}")
            }
            Self::Expired { at } => {
                write!(
                    f,
                    "This expired at {} and was not done. Ask for it again if it is still needed.",
                    clock(instant(*at))
                )
            }
            Self::Unknown => {
                f.write_str("I do not know this request any more. Ask for it again if it is still needed.")
            }
            Self::Refused(reason) => f.write_str(reason),
            Self::NeedsPasscode => f.write_str("Please type your passcode to approve this."),
            Self::WrongPasscode { left } => write!(f, "That passcode is wrong; nothing was done. Tries left: {left}."),
            Self::LockedOut => {
                f.write_str("Too many wrong passcodes. Somebody else has to decide this, or it is asked for again.")
            }
            Self::LockedOutUntil { until } => {
                write!(
                    f,
                    "Too many wrong passcodes in a day: until {} somebody else has to decide what asks for one.",
                    clock(instant(*until))
                )
            }
        }
    }
}
