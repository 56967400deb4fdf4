//! A case as its file states it. What the format does not allow is a complaint about the file, never a failed case.

use std::time::Duration;

use imchat_verify::Window;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::capture::Captured;
use crate::capture::json::{place, request, text};
use crate::clock;

/// What must come of a case.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expect {
    Accept,
    Handshake(Option<Answer>),
    Reject,
    ConfigError,
}

/// The reply that a handshake must get.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u64,
    pub(super) json: Option<Value>,
    pub(super) text: Option<String>,
}

#[derive(Debug)]
pub(super) struct CaseSecret {
    /// A key set as JSON, all else as it is.
    pub(super) value: String,
    pub(super) role: String,
    pub(super) encoding: String,
}

/// The window to verify with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Tolerance {
    /// The provider's own.
    Default,
    /// This one, both ways.
    Given(Duration),
    /// None.
    Off,
}

impl Tolerance {
    pub(super) fn window(self, default: Option<Window>) -> Option<Window> {
        match self {
            Self::Default => default,
            Self::Given(span) => Some(Window::symmetric(span)),
            Self::Off => None,
        }
    }
}

#[derive(Debug)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) provider: String,
    pub(super) scheme: Option<String>,
    pub(super) secrets: Vec<CaseSecret>,
    pub(super) request: Captured,
    pub(super) now: OffsetDateTime,
    pub(super) tolerance: Tolerance,
    pub(super) expect: Expect,
    /// What a good error would say; not binding.
    pub(super) reason: Option<String>,
    pub(super) event_id: Option<String>,
    pub(super) semantic_event_id: Option<String>,
    pub(super) plaintext: Option<String>,
}

/// The cases of a file; the error says what about the file is wrong.
pub(super) fn parse(file: &[u8]) -> Result<Vec<Case>, String> {
    let value: Value = serde_json::from_slice(file).map_err(|error| format!("it is not JSON: {}", place(&error)))?;
    let list = value.as_array().ok_or("it is no JSON list of cases")?;
    let named = |(index, value): (usize, &Value)| {
        case(value).map_err(|wrong| {
            let id = value.get("id").and_then(Value::as_str).unwrap_or("no id");
            format!("case {} ({}): {wrong}", index.saturating_add(1), crate::text::shown(id))
        })
    };
    list.iter().enumerate().map(named).collect()
}

fn case(value: &Value) -> Result<Case, String> {
    let object = value.as_object().ok_or("it is no JSON object")?;
    let (now, off) = now(object)?;
    let tolerance = match (off, tolerance(object)?) {
        (true, _) => Tolerance::Off,
        (false, Some(span)) => Tolerance::Given(span),
        (false, None) => Tolerance::Default,
    };
    let secrets = object.get("secrets").and_then(Value::as_array).ok_or("`secrets` is no list")?;
    let of = object.get("request").ok_or("`request` is missing")?;
    Ok(Case {
        id: required(object, "id")?,
        provider: required(object, "provider")?,
        scheme: owned(object, "scheme")?,
        secrets: secrets.iter().map(secret).collect::<Result<_, _>>()?,
        request: request(of)?,
        now,
        tolerance,
        expect: expect(object)?,
        reason: owned(object, "reason")?,
        event_id: owned(object, "event_id")?,
        semantic_event_id: owned(object, "semantic_event_id")?,
        plaintext: owned(object, "plaintext")?,
    })
}

fn owned(object: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    Ok(text(object, name)?.map(str::to_owned))
}

fn required(object: &Map<String, Value>, name: &str) -> Result<String, String> {
    owned(object, name)?.ok_or_else(|| format!("`{name}` is missing"))
}

fn secret(value: &Value) -> Result<CaseSecret, String> {
    let object = value.as_object().ok_or("a secret is no JSON object")?;
    let encoding = required(object, "encoding")?;
    let value = match object.get("value") {
        Some(Value::String(value)) => value.clone(),
        Some(value) if encoding == "json" => value.to_string(),
        Some(_) => return Err("the `value` of a secret is not text".into()),
        None => return Err("a secret has no `value`".into()),
    };
    Ok(CaseSecret { value, role: required(object, "role")?, encoding })
}

