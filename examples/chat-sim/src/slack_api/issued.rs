//! What Slack gives out with an interaction: trigger ids and response URLs, each with an end.
//!
//! A trigger id opens one view within three seconds; a response URL takes five messages within half an hour.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

const TRIGGER: Duration = Duration::from_secs(3);
const ROUTE: Duration = Duration::from_secs(30 * 60);
const USES: u32 = 5;

/// One message that came over a response URL.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The channel of the interaction that the URL came with.
    pub channel: String,
    /// Who interacted.
    pub user: String,
    /// Whether only they see it: Slack's default.
    pub ephemeral: bool,
    /// As sent.
    pub body: Value,
}

#[derive(Debug)]
struct Route {
    channel: String,
    user: String,
    since: Duration,
    left: u32,
}

#[derive(Debug, Default)]
struct Given {
    count: u64,
    triggers: HashMap<String, (Duration, bool)>,
    routes: HashMap<String, Route>,
    responses: Vec<Response>,
}

/// Everything given out, and what came back over it.
#[derive(Debug, Default)]
pub(super) struct Issued(Mutex<Given>);

impl Issued {
    fn lock(&self) -> MutexGuard<'_, Given> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn trigger(&self, now: Duration) -> String {
        let mut given = self.lock();
        given.count = given.count.saturating_add(1);
        let id = format!("{}.5100000000001.{:032x}", given.count, given.count);
        given.triggers.insert(id.clone(), (now, false));
        id
    }

    /// Uses a trigger id up; errors are Slack's own codes.
    pub(super) fn pull(&self, id: &str, now: Duration) -> Result<(), &'static str> {
        let mut given = self.lock();
        let (since, used) = given.triggers.get_mut(id).ok_or("invalid_trigger_id")?;
        if now.saturating_sub(*since) > TRIGGER {
            return Err("expired_trigger_id");
        }
        if std::mem::replace(used, true) { Err("exchanged_trigger_id") } else { Ok(()) }
    }

    /// The path of a new response URL, without its slash.
    pub(super) fn route(&self, channel: &str, user: &str, now: Duration) -> String {
        let mut given = self.lock();
        given.count = given.count.saturating_add(1);
        let id = format!("{:024x}", given.count);
        let route = Route { channel: channel.to_owned(), user: user.to_owned(), since: now, left: USES };
        given.routes.insert(id.clone(), route);
        id
    }

    /// Says something over a response URL; errors are the words Slack answers with, under HTTP 404.
    pub(super) fn respond(&self, id: &str, body: Value, now: Duration) -> Result<(), &'static str> {
        let mut given = self.lock();
        let route = given.routes.get_mut(id).ok_or("no_service")?;
        if now.saturating_sub(route.since) > ROUTE {
            return Err("expired_url");
        }
        route.left = route.left.checked_sub(1).ok_or("used_url")?;
        let ephemeral = body.get("response_type").is_none_or(|kind| kind != "in_channel");
        let response = Response { channel: route.channel.clone(), user: route.user.clone(), ephemeral, body };
        given.responses.push(response);
        Ok(())
    }

    pub(super) fn responses(&self) -> Vec<Response> {
        self.lock().responses.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trigger_is_used_once_and_within_three_seconds() {
        let issued = Issued::default();
        let id = issued.trigger(Duration::ZERO);
        assert_eq!(issued.pull(&id, TRIGGER), Ok(()));
        assert_eq!(issued.pull(&id, TRIGGER), Err("exchanged_trigger_id"));
        let id = issued.trigger(Duration::ZERO);
        assert_eq!(issued.pull(&id, TRIGGER + Duration::from_millis(1)), Err("expired_trigger_id"));
        assert_eq!(issued.pull("1.2.3", Duration::ZERO), Err("invalid_trigger_id"));
    }

    #[test]
    fn a_response_url_takes_five_messages_within_half_an_hour() {
        let issued = Issued::default();
        let id = issued.route("C1", "U1", Duration::ZERO);
        for _ in 0..5 {
            assert_eq!(issued.respond(&id, Value::Null, ROUTE), Ok(()));
        }
        assert_eq!(issued.respond(&id, Value::Null, ROUTE), Err("used_url"));
        let id = issued.route("C1", "U1", Duration::ZERO);
        assert_eq!(issued.respond(&id, Value::Null, ROUTE + Duration::from_millis(1)), Err("expired_url"));
        assert_eq!(issued.respond("other", Value::Null, Duration::ZERO), Err("no_service"));
        assert_eq!(issued.responses().len(), 5);
    }
}
