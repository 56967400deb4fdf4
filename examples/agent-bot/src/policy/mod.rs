//! Who may ask for what, where, and who has to agree.
//!
//! 1. [`Policy::decide`] is pure: what it is told decides, and nothing that anybody wrote to the bot is a part of it.
//! 2. Nobody acts across tenants: somebody of another workspace in a shared channel is a guest, and may not.
//! 3. A guest, a program or a deactivated account may not.
//! 4. A write is never simply allowed: it is [`Ask`](Decision::Ask) or denied, and denied where no rule names it, where
//!    the person could not be looked up, and where nobody of their tenant may approve it.
//! 5. A read is allowed to whoever may ask, unless a rule says otherwise.
//!
//! [`mod@file`] is its form in TOML.

mod approvers;
pub mod file;
pub mod identity;
mod subject;

use std::collections::BTreeMap;

pub use approvers::Approvers;
pub use file::PolicyError;
pub use subject::{Area, Subject};

use crate::hooks::Hook;
use crate::limits::Allowances;
use crate::platform::{Profile, Standing};
use crate::who::{Person, Place};

/// What somebody wants of the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act<'a> {
    /// An answer.
    Ask,
    /// A tool that changes nothing.
    Read(&'a str),
    /// A tool that changes something.
    Write(&'a str),
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// It may be done.
    Allow,
    /// It may be done when these agree.
    Ask(Approvers),
    /// It may not.
    Deny(Reason),
}

/// Why somebody may not: a sentence for that person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The account belongs to another tenant than the place.
    #[error("Your account belongs to another workspace. Please ask somebody of this one.")]
    OtherTenant,
    /// A guest.
    #[error("Guests may not use me here. Please ask a member of this workspace.")]
    Guest,
    /// A program.
    #[error("I only answer people.")]
    Program,
    /// A deactivated account.
    #[error("Your account is deactivated. Please ask an administrator of this workspace.")]
    Gone,
    /// No rule lets this person ask here.
    #[error("You are not on the list of people who may ask me here. Please ask whoever looks after me to add you.")]
    NotListed,
    /// The platform could not say who it is.
    #[error("I could not look you up just now, so I may not do this for you. Please try again in a few minutes.")]
    Unknown,
    /// The tool is denied to all, or no rule names it.
    #[error("My policy does not let me do this. Please ask whoever looks after me.")]
    Denied,
    /// The rule does not name this person, or not here.
    #[error("You may not ask for this here. Please ask somebody who may, or ask where it is allowed.")]
    NotForYou,
    /// Nobody in this tenant may approve it.
    #[error("Nobody in this workspace may approve this. Please ask whoever looks after me to name somebody.")]
    NobodyApproves,
    /// It changes something, and there is no card to approve it on.
    #[error("Changes need an approval, which I cannot ask for here: ask me in Slack/Feishu/Discord.")]
    NoCards,
    /// The person is no approver of it.
    #[error("You are not one of the people who may decide this.")]
    NoApprover,
    /// The person asked for it.
    #[error("You asked for this yourself, so somebody else has to decide.")]
    OwnRequest,
}

/// What is done with messages that arrive while the conversation's turn runs. None is ever dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Meanwhile {
    /// Each is answered by itself, one after the other.
    #[default]
    Queue,
    /// All that wait are answered together.
    Merge,
    /// The turn ends at its next step, and what it was about is answered together with them.
    Interrupt,
}

/// A rule for some people in some places.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reach {
    who: Vec<Subject>,
    places: Vec<Area>,
}

impl Reach {
    fn covers(&self, person: &Person, profile: Option<&Profile>, place: &Place) -> bool {
        self.places.iter().any(|area| area.covers(place))
            && self.who.iter().any(|subject| subject.names(person, profile))
    }

    fn by_group(&self) -> bool {
        self.who.iter().any(|subject| matches!(subject, Subject::Group(..)))
    }
}

/// What becomes of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    Allow(Reach),
    Ask(Reach, Approvers),
    Deny,
}

/// Who may ask for what, where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    ask: Vec<Reach>,
    tools: BTreeMap<String, Rule>,
    meanwhile: Meanwhile,
    links: Vec<String>,
    passcodes: Vec<(Person, String)>,
    limits: Allowances,
    hooks: Vec<Hook>,
}

