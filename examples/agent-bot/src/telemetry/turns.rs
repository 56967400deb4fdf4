//! What is counted of a turn, wherever it was taken.

use std::time::Duration;

use tracing::debug;

use super::Telemetry;
use crate::agent::turn::TurnOutcome;

impl Telemetry {
    /// Counts a turn that is over.
    pub fn turn(&self, outcome: &TurnOutcome, took: Duration) {
        let ended = outcome.ended.as_str();
        self.count("imchat_bot_turns_total", &[("ended", ended)], 1);
        self.count("imchat_bot_model_tokens_total", &[("direction", "read")], outcome.usage.read);
        self.count("imchat_bot_model_tokens_total", &[("direction", "written")], outcome.usage.written);
        self.time("imchat_bot_turn_seconds", &[], took);
        debug!(ended, ?took, planned = outcome.planned.len(), "a turn is over");
    }
}
