//! How often a platform sends what was not taken, and with which pauses.

use std::time::Duration;

use http::StatusCode;

use crate::sender::{Delivery, SendError, Sender, Variant};
use crate::{Clock, Request};

const MINUTE: Duration = Duration::from_secs(60);
const FIVE_MINUTES: Duration = Duration::from_secs(5 * 60);
const HOUR: Duration = Duration::from_secs(3600);
const SIX_HOURS: Duration = Duration::from_secs(6 * 3600);

/// The pauses between the attempts at one delivery, and what ends them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ladder {
    pauses: &'static [Duration],
    marks: Marks,
}

/// What a platform goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marks {
    /// Any 2xx is taken; retries carry two headers, and a refusal with `x-slack-no-retry: 1` is the last word.
    Slack,
    /// 200 and nothing else is taken; retries look like first attempts.
    Feishu,
    /// There is no second attempt.
    Once,
}

impl Ladder {
    /// Slack's Events API: at once, after a minute, after five more.
    /// <https://docs.slack.dev/apis/events-api/#retries>.
    pub const SLACK_EVENTS: Self = Self { pauses: &[Duration::ZERO, MINUTE, FIVE_MINUTES], marks: Marks::Slack };
    /// Feishu's events: after 15 seconds, 5 minutes, an hour and six hours.
    /// <https://open.feishu.cn/document/server-docs/event-subscription-guide/overview>.
    pub const FEISHU_EVENTS: Self =
        Self { pauses: &[Duration::from_secs(15), FIVE_MINUTES, HOUR, SIX_HOURS], marks: Marks::Feishu };
    /// What somebody waits for: Slack's interactivity and commands, Feishu's cards, Discord's interactions.
    pub const ONCE: Self = Self { pauses: &[], marks: Marks::Once };

    /// The pauses, each from the attempt before.
    #[must_use]
    pub const fn pauses(&self) -> &'static [Duration] {
        self.pauses
    }

    fn is_over(&self, attempt: &Result<Delivery, SendError>) -> bool {
        let Ok(reply) = attempt else { return false };
        match self.marks {
            Marks::Slack => {
                reply.status.is_success() || reply.headers.get("x-slack-no-retry").is_some_and(|value| value == "1")
            }
            Marks::Feishu => reply.status == StatusCode::OK,
            Marks::Once => true,
        }
    }

    fn retry(&self, num: u32, before: Option<&Result<Delivery, SendError>>) -> Variant {
        let reason = match before {
            Some(Ok(_)) => "http_error",
            Some(Err(SendError::Timeout(_))) => "http_timeout",
            _ => "connection_failed",
        };
        if self.marks == Marks::Slack { Variant::Retry { num, reason } } else { Variant::Fresh }
    }
}

impl Sender {
    /// Sends `request` until it is taken or `ladder` ends, pausing by `clock`; every attempt is signed anew.
    ///
    /// # Errors
    /// Per attempt, as [`Sender::send`]; what cannot be written is not tried again.
    pub async fn deliver(
        &self,
        base: &str,
        request: &Request,
        ladder: &Ladder,
        clock: &Clock,
    ) -> Vec<Result<Delivery, SendError>> {
        let mut attempts = vec![self.send(base, request, Variant::Fresh).await];
        for (num, pause) in (1..).zip(ladder.pauses) {
            let last = attempts.last();
            let hopeless = matches!(last, Some(Err(SendError::Unwritable(_) | SendError::NothingToTamper)));
            if hopeless || last.is_some_and(|attempt| ladder.is_over(attempt)) {
                break;
            }
            let variant = ladder.retry(num, last);
            clock.sleep(*pause).await;
            attempts.push(self.send(base, request, variant).await);
        }
        attempts
    }
}

#[cfg(test)]
mod tests {
    use imchat_verify::providers::{DISCORD, FEISHU, SLACK};
    use imchat_verify::scheme::Retries;

    use super::*;

    /// What a receiver counts on is what is sent here.
    #[test]
    fn the_ladders_are_those_of_the_schemes() {
        assert_eq!(SLACK.default_facts().ladder(), Retries::Ladder(Ladder::SLACK_EVENTS.pauses()));
        assert_eq!(FEISHU.default_facts().ladder(), Retries::Ladder(Ladder::FEISHU_EVENTS.pauses()));
        for facts in DISCORD.all_facts().filter(|facts| matches!(facts.name(), "interactions" | "components")) {
            assert_eq!(facts.last_gap(), None, "{}", facts.name());
        }
    }
}