impl Policy {
    /// What becomes of an act of this person in this place.
    ///
    /// `profile` is what the platform says about the person; `None` where it was not asked or did not answer.
    pub fn decide(&self, person: &Person, profile: Option<&Profile>, place: &Place, act: Act<'_>) -> Decision {
        match self.ruled(person, profile, place, act) {
            Ok(decision) => decision,
            Err(reason) => Decision::Deny(reason),
        }
    }

    fn ruled(
        &self,
        person: &Person,
        profile: Option<&Profile>,
        place: &Place,
        act: Act<'_>,
    ) -> Result<Decision, Reason> {
        standing(person, profile, place)?;
        if !self.ask.iter().any(|reach| reach.covers(person, profile, place)) {
            return Err(Reason::NotListed);
        }
        let (tool, write) = match act {
            Act::Ask => return Ok(Decision::Allow),
            Act::Read(tool) => (tool, false),
            Act::Write(tool) => (tool, true),
        };
        if write && profile.is_none() {
            return Err(Reason::Unknown);
        }
        match (self.tools.get(tool), write) {
            (Some(Rule::Deny), _) | (None, true) => Err(Reason::Denied),
            // No file says so; should one ever, a write is still never done unasked.
            (Some(Rule::Allow(_)), true) => Err(Reason::Denied),
            (None, false) => Ok(Decision::Allow),
            (Some(Rule::Allow(reach)), false) if reach.covers(person, profile, place) => Ok(Decision::Allow),
            (Some(Rule::Ask(reach, approvers)), _) if reach.covers(person, profile, place) => {
                let who: Vec<_> = approvers.who.iter().filter(|subject| subject.reaches(place)).cloned().collect();
                if who.is_empty() {
                    return Err(Reason::NobodyApproves);
                }
                Ok(Decision::Ask(Approvers { who, ..approvers.clone() }))
            }
            (Some(Rule::Allow(_) | Rule::Ask(..)), _) => Err(Reason::NotForYou),
        }
    }

    /// Whether who may ask depends on groups, so that people are to be looked up before they are answered.
    #[must_use]
    pub fn asks_by_group(&self) -> bool {
        self.ask.iter().any(Reach::by_group)
    }

    /// What is done with messages that arrive while a turn runs.
    #[must_use]
    pub const fn meanwhile(&self) -> Meanwhile {
        self.meanwhile
    }

    /// The tools that change something and may be asked for.
    pub fn writes(&self) -> impl Iterator<Item = &str> {
        self.tools.iter().filter(|(_, rule)| matches!(rule, Rule::Ask(..))).map(|(name, _)| name.as_str())
    }

    /// Whether any of them asks its approvers for a passcode.
    #[must_use]
    pub fn asks_for_passcodes(&self) -> bool {
        self.tools.values().any(|rule| matches!(rule, Rule::Ask(_, approvers) if approvers.second_factor))
    }

    /// The tags of the approvers' passcodes, as [`Passcodes`](crate::approvals::Passcodes) takes them.
    #[must_use]
    pub fn passcodes(&self) -> &[(Person, String)] {
        &self.passcodes
    }

    /// How much of it.
    #[must_use]
    pub const fn limits(&self) -> Allowances {
        self.limits
    }

    /// What comes in over hooks, and where each is told.
    #[must_use]
    pub fn hooks(&self) -> &[Hook] {
        &self.hooks
    }

    /// The hosts that a model's text may link to: `status.example.com`, and `.example.com` for every host below it.
    #[must_use]
    pub fn links(&self) -> &[String] {
        &self.links
    }
}

/// Refuses whoever may do nothing at all here.
fn standing(person: &Person, profile: Option<&Profile>, place: &Place) -> Result<(), Reason> {
    if person.platform != place.platform || person.tenant != place.tenant {
        return Err(Reason::OtherTenant);
    }
    match profile.map(|profile| profile.standing) {
        None | Some(Standing::Member) => Ok(()),
        Some(Standing::Guest) => Err(Reason::Guest),
        Some(Standing::Bot) => Err(Reason::Program),
        Some(Standing::Gone) => Err(Reason::Gone),
    }
}

#[cfg(test)]
mod tests;
