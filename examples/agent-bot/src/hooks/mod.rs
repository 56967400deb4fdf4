//! Webhooks of services that are no chat platform, each told in one place: a push, a payment, an alert.
//!
//! 1. The policy file names a hook, what proves its requests and where it is told. Nobody who sends chooses any of it.
//! 2. `POST /hooks/NAME` writes what is proved into the inbox, in the hook's own lane: it is told in the order it came.
//! 3. One short message tells of an event. All that the sender wrote stands in it as code, cut short and without what
//!    cannot be seen; it is not given to the model.

mod preset;
mod told;

use crate::who::Place;

pub use preset::Preset;
pub use told::told;

const LANE: &str = "hook/";

/// A hook, as the policy file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// The last part of its path: lower-case letters, digits and `-`, at most 40.
    pub name: String,
    /// What its requests are proved by.
    pub preset: Preset,
    /// The variable that holds the secret.
    pub secret_env: String,
    /// The variable that holds the token of an unsigned handshake, for a provider that has one (Meta, Feishu).
    pub verify_token_env: Option<String>,
    /// Where its events are told.
    pub say_in: Place,
}

impl Hook {
    /// The lane of its deliveries. No conversation has such a one: theirs begin with a platform's name and a colon.
    #[must_use]
    pub fn lane(&self) -> String {
        format!("{LANE}{}", self.name)
    }
}

/// The hook's name, where this lane is a hook's.
#[must_use]
pub fn name_of_lane(lane: &str) -> Option<&str> {
    lane.strip_prefix(LANE)
}
