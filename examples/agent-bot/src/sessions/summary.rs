//! What was said before, in short.
//!
//! A model says it better, and may not: then the beginnings of the messages are kept, the newest before the older ones. Either way it is
//! bounded, and untrusted: whoever could get a sentence into it would otherwise speak with the bot's own voice.

use std::time::Duration;

use crate::agent::egress;
use crate::agent::model::{Model, Step, Usage};
use crate::agent::taint::{Source, Taint, Trust};
use crate::agent::transcript::{Content, Entry, Task, Transcript};
use crate::who::Person;

/// Characters of a summary.
const LONGEST: usize = 2_000;
/// Characters of one message in a summary that no model made.
const EACH: usize = 160;

/// What was said up to a number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// In short; empty where nothing was said before.
    pub text: String,
    /// What it was made of.
    pub read: Taint,
    /// The number of the last message that it tells.
    pub upto: i64,
}

/// What no longer fits a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overflow {
    pub(super) before: Summary,
    pub(super) entries: Vec<Entry>,
    pub(super) upto: i64,
}

impl Overflow {
    /// The summary as a model makes it; without one in time, as [`in_short`](Self::in_short). With what it took.
    pub async fn summarize(&self, model: &dyn Model, asker: &Person, patience: Duration) -> (Summary, Usage) {
        let transcript = Transcript::new(asker.clone()).to(Task::Summarize).with(self.all());
        match tokio::time::timeout(patience, model.step(&transcript, &[])).await {
            Ok(Ok(stepped)) => match stepped.step {
                Step::Say(text) if !text.trim().is_empty() => {
                    let text = egress::clean(&text, &[]).chars().take(LONGEST).collect();
                    (Summary { text, read: self.read(), upto: self.upto }, stepped.usage)
                }
                _ => (self.in_short(), stepped.usage),
            },
            Ok(Err(_)) | Err(_) => (self.in_short(), Usage::default()),
        }
    }

    /// The summary without a model.
    #[must_use]
    pub fn in_short(&self) -> Summary {
        Summary { text: in_short(&self.all()), read: self.read(), upto: self.upto }
    }

    fn all(&self) -> Vec<Entry> {
        let before = (!self.before.text.is_empty()).then(|| {
            let entry = Entry::untrusted(Source::Summary, self.before.text.clone());
            Entry { read: self.before.read.clone(), ..entry }
        });
        before.into_iter().chain(self.entries.iter().cloned()).collect()
    }

    /// Everybody and everything it is made of, each by name: whose turn it is told in is not known here.
    fn read(&self) -> Taint {
        let mut read = self.before.read.clone();
        for entry in &self.entries {
            match &entry.trust {
                Trust::Bot => {}
                Trust::Person(person) => read.add(Source::Other(person.clone())),
                Trust::Untrusted(source) => read.add(source.clone()),
            }
            read.join(&entry.read);
        }
        read
    }
}

/// The beginnings of these, as many of the newest as fit.
#[must_use]
pub fn in_short(entries: &[Entry]) -> String {
    let mut lines = Vec::new();
    let mut left = LONGEST;
    for entry in entries.iter().rev() {
        let (Content::Text(text) | Content::Result { text, .. }) = &entry.content else { continue };
        let (who, most) = match &entry.trust {
            Trust::Bot => ("I said: ".to_owned(), EACH),
            Trust::Person(person) => (format!("{person} said: "), EACH),
            // A summary of before: it has been cut already.
            Trust::Untrusted(Source::Summary) => (String::new(), LONGEST),
            Trust::Untrusted(source) => (format!("{source} held: "), EACH),
        };
        let told: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(most).collect();
        let line: String = format!("{who}{told}").chars().take(left).collect();
        left = left.saturating_sub(line.chars().count().saturating_add(1));
        lines.push(line);
        if left == 0 {
            break;
        }
    }
    lines.reverse();
    lines.join("\n")
}
