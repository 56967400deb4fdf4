//! Who is in the room.

/// One of the people whom one may speak as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Person {
    /// Asks; nobody in the policy.
    Ada,
    /// May approve.
    Ben,
    /// Nobody in the policy either.
    Cleo,
}

impl Person {
    pub(super) const ALL: [Self; 3] = [Self::Ada, Self::Ben, Self::Cleo];

    /// As one types it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ada => "ada",
            Self::Ben => "ben",
            Self::Cleo => "cleo",
        }
    }

    /// As Slack knows them.
    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::Ada => "U0ADA00001",
            Self::Ben => "U0BEN00001",
            Self::Cleo => "U0CLEO0001",
        }
    }

    /// Of this name, in any case.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|person| person.name().eq_ignore_ascii_case(name))
    }
}
