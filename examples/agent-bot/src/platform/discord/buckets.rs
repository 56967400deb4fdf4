//! Discord's rate limits, kept beforehand: a call that would be refused is not made.
//!
//! Discord counts by buckets, whose names, rests and ends it tells with every answer; one call may share its bucket with
//! others, and each channel, guild and interaction has its own of them. Beside them all calls under one bot token share
//! one limit. <https://discord.com/developers/docs/topics/rate-limits>.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::time::Instant;

use crate::platform::web::{Answer, seconds, span};

/// Above so many, those that have ended are forgotten.
const MANY: usize = 1024;
/// What a 429 without a number is given.
const A_SECOND: Duration = Duration::from_secs(1);

/// What is called, and of which channel, guild or interaction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Route<'r> {
    /// Method and path without ids.
    pub(super) call: &'static str,
    /// The id that limits are counted by.
    pub(super) major: &'r str,
    /// Whether it is called under the bot token: interactions are outside its limit.
    pub(super) bot: bool,
}

#[derive(Debug, Default)]
struct Ends {
    /// No call under the bot token before.
    global: Option<Instant>,
    /// The bucket of a call, once Discord has told it.
    names: HashMap<&'static str, String>,
    /// By bucket and major id: used up until then.
    empty: HashMap<(String, String), Instant>,
}

/// Every bucket that is known to be used up.
#[derive(Debug, Default)]
pub(super) struct Buckets(Mutex<Ends>);

impl Buckets {
    fn lock(&self) -> MutexGuard<'_, Ends> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long this call has to wait; nothing where it may be made.
    pub(super) fn wait(&self, route: &Route<'_>, now: Instant) -> Option<Duration> {
        let ends = self.lock();
        let own = ends.empty.get(&ends.key(route)).copied();
        let end = own.max(ends.global.filter(|_| route.bot))?;
        Some(end.saturating_duration_since(now)).filter(|wait| !wait.is_zero())
    }

    /// Learns from an answer. A refused call is told how long to wait.
    pub(super) fn learn(&self, route: &Route<'_>, answer: &Answer, now: Instant) -> Option<Duration> {
        let refused = (answer.status == StatusCode::TOO_MANY_REQUESTS).then(|| {
            let precise = answer.json.get("retry_after").and_then(Value::as_f64).and_then(span);
            precise.or(answer.retry_after).unwrap_or(A_SECOND)
        });
        let global = answer.json.get("global").and_then(Value::as_bool).unwrap_or(false)
            || answer.headers.contains_key("x-ratelimit-global");
        let used_up = header(&answer.headers, "x-ratelimit-remaining") == Some("0");
        let reset = header(&answer.headers, "x-ratelimit-reset-after").and_then(seconds).filter(|_| used_up);

        let mut ends = self.lock();
        if let Some(bucket) = header(&answer.headers, "x-ratelimit-bucket") {
            ends.names.insert(route.call, bucket.to_owned());
        }
        match refused {
            Some(wait) if global => ends.global = now.checked_add(wait).max(ends.global),
            refused => {
                if let Some(end) = refused.max(reset).and_then(|wait| now.checked_add(wait)) {
                    if ends.empty.len() >= MANY {
                        ends.empty.retain(|_, end| *end > now);
                    }
                    let key = ends.key(route);
                    ends.empty.insert(key, end);
                }
            }
        }
        refused
    }
}

impl Ends {
    fn key(&self, route: &Route<'_>) -> (String, String) {
        let bucket = self.names.get(route.call).map_or(route.call, String::as_str);
        (bucket.to_owned(), route.major.to_owned())
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    fn route(call: &'static str, major: &'static str) -> Route<'static> {
        Route { call, major, bot: true }
    }

    fn answer(status: StatusCode, headers: &[(&'static str, &'static str)], json: Value) -> Answer {
        let headers =
            headers.iter().map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)));
        Answer { status, headers: headers.collect(), retry_after: Some(Duration::from_secs(9)), json }
    }

    const POST: &str = "POST messages";

    #[test]
    fn a_bucket_that_is_used_up_is_waited_for_in_its_channel_alone() {
        let (buckets, now) = (Buckets::default(), Instant::now());
        let (here, there) = (route(POST, "1"), route(POST, "2"));
        assert_eq!(buckets.wait(&here, now), None);
        let headers = [("x-ratelimit-bucket", "b"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset-after", "1.5")];
        assert_eq!(buckets.learn(&here, &answer(StatusCode::OK, &headers, Value::Null), now), None);
        assert_eq!(buckets.wait(&here, now), Some(Duration::from_millis(1500)));
        assert_eq!(buckets.wait(&there, now), None);
        assert_eq!(buckets.wait(&here, now + Duration::from_millis(1500)), None);
    }

    #[test]
    fn calls_of_one_bucket_wait_together() {
        let (buckets, now) = (Buckets::default(), Instant::now());
        let (post, patch) = (route(POST, "1"), route("PATCH message", "1"));
        let told = [("x-ratelimit-bucket", "b"), ("x-ratelimit-remaining", "4"), ("x-ratelimit-reset-after", "1.5")];
        buckets.learn(&patch, &answer(StatusCode::OK, &told, Value::Null), now);
        assert_eq!(buckets.wait(&patch, now), None, "something is left");
        let empty = [("x-ratelimit-bucket", "b"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset-after", "1.5")];
        buckets.learn(&post, &answer(StatusCode::OK, &empty, Value::Null), now);
        assert_eq!(buckets.wait(&patch, now), Some(Duration::from_millis(1500)));
    }

    #[test]
    fn a_refusal_tells_how_long_and_a_global_one_stops_every_call_of_the_bot() {
        let (buckets, now) = (Buckets::default(), Instant::now());
        let refusal =
            |global| json!({ "message": "You are being rate limited.", "retry_after": 0.25, "global": global });
        let refused = answer(StatusCode::TOO_MANY_REQUESTS, &[], refusal(false));
        assert_eq!(buckets.learn(&route(POST, "1"), &refused, now), Some(Duration::from_millis(250)));
        assert_eq!(buckets.wait(&route("GET member", "1"), now), None);
        let refused = answer(StatusCode::TOO_MANY_REQUESTS, &[], refusal(true));
        assert_eq!(buckets.learn(&route(POST, "2"), &refused, now), Some(Duration::from_millis(250)));
        assert_eq!(buckets.wait(&route("GET member", "1"), now), Some(Duration::from_millis(250)));
        let interaction = Route { call: "POST followup", major: "3", bot: false };
        assert_eq!(buckets.wait(&interaction, now), None);
        let bare = answer(StatusCode::TOO_MANY_REQUESTS, &[], Value::Null);
        assert_eq!(buckets.learn(&route(POST, "1"), &bare, now), Some(Duration::from_secs(9)));
    }

    #[test]
    fn what_has_ended_is_forgotten() {
        let (buckets, now) = (Buckets::default(), Instant::now());
        let refused = answer(StatusCode::TOO_MANY_REQUESTS, &[], json!({ "retry_after": 1.0 }));
        for n in 0..MANY {
            let major = n.to_string();
            buckets.learn(&Route { call: POST, major: &major, bot: true }, &refused, now);
        }
        buckets.learn(&route(POST, "last"), &refused, now + Duration::from_secs(2));
        assert_eq!(buckets.lock().empty.len(), 1);
    }
}
