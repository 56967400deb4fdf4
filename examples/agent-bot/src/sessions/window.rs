//! How much of a conversation a turn reads.

use super::Begun;
use super::rows::Numbered;
use super::summary::{Overflow, Summary};
use crate::agent::taint::Source;
use crate::agent::transcript::{Content, Entry};

/// How much of a conversation a turn reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Messages.
    pub messages: usize,
    /// Tokens, of about four bytes each.
    pub tokens: usize,
}

impl Default for Window {
    fn default() -> Self {
        Self { messages: 40, tokens: 4_000 }
    }
}

impl Window {
    /// The summary, the newest that fit, and what is to be answered, whether it fits or not.
    ///
    /// What is newer than the oldest `open` message stays as it is: a summary tells everything up to a number, and that
    /// message will be told after it.
    pub(super) fn fit(self, told: Summary, past: Vec<Numbered>, taken: Vec<Numbered>, open: Option<i64>) -> Begun {
        let mut left =
            self.tokens.saturating_sub(taken.iter().map(|asked| tokens(&asked.entry)).fold(0, usize::saturating_add));
        let mut fit = 0_usize;
        for older in past.iter().rev().take(self.messages.saturating_sub(taken.len())) {
            let Some(rest) = left.checked_sub(tokens(&older.entry)) else { break };
            left = rest;
            fit = fit.saturating_add(1);
        }
        let mut past = past;
        let settled = past.iter().take_while(|older| open.is_none_or(|open| older.number < open)).count();
        let recent = past.split_off(past.len().saturating_sub(fit).min(settled));
        let overflow = past.last().map(|last| last.number).map(|upto| Overflow {
            before: told.clone(),
            entries: past.iter().map(|older| older.entry.clone()).collect(),
            upto,
        });
        let mut entries = Vec::new();
        // Until its summary is made, what does not fit is told the plain way: nothing is left out without a word.
        let told = match &overflow {
            Some(overflow) => overflow.in_short(),
            None => told,
        };
        if !told.text.is_empty() {
            let summary = Entry::untrusted(Source::Summary, told.text);
            entries.push(Entry { read: told.read, ..summary });
        }
        entries.extend(recent.into_iter().chain(taken).map(|numbered| numbered.entry));
        Begun::Turn { entries, overflow }
    }
}

fn tokens(entry: &Entry) -> usize {
    match &entry.content {
        Content::Text(text) | Content::Result { text, .. } => text.len().div_ceil(4),
        Content::Call(call) => call.arguments.len().div_ceil(4),
    }
}
