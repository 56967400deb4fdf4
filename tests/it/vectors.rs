//! The signature vectors, each against the verifier of its provider.

use std::collections::BTreeMap;

use imchat_tests::{Case, Event, Expect, Outcome, vectors};
use imchat_verify::{Error, Provenance, Reply, Source, providers};
use serde_json::Value;

fn of(expect: Expect) -> impl Iterator<Item = Case> {
    let cases: Vec<Case> = vectors().into_iter().filter(|case| case.expect == expect).collect();
    assert!(!cases.is_empty(), "no case expects {expect:?}");
    cases.into_iter()
}

#[test]
fn every_provider_of_a_platform_has_cases_of_both_kinds() {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for case in vectors() {
        let (good, bad) = counts.entry(case.subject.scheme.name()).or_default();
        let accepted = matches!(case.expect, Expect::Accept | Expect::Handshake);
        *(if accepted { good } else { bad }) += 1;
    }
    for scheme in providers::all().iter().filter(|scheme| scheme.name() != "generic") {
        let (good, bad) = counts.get(scheme.name()).copied().unwrap_or_default();
        assert!(good > 0, "{} has no case that is accepted", scheme.name());
        assert!(bad > 0 || scheme.name() == "svix", "{} has no case that is refused", scheme.name());
    }
}

#[test]
fn accepted_cases_are_events_with_the_bytes_that_were_proved() {
    for case in of(Expect::Accept) {
        let name = &case.subject.name;
        let verdict = case.subject.judge();
        assert!(matches!(verdict, Outcome::Event(_)), "{name}: {verdict:?}");
        let Event { body, wire, .. } = verdict.event();
        assert_eq!(wire, case.subject.request.body, "{name}");
        match &case.plaintext {
            Some(plain) => assert_eq!(String::from_utf8_lossy(&body), *plain, "{name}"),
            None if wire.starts_with(b"{\"encrypt\":") => assert_ne!(body, wire, "{name}"),
            None => assert_eq!(body, wire, "{name}"),
        }
    }
}

#[test]
fn event_ids_come_out_as_the_platform_states_them() {
    let mut seen = 0;
    for case in of(Expect::Accept) {
        let name = &case.subject.name;
        let who = case.subject.judge().event().who;
        let text = |stated: Option<Provenance<String>>| stated.map(Provenance::into_inner);
        if let Some(id) = &case.event_id {
            seen += 1;
            assert_eq!(text(who.event_id).as_ref(), Some(id), "{name}");
        }
        if let Some(id) = &case.semantic_id {
            seen += 1;
            assert_eq!(text(who.semantic_id).as_ref(), Some(id), "{name}");
        }
    }
    assert!(seen >= 6, "only {seen} ids were compared");
}

fn matches(reply: &Reply, expected: &Value) -> bool {
    let body_fits = match (expected.get("json"), expected.get("text")) {
        (Some(json), _) => serde_json::from_slice::<Value>(&reply.body).is_ok_and(|body| body == *json),
        (None, Some(text)) => text.as_str().is_some_and(|text| text.as_bytes() == &*reply.body),
        (None, None) => true,
    };
    expected["status"].as_u64() == Some(u64::from(reply.status)) && body_fits
}

#[test]
fn handshakes_are_answered_as_the_platform_wants() {
    for case in of(Expect::Handshake) {
        let name = &case.subject.name;
        let Outcome::Handshake(reply) = case.subject.judge() else { panic!("{name}: {:?}", case.subject.judge()) };
        // DingTalk wants to read its answer in an envelope: see the attacks on it.
        if case.reply.is_none() && case.subject.scheme.name() == "dingtalk" {
            continue;
        }
        let expected = case.reply.as_ref().unwrap_or_else(|| panic!("{name} says no reply"));
        assert!(matches(&reply, expected), "{name}: {reply:?} is not {expected}");
    }
}

/// Whether an error says what the case's reason says.
fn says(error: &Error, reason: &str, is_list: bool) -> bool {
    match reason {
        "bad_signature" => *error == Error::Mismatch,
        "bad_token" => *error == Error::WrongToken,
        "stale" => matches!(error, Error::Stale { .. }),
        "future" => matches!(error, Error::Future { .. }),
        "missing_header" => matches!(error, Error::Missing(_)),
        // In a list a key may be missing, and candidates that cannot be read are passed over until none is left.
        "malformed" => match error {
            Error::Malformed(..) | Error::Repeated(_) | Error::Missing(Source::Field(_)) => true,
            error => is_list && *error == Error::Mismatch,
        },
        "no_supported_signature" => matches!(error, Error::Malformed(..)),
        "undecryptable" => *error == Error::Undecryptable,
        _ => false,
    }
}

#[test]
fn rejected_cases_are_refused_for_the_reason_that_they_name() {
    for case in of(Expect::Reject) {
        let error = case.subject.judge().error();
        let reason = match case.subject.name.as_str() {
            // A SHA-1 tag has not the length of a SHA-256 one: that is seen before anything is compared.
            "feishu-card-v2-checked-with-sha1-token" | "square-wrong-header" => "malformed",
            // A space is no letter of base64.
            "wecom-verify-url-unescaped-plus" => "malformed",
            _ => case.reason.as_deref().unwrap_or_default(),
        };
        let is_list = ["stripe", "paddle", "pagerduty"].contains(&case.subject.scheme.name());
        assert!(says(&error, reason, is_list), "{}: {error:?} does not say {reason}", case.subject.name);
    }
}

#[test]
fn bad_secrets_do_not_construct() {
    for case in of(Expect::ConfigError) {
        assert!(case.subject.try_verifier().is_err(), "{}", case.subject.name);
    }
}
