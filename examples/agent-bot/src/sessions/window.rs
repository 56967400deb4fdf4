//! How much of a conversation a turn reads.

use super::Begun;
use super::rows::Numbered;
use super::summary::{Overflow, Summary};
use crate::agent::taint::Source;
use crate::agent::transcript::{Content, Entry};

/// Messages behind an open one, after which it holds no summary up: its job is a dead letter, that nobody may ever replay.
const PASSED_OVER: usize = 100;

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
    /// message will be told after it. One that too much came after is passed over.
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
        let open = open.filter(|open| past.iter().filter(|later| later.number > *open).count() <= PASSED_OVER);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::taint::Taint;

    fn said(number: i64) -> Numbered {
        Numbered { number, entry: Entry::bot(number.to_string(), Taint::none()) }
    }

    #[test]
    fn a_message_that_no_turn_ends_widens_no_window_for_ever() {
        let window = Window { messages: 10, tokens: 1000 };
        for (newest, entries) in [(50, 50), (101, 101), (102, 11), (1000, 11)] {
            let past = (2..=newest).map(said).collect();
            let begun = window.fit(Summary::default(), past, vec![said(newest + 1)], Some(1));
            let Begun::Turn { entries: read, .. } = begun else { panic!("{begun:?}") };
            assert_eq!(read.len(), entries, "up to {newest}");
        }
    }
}
