//! What one turn may use up.

use std::time::Duration;

/// What one turn may use up. The first to run out ends it, with a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Steps of the model.
    pub steps: u32,
    /// Tokens, read and written. Looked at between steps, so that the last one may exceed it.
    pub tokens: u64,
    /// From the first step to the end.
    pub time: Duration,
    /// Calls of unknown tools or with arguments that are not theirs, before it is given up.
    pub mistakes: u32,
    /// Writes that are put to people.
    pub plans: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: 8, tokens: 20_000, time: Duration::from_secs(60), mistakes: 2, plans: 3 }
    }
}
