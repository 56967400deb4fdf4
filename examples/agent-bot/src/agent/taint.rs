//! Who is behind what the model reads.
//!
//! 1. Every entry of a transcript says who is behind it, and what the bot said under the influence of something still
//!    says of what: a summary or an answer washes nothing clean.
//! 2. A label is made where the content enters, by the bot's code. No content can say of itself what it is.
//! 3. [`Taint`] is what an approver is shown; that a write needs an approval does not depend on it.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::who::Person;

/// Who is behind an entry of a transcript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trust {
    /// The bot's own code, or its model.
    Bot,
    /// A person, proved by the platform. What they wrote is data all the same.
    Person(Person),
    /// Nobody who was proved.
    Untrusted(Source),
}

/// Where untrusted content came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Source {
    /// What a tool gave back.
    Tool(String),
    /// The thread, as it was found.
    Thread,
    /// A file that somebody shared.
    File,
    /// What a webhook brought.
    Webhook(String),
    /// A summary of what was said before.
    Summary,
    /// Somebody else than who asks now.
    Other(Person),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tool(tool) => write!(f, "what the tool {tool} found"),
            Self::Thread => f.write_str("the thread"),
            Self::File => f.write_str("a shared file"),
            Self::Webhook(provider) => write!(f, "a webhook of {provider}"),
            Self::Summary => f.write_str("the summary of earlier messages"),
            Self::Other(person) => write!(f, "messages of {person}"),
        }
    }
}

/// Everything untrusted that the model had read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Taint(BTreeSet<Source>);

impl Taint {
    /// Nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a source.
    pub fn add(&mut self, source: Source) {
        self.0.insert(source);
    }

    /// Adds all that the other holds.
    pub fn join(&mut self, other: &Self) {
        self.0.extend(other.0.iter().cloned());
    }

    /// All but this source.
    #[must_use]
    pub fn without(mut self, source: &Source) -> Self {
        self.0.remove(source);
        self
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sources, in a fixed order.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.0.iter()
    }
}

impl FromIterator<Source> for Taint {
    fn from_iter<I: IntoIterator<Item = Source>>(sources: I) -> Self {
        Self(sources.into_iter().collect())
    }
}
