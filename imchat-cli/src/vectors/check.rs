//! One case against the engine: read whole and read in pieces, which must come to the same.

use imchat_verify::{AnyProvider, ConfigError, Error, Reply, Scheme, Verdict, Verifier, providers};
use serde_json::Value;

use super::case::{Answer, Case, Expect};
use super::secret::{self, Unusable};

/// What came of a case.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    /// As expected; the error's name where the case is one that must be refused.
    Passed(Option<&'static str>),
    /// What came instead.
    Failed(String),
    /// Why it was not run.
    Skipped(String),
}

/// What the engine says of a request, to be compared.
#[derive(Debug, PartialEq)]
enum Seen {
    Event { event_id: Option<String>, semantic_id: Option<String>, body: Vec<u8> },
    Handshake(Reply),
    Refused(Error),
}

pub(super) fn run(case: &Case) -> Outcome {
    if let Some(scheme) = case.scheme.as_deref().filter(|scheme| is_fragment(scheme)) {
        return Outcome::Skipped(format!("{scheme} is no whole request"));
    }
    // Where a platform has several schemes of its own, the case names the one that its route has.
    let version = case.scheme.as_deref().and_then(|scheme| scheme.split(' ').next());
    let version = version.map(|version| format!("{}-{version}", case.provider));
    let versioned = version.as_deref().and_then(providers::by_name);
    let Some(scheme) = versioned.or_else(|| providers::by_name(&case.provider)) else {
        return Outcome::Skipped("this build has no such provider".into());
    };
    let built = match secret::of(case, scheme) {
        Ok(secrets) => Verifier::of(scheme, secrets),
        Err(Unusable::Unknown(what)) => return Outcome::Skipped(what),
        Err(Unusable::NotAsEncoded(why)) => return unconfigured(&case.expect, &why),
    };
    match built {
        Ok(verifier) => verified(case, scheme, &verifier),
        Err(error @ ConfigError::FeatureOff(_)) => Outcome::Skipped(error.to_string()),
        Err(error) => unconfigured(&case.expect, &error.to_string()),
    }
}

/// Facts for unit tests (a decryption, an outbound signature) share the format and carry no request to verify.
fn is_fragment(scheme: &str) -> bool {
    let scheme = scheme.to_ascii_lowercase();
    ["decrypt-only", "decrypt only", "function only", "outbound", "primitive"].iter().any(|word| scheme.contains(word))
}

/// A secret that does not construct accepts nothing, which is a refusal too.
fn unconfigured(expect: &Expect, why: &str) -> Outcome {
    match expect {
        Expect::ConfigError | Expect::Reject => Outcome::Passed(Some("config_error")),
        Expect::Accept | Expect::Handshake(_) => Outcome::Failed(format!("no verifier could be built: {why}")),
    }
}

fn verified(case: &Case, scheme: &Scheme, verifier: &Verifier<AnyProvider>) -> Outcome {
    let verifier = verifier.clone().window(case.tolerance.window(scheme.default_window()));
    let whole = seen(verifier.verify(case.request.head(), &case.request.body, case.now));
    let pieces = seen(in_pieces(case, &verifier));
    if whole != pieces {
        return Outcome::Failed(format!("whole it is {}, in pieces {}", name(&whole), name(&pieces)));
    }
    match (&case.expect, &whole) {
        (Expect::Reject, Seen::Refused(error)) => Outcome::Passed(Some(error.reason())),
        (Expect::Accept, Seen::Event { event_id, semantic_id, body }) => {
            let differs = differing_id("event id", case.event_id.as_deref(), event_id.as_deref())
                .or_else(|| differing_id("semantic id", case.semantic_event_id.as_deref(), semantic_id.as_deref()))
                .or_else(|| differing_body(case.plaintext.as_deref(), body));
            differs.map_or(Outcome::Passed(None), Outcome::Failed)
        }
        (Expect::Handshake(answer), Seen::Handshake(reply)) => {
            let differs = answer.as_ref().and_then(|answer| differing_reply(answer, reply));
            let differs = differs.or_else(|| differing_challenge(case.plaintext.as_deref(), reply));
            differs.map_or(Outcome::Passed(None), Outcome::Failed)
        }
        (expect, seen) => Outcome::Failed(format!("expected {}, it is {}", wanted(expect), name(seen))),
    }
}

fn in_pieces<'r>(case: &'r Case, verifier: &'r Verifier<AnyProvider>) -> Result<Verdict<'r, AnyProvider>, Error> {
    let mut pending = verifier.begin(case.request.head(), case.now)?;
    for piece in case.request.body.chunks(7) {
        pending.update(piece);
    }
    pending.finish()
}

fn seen(verdict: Result<Verdict<'_, AnyProvider>, Error>) -> Seen {
    match verdict {
        Err(error) => Seen::Refused(error),
        Ok(Verdict::Handshake(reply)) => Seen::Handshake(reply),
        Ok(Verdict::Event(proved)) => {
            let identity = proved.identity();
            let text = |id: Option<imchat_verify::Stated<'_>>| id.map(|id| id.into_inner().into_owned());
            let (event_id, semantic_id) = (text(identity.event_id), text(identity.semantic_id));
            Seen::Event { event_id, semantic_id, body: proved.body().to_vec() }
        }
    }
}

fn name(seen: &Seen) -> String {
    match seen {
        Seen::Event { .. } => "accepted".into(),
        Seen::Handshake(_) => "a handshake".into(),
        Seen::Refused(error) => format!("refused: {error}"),
    }
}

const fn wanted(expect: &Expect) -> &'static str {
    match expect {
        Expect::Accept => "acceptance",
        Expect::Handshake(_) => "a handshake",
        Expect::Reject => "a refusal",
        Expect::ConfigError => "a secret that does not construct",
    }
}

fn differing_id(what: &str, wanted: Option<&str>, is: Option<&str>) -> Option<String> {
    match (wanted, is) {
        (None, _) => None,
        (Some(wanted), Some(is)) if wanted == is => None,
        (Some(_), Some(_)) => Some(format!("the {what} is another one")),
        (Some(_), None) => Some(format!("the {what} is not found")),
    }
}

fn differing_body(wanted: Option<&str>, body: &[u8]) -> Option<String> {
    let wanted = wanted?.as_bytes();
    if wanted == body {
        return None;
    }
    let same = wanted.iter().zip(body).take_while(|(wanted, is)| wanted == is).count();
    Some(format!("the opened body differs from the plaintext at byte {same} (of {} and {})", body.len(), wanted.len()))
}

fn differing_reply(wanted: &Answer, reply: &Reply) -> Option<String> {
    if wanted.status != u64::from(reply.status) {
        return Some(format!("the reply's status is {}, expected {}", reply.status, wanted.status));
    }
    if let Some(json) = &wanted.json
        && serde_json::from_slice::<Value>(&reply.body).ok().as_ref() != Some(json)
    {
        return Some("the reply's JSON is another one".into());
    }
    if let Some(text) = &wanted.text
        && text.as_bytes() != &*reply.body
    {
        return Some("the reply's text is another one".into());
    }
    None
}

/// An opened handshake does not leave the engine, but the challenge that it answers does.
fn differing_challenge(plaintext: Option<&str>, reply: &Reply) -> Option<String> {
    let wanted: Value = serde_json::from_str(plaintext?).ok()?;
    let is: Value = serde_json::from_slice(&reply.body).ok()?;
    let (wanted, is) = (wanted.get("challenge")?, is.get("challenge")?);
    (wanted != is).then(|| "the reply's challenge is not the plaintext's".into())
}

#[cfg(test)]
mod tests;
