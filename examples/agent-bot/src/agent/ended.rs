//! How a turn ends.

use super::model::ModelError;

/// How a turn ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// With an answer, or with plans.
    Said,
    /// The model was done and had nothing to say.
    Silent,
    /// The model said something that is nothing.
    Nonsense,
    /// The model called tools that do not exist.
    UnknownTool,
    /// The model did not stop.
    Endless,
    /// The turn's tokens are used up.
    Spent,
    /// The turn's time is used up.
    Late,
    /// The model does not answer.
    Down,
    /// The model's service lets nobody through for now.
    Limited,
    /// The model's service refuses.
    Refused,
    /// Something arrived that matters more.
    Interrupted,
}

impl Ended {
    /// What the person who asked reads; `None` where the answer or the plans say it.
    #[must_use]
    pub const fn sentence(self) -> Option<&'static str> {
        Some(match self {
            Self::Said => return None,
            Self::Silent => "I have nothing to add. Say `help` to see what I can do.",
            Self::Nonsense => "I could not make sense of this. Please say it again in other words.",
            Self::UnknownTool => "I tried something that I cannot do. Say `help` to see what I can.",
            Self::Endless => "I went round in circles and stopped. Please ask for one thing at a time.",
            Self::Spent => "This was more than I may read for one message. Please ask for a smaller part of it.",
            Self::Late => "This took too long, so I stopped. Please try again.",
            Self::Down => "I cannot think just now: my model does not answer. Please try again in a few minutes.",
            Self::Limited => "Too many people are asking just now. Please try again in a minute.",
            Self::Refused => {
                "My model refuses to work with me. Please tell whoever looks after me to check its settings."
            }
            Self::Interrupted => "I stopped here because of what you said next.",
        })
    }

    /// As metrics and logs name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Said => "said",
            Self::Silent => "silent",
            Self::Nonsense => "nonsense",
            Self::UnknownTool => "unknown_tool",
            Self::Endless => "endless",
            Self::Spent => "spent",
            Self::Late => "late",
            Self::Down => "down",
            Self::Limited => "limited",
            Self::Refused => "refused",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<ModelError> for Ended {
    fn from(error: ModelError) -> Self {
        match error {
            ModelError::Down => Self::Down,
            ModelError::Slow => Self::Late,
            ModelError::Limited { .. } => Self::Limited,
            ModelError::Refused { .. } => Self::Refused,
            ModelError::Nonsense(_) => Self::Nonsense,
        }
    }
}
