//! Designs that lose, to show that the harness sees it.

/// What is done wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sabotage {
    /// Nothing.
    None,
    /// The sender is answered, and the row, or the effect, is written later.
    AckBeforeCommit,
    /// Every attempt of a delivery gets a key of its own.
    ForgetKeys,
    /// Effects are written whatever the fence.
    IgnoreFences,
    /// Redis keeps no file, and a restart forgets all.
    ForgetAtRestart,
}

impl Sabotage {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::AckBeforeCommit => "ack-before-commit",
            Self::ForgetKeys => "forget-keys",
            Self::IgnoreFences => "ignore-fences",
            Self::ForgetAtRestart => "forget-at-restart",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::None, Self::AckBeforeCommit, Self::ForgetKeys, Self::IgnoreFences, Self::ForgetAtRestart]
            .into_iter()
            .find(|sabotage| sabotage.name() == name)
    }
}
