//! Heads, URLs and times that are not what was signed.

use std::collections::BTreeSet;

use imchat_verify::providers;
use time::Duration;

use super::good::{Good, IN_MILLIS, IN_SECONDS, WITH_METHOD, WITH_URL, all, now, refused, signed};
use super::{Found, expect};
use crate::explain::clock::Cause;

/// What is made here.
pub(super) const MADE: &[&str] = &[
    "header-repeated",
    "another-provider",
    "url-scheme",
    "url-host",
    "url-port",
    "url-path",
    "url-query",
    "url-changed",
    "method-changed",
    "timestamp-unit",
];

const BODY: &[u8] = br#"{"id":"evt_1","type":"thing.done"}"#;

#[test]
fn a_header_that_a_proxy_repeated_is_found() {
    let mut found = Found::new();
    for mut good in all(BODY) {
        let headers = good.request.headers.clone();
        good.request.headers.extend(headers.into_iter().map(|(name, _)| (name, b"1".to_vec())));
        expect(&good, "header-repeated", &mut found);
    }
    assert!(found["header-repeated"].len() >= 9, "{found:?}");
}

#[test]
fn another_providers_request_is_found_by_its_signature() {
    let mut found = Found::new();
    for good in all(BODY) {
        let others = providers::all().iter().filter(|other| other.primary_role() == good.scheme.primary_role());
        for other in others.filter(|other| other.name() != good.scheme.name()) {
            let (request, given) = (good.request.clone(), good.given.clone());
            let mistaken = Good { scheme: other, given, request, now: good.now };
            let Some(explanation) = mistaken.explained() else { continue };
            if explanation.cause == Some("another-provider") {
                assert!(explanation.sentence.contains(good.scheme.name()), "{}", explanation.sentence);
                expect(&mistaken, "another-provider", &mut found);
            }
        }
    }
    assert!(["slack", "stripe", "github"].iter().all(|name| found["another-provider"].contains(name)), "{found:?}");
}

#[test]
fn another_providers_headers_are_named_where_its_secret_is_not_at_hand() {
    let discord = providers::by_name("discord").unwrap();
    let stripe = signed(providers::by_name("stripe").unwrap(), BODY).unwrap();
    let given = signed(discord, BODY).unwrap().given;
    let explanation = Good { scheme: discord, given, ..stripe }.explained().unwrap();
    assert_eq!((explanation.cause, explanation.proved), (Some("headers-of-another-provider"), false));
    assert!(explanation.sentence.contains("the headers of stripe"), "{}", explanation.sentence);
}

/// The mistake, the URL that arrives, and the headers that a proxy adds.
type Arriving = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

#[test]
fn a_url_that_a_proxy_changed_is_found() {
    let mut found = Found::new();
    let arriving: [Arriving; 9] = [
        ("url-scheme", "http://bot.example.com/hooks/in?team=1", &[]),
        ("url-host", "https://10.0.0.7/hooks/in?team=1", &[("X-Forwarded-Host", "bot.example.com")]),
        ("url-host", "https://10.0.0.7/hooks/in?team=1", &[("Forwarded", "for=1.2.3.4;host=bot.example.com")]),
        ("url-port", "https://bot.example.com:8443/hooks/in?team=1", &[]),
        ("url-path", "https://bot.example.com/in?team=1", &[("X-Forwarded-Prefix", "/hooks")]),
        ("url-path", "https://bot.example.com/proxy/hooks/in?team=1", &[]),
        ("url-path", "https://bot.example.com/hooks/in/?team=1", &[]),
        ("url-query", "https://bot.example.com/hooks/in", &[("X-Original-URI", "/hooks/in?team=1")]),
        (
            "url-changed",
            "http://10.0.0.7:3000/in?team=1",
            &[("X-Forwarded-Host", "bot.example.com"), ("X-Original-URI", "/hooks/in?team=1")],
        ),
    ];
    let schemes = providers::all().iter().copied().chain([&WITH_URL]);
    for scheme in schemes {
        for (name, url, headers) in arriving {
            let Some(mut good) = signed(scheme, BODY) else { continue };
            good.request.url = Some(url.to_owned());
            let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
            good.request.headers.extend(headers);
            expect(&good, name, &mut found);
        }
    }
    assert!(MADE.iter().filter(|name| name.starts_with("url-")).all(|name| found[name].contains("with-url")));
}

