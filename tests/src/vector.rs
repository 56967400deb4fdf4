//! The signature vectors under `vectors/`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imchat_verify::{Role, Window, providers};
use serde_json::Value;

use crate::{Request, SIGNED_AT, Subject, at};

/// What must come of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// An event.
    Accept,
    /// An answer.
    Handshake,
    /// A refusal.
    Reject,
    /// The secrets must not make a verifier.
    ConfigError,
}

/// One case of the vectors.
#[derive(Debug, Clone)]
pub struct Case {
    /// The request with its scheme, secrets and time.
    pub subject: Subject,
    /// What must come of it.
    pub expect: Expect,
    /// What a good error would say.
    pub reason: Option<String>,
    /// The event's id, where it is known.
    pub event_id: Option<String>,
    /// The id that tells duplicates apart, where it is known.
    pub semantic_id: Option<String>,
    /// The opened body, where it is known.
    pub plaintext: Option<String>,
    /// The answer, where it is known.
    pub reply: Option<Value>,
}

/// Every case whose provider this build knows, in the order of the files.
///
/// # Panics
///
/// Where the vectors are missing or not written as their README says.
#[must_use]
pub fn vectors() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the signature vectors belong in tests/vectors")
        .map(|entry| entry.expect("a file of tests/vectors").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a file of vectors");
        let list: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file:?}: {error}"));
        cases.extend(list.iter().filter_map(case));
    }
    cases
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn case(value: &Value) -> Option<Case> {
    let name = text(value, "id").expect("a case has an id");
    let provider = text(value, "provider").expect("a case has a provider");
    let version = text(value, "scheme").map(|version| format!("{provider}-{version}"));
    let scheme = version.as_deref().and_then(providers::by_name).or_else(|| providers::by_name(&provider))?;
    let secrets = value["secrets"].as_array().expect("a case has secrets").iter().map(|secret| {
        let role = text(secret, "role").expect("a secret has a role");
        // A bot's app id is whom its tokens are for.
        let role = if role == "app_id" { Some(Role::Audience) } else { Role::from_name(&role) };
        let value = text(secret, "value").unwrap_or_else(|| secret["value"].to_string());
        (role.expect("a known role"), value)
    });
    let now = value["now"].as_i64();
    let tolerance = value["tolerance_secs"].as_u64().map(|span| Window::symmetric(Duration::from_secs(span)));
    let subject = Subject {
        scheme,
        secrets: secrets.collect(),
        window: if now.is_none() { Some(None) } else { tolerance.map(Some) },
        now: at(now.unwrap_or(SIGNED_AT)),
        request: request(&value["request"]),
        name,
    };
    let expect = match value["expect"].as_str() {
        Some("accept") => Expect::Accept,
        Some("handshake") => Expect::Handshake,
        Some("reject") => Expect::Reject,
        Some("config_error") => Expect::ConfigError,
        other => panic!("{}: unknown expectation {other:?}", subject.name),
    };
    Some(Case {
        subject,
        expect,
        reason: text(value, "reason"),
        event_id: text(value, "event_id"),
        semantic_id: text(value, "semantic_event_id"),
        plaintext: text(value, "plaintext"),
        reply: value.get("reply").cloned(),
    })
}

fn request(value: &Value) -> Request {
    let body = match (text(value, "body"), text(value, "body_base64")) {
        (Some(body), None) => body.into_bytes(),
        (None, Some(body)) => STANDARD.decode(body).expect("a body in base64"),
        other => panic!("a request has one body: {other:?}"),
    };
    let headers = value["headers"].as_array().expect("a request has headers").iter().map(|pair| {
        let text = |at: usize| pair[at].as_str().expect("a header is a pair of texts").to_owned();
        (text(0), text(1).into_bytes())
    });
    Request {
        method: text(value, "method").expect("a request has a method"),
        url: text(value, "url"),
        headers: headers.collect(),
        body,
    }
}