/// The time, and whether the window is off. Without a window no time matters.
fn now(object: &Map<String, Value>) -> Result<(OffsetDateTime, bool), String> {
    const EXPECTED: &str = "`now` is neither Unix seconds nor null";
    match object.get("now") {
        None => Err("`now` is missing: give Unix seconds, or null to switch the window off".into()),
        Some(Value::Null) => Ok((OffsetDateTime::UNIX_EPOCH, true)),
        Some(value) => {
            let whole = value.as_i64().and_then(clock::from_seconds);
            let at = whole.or_else(|| value.as_f64().and_then(clock::from_fraction)).ok_or(EXPECTED)?;
            Ok((at, false))
        }
    }
}

fn tolerance(object: &Map<String, Value>) -> Result<Option<Duration>, String> {
    match object.get("tolerance_secs") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let span = value.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            Ok(Some(span.ok_or("`tolerance_secs` is no number of seconds from 0 up")?))
        }
    }
}

fn expect(object: &Map<String, Value>) -> Result<Expect, String> {
    match required(object, "expect")?.as_str() {
        "accept" => Ok(Expect::Accept),
        "handshake" => Ok(Expect::Handshake(answer(object)?)),
        "reject" => Ok(Expect::Reject),
        "config_error" => Ok(Expect::ConfigError),
        _ => Err("`expect` is none of accept, handshake, reject, config_error".into()),
    }
}

fn answer(object: &Map<String, Value>) -> Result<Option<Answer>, String> {
    let reply = match object.get("reply") {
        None | Some(Value::Null) => return Ok(None),
        Some(reply) => reply.as_object().ok_or("`reply` is no JSON object")?,
    };
    let status = reply.get("status").and_then(Value::as_u64).ok_or("the reply's `status` is no number")?;
    Ok(Some(Answer { status, json: reply.get("json").cloned(), text: owned(reply, "text")? }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn whole() -> Value {
        json!({
            "id": "a", "provider": "slack", "expect": "accept", "now": 1.5, "tolerance_secs": 10,
            "secrets": [{"value": "k", "role": "sign", "encoding": "utf8"}],
            "request": {"method": "POST", "headers": [], "body": ""},
        })
    }

    fn parsed(value: &Value) -> Result<Vec<Case>, String> {
        parse(json!([value]).to_string().as_bytes())
    }

    #[test]
    fn times_may_be_whole_fractional_or_null() {
        let case = |now: Value| {
            let mut value = whole();
            value["now"] = now;
            parsed(&value).map(|mut cases| cases.remove(0))
        };
        let at = |now: Value| case(now).unwrap().now.unix_timestamp_nanos();
        assert_eq!((at(json!(7)), at(json!(1.5))), (7_000_000_000, 1_500_000_000));
        assert_eq!(case(Value::Null).unwrap().tolerance, Tolerance::Off);
        assert!(case(json!("7")).unwrap_err().contains("`now`"));
        assert!(case(json!(1e300)).unwrap_err().contains("`now`"));
    }

    #[test]
    fn a_tolerance_is_the_window_both_ways() {
        let case = parsed(&whole()).unwrap().remove(0);
        assert_eq!(case.tolerance.window(None), Some(Window::symmetric(Duration::from_secs(10))));
    }

    #[test]
    fn what_is_missing_is_named_with_its_case() {
        for name in ["id", "provider", "expect", "now", "secrets", "request"] {
            let mut value = whole();
            value.as_object_mut().unwrap().remove(name);
            let wrong = parsed(&value).unwrap_err();
            assert!(wrong.starts_with("case 1 (") && wrong.contains(name), "{wrong}");
        }
        let mut value = whole();
        value["secrets"][0].as_object_mut().unwrap().remove("role");
        assert!(parsed(&value).unwrap_err().contains("`role` is missing"));
        value = whole();
        value["expect"] = json!("maybe");
        assert!(parsed(&value).unwrap_err().contains("none of accept"));
    }

    #[test]
    fn a_file_that_is_no_list_is_refused() {
        assert!(parse(b"{}").unwrap_err().contains("no JSON list"));
        assert!(parse(b"[{").unwrap_err().contains("line 1"));
    }
}