#[test]
fn a_query_is_not_shown_with_the_url_that_fits() {
    let mut good = signed(&WITH_URL, BODY).unwrap();
    good.request.url = Some("http://bot.example.com/hooks/in?team=1".into());
    let sentence = good.explained().unwrap().sentence;
    assert!(sentence.contains("(https://bot.example.com/hooks/in fits)"), "{sentence}");
}

#[test]
fn another_method_is_found() {
    let mut found = Found::new();
    for scheme in providers::all().iter().copied().chain([&WITH_METHOD]) {
        let Some(mut good) = signed(scheme, BODY) else { continue };
        good.request.method = "PUT".into();
        expect(&good, "method-changed", &mut found);
    }
    assert!(found["method-changed"].contains("with-method"));
}

#[test]
fn a_time_outside_the_window_says_how_far_and_why() {
    let mut late = 0;
    for mut good in all(BODY) {
        let Some(window) = good.scheme.default_window() else { continue };
        let [past, future] = [window.past, window.future].map(|span| Duration::try_from(span).unwrap());
        let mut at = |distance: Duration| {
            good.now = now() + distance;
            let explanation = good.explained().unwrap();
            assert!(explanation.proved && explanation.sentence.contains("its signature is right"));
            (explanation.cause.unwrap(), explanation.sentence)
        };
        // Fifteen minutes beside a full hour.
        let beside = |span: Duration| Duration::seconds((span.whole_seconds() / 3600) * 3600 + 4500);
        let (cause, sentence) = at(beside(past));
        assert_eq!(cause, "clock-skew");
        let far = beside(past).whole_seconds();
        assert!(sentence.contains(&format!("{far} s old")), "{sentence}");
        assert_eq!(at(past + Duration::days(2)).0, "clock-skew");
        assert_eq!(at(-beside(future)).0, "clock-skew");
        assert_eq!(at(Duration::hours(past.whole_hours() + 1)).0, "clock-time-zone");
        assert_eq!(at(-Duration::hours(future.whole_hours() + 1)).0, "clock-time-zone");
        late += 1;
    }
    assert!(late >= 6, "{late}");
}

#[test]
fn seconds_and_milliseconds_are_told_apart() {
    let cause = |signs, verifies| Good { scheme: verifies, ..signed(signs, BODY).unwrap() }.explained().unwrap();
    let millis = cause(&IN_MILLIS, &IN_SECONDS);
    assert_eq!((millis.cause, millis.proved), (Some("clock-milliseconds"), true), "{}", millis.sentence);
    let seconds = cause(&IN_SECONDS, &IN_MILLIS);
    assert_eq!((seconds.cause, seconds.proved), (Some("clock-seconds"), true), "{}", seconds.sentence);
}

#[test]
fn a_timestamp_that_was_changed_after_signing_is_found() {
    let mut found = Found::new();
    let mut changed = BTreeSet::new();
    for scheme in providers::all().iter().copied().chain([&IN_SECONDS, &IN_MILLIS]) {
        let Some(mut good) = signed(scheme, BODY).filter(|good| good.scheme.default_window().is_some()) else {
            continue;
        };
        for (_, value) in &mut good.request.headers {
            let text = String::from_utf8(value.clone()).unwrap();
            let other = match text.as_str() {
                "1700000000" => "1700000000000".into(),
                "1700000000000" => "1700000000".into(),
                _ => text.replacen("t=1700000000,", "t=1700000000000,", 1),
            };
            changed.extend((other != text).then_some(scheme.name()));
            *value = other.into_bytes();
        }
        expect(&good, "timestamp-unit", &mut found);
    }
    assert_eq!(found["timestamp-unit"], changed);
}

/// Signatures are held to fit whatever the time is, so where the time alone is wrong anything undone would seem to help.
#[test]
fn a_time_that_cannot_be_read_is_not_explained_away() {
    let mut unread = BTreeSet::new();
    for refused in refused().iter().filter(|refused| refused.attempt().fits()) {
        let explanation = refused.explained().unwrap();
        let is_clock = Cause::ALL.iter().any(|cause| explanation.cause == Some(cause.name()));
        assert!(is_clock || explanation.cause.is_none(), "{}: {}", refused.scheme.name(), explanation.sentence);
        unread.extend((!is_clock).then_some(refused.scheme.name()));
    }
    assert!(["slack", "stripe", "linear"].iter().all(|name| unread.contains(name)), "{unread:?}");
}
