//! What a model reads, with who is behind each piece of it.

use serde::{Deserialize, Serialize};

use super::taint::{Source, Taint, Trust};
use crate::who::Person;

/// A tool that a model wants called. Everything in it is the model's, and checked before anything is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The model's own id of this call.
    pub id: String,
    /// The tool's name.
    pub tool: String,
    /// JSON, as the model wrote it.
    pub arguments: String,
}

/// What an entry holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// Something said or found.
    Text(String),
    /// The model wants a tool called.
    Call(Call),
    /// What came of it.
    Result {
        /// The call's id.
        id: String,
        /// The call's tool.
        tool: String,
        /// What came.
        text: String,
    },
}

/// One piece of a transcript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Who is behind it.
    pub trust: Trust,
    /// What it holds.
    pub content: Content,
    /// What had been read by whoever made it: what the bot says is as tainted as what it had read.
    pub read: Taint,
}

impl Entry {
    /// A person's message.
    #[must_use]
    pub fn person(person: Person, text: impl Into<String>) -> Self {
        Self { trust: Trust::Person(person), content: Content::Text(text.into()), read: Taint::none() }
    }

    /// Content that nobody answers for.
    #[must_use]
    pub fn untrusted(source: Source, text: impl Into<String>) -> Self {
        Self { trust: Trust::Untrusted(source), content: Content::Text(text.into()), read: Taint::none() }
    }

    /// What the bot said, after it had read `read`.
    #[must_use]
    pub fn bot(text: impl Into<String>, read: Taint) -> Self {
        Self { trust: Trust::Bot, content: Content::Text(text.into()), read }
    }
}

/// What a model is to do with a transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Task {
    /// To answer who asked.
    #[default]
    Answer,
    /// To say in short what was said.
    Summarize,
}

/// What a model reads, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    asker: Person,
    task: Task,
    entries: Vec<Entry>,
}

impl Transcript {
    /// An empty transcript of a turn that this person asked for.
    #[must_use]
    pub const fn new(asker: Person) -> Self {
        Self { asker, task: Task::Answer, entries: Vec::new() }
    }

    /// For another task.
    #[must_use]
    pub const fn to(mut self, task: Task) -> Self {
        self.task = task;
        self
    }

    /// What is to be done with it.
    #[must_use]
    pub const fn task(&self) -> Task {
        self.task
    }

    /// With these at its end.
    #[must_use]
    pub fn with(mut self, entries: impl IntoIterator<Item = Entry>) -> Self {
        self.entries.extend(entries);
        self
    }

    /// Adds an entry at the end.
    pub fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Who asked.
    #[must_use]
    pub const fn asker(&self) -> &Person {
        &self.asker
    }

    /// All of it, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Everything in it that is not by the bot or by who asked, and what the bot's own part was made of.
    #[must_use]
    pub fn taint(&self) -> Taint {
        let mut taint = Taint::none();
        for entry in &self.entries {
            match &entry.trust {
                Trust::Bot => {}
                Trust::Person(person) if *person == self.asker => {}
                Trust::Person(person) => taint.add(Source::Other(person.clone())),
                Trust::Untrusted(source) => taint.add(source.clone()),
            }
            taint.join(&entry.read);
        }
        // What the bot had read by who asks now is no stranger's.
        taint.without(&Source::Other(self.asker.clone()))
    }
}
