//! Requests whose time has passed or has not come.

use imchat_tests::{SIGNED_AT, Subject, at, outcome};
use imchat_verify::{Error, Role, Verdict, Window};
use time::{Duration, OffsetDateTime};

use super::{headed, signature_header, signed};

/// When the request says it was sent.
fn sent_at(subject: &Subject) -> OffsetDateTime {
    let header = match subject.scheme.name() {
        "slack" => "x-slack-request-timestamp",
        "discord" => "x-signature-timestamp",
        "feishu" | "feishu-card-legacy" => "x-lark-request-timestamp",
        "svix" => "svix-timestamp",
        "stripe" | "paddle" => signature_header(subject),
        "zoom" => "x-zm-request-timestamp",
        "dingtalk-robot" => "timestamp",
        "hubspot" => "x-hubspot-request-timestamp",
        // What the engine makes of these is compared with published times elsewhere.
        "linear" | "twitch" => return said_to_be_sent_at(subject),
        _ => "webhook-timestamp",
    };
    let value = std::str::from_utf8(subject.request.get(header).unwrap()).unwrap();
    let field = |element: &'static str| value.split([',', ';']).find_map(|part| part.trim().strip_prefix(element));
    let number: i64 = field("t=").or(field("ts=")).unwrap_or(value).parse().unwrap();
    let seconds = if matches!(subject.scheme.name(), "dingtalk-robot" | "hubspot") { number / 1000 } else { number };
    OffsetDateTime::from_unix_timestamp(seconds).unwrap()
}

fn said_to_be_sent_at(subject: &Subject) -> OffsetDateTime {
    match subject.verifier().verify(subject.request.head(), &subject.request.body, subject.now).unwrap() {
        Verdict::Event(proved) => proved.sent_at().unwrap(),
        // A challenge of Twitch, at the time that its header says.
        Verdict::Handshake(_) => at(SIGNED_AT) + Duration::microseconds(123_456),
    }
}

/// Every signed request with a time, and the window it is judged by.
fn timed() -> Vec<(Subject, Window)> {
    // A token has times of its own, which its cases go through.
    let headed = headed().into_iter().filter(|subject| subject.scheme.primary_role() != Role::Jwks);
    let windows = headed.map(|subject| (subject.verifier().current_window(), subject));
    let timed: Vec<_> = windows.filter_map(|(window, subject)| Some((subject, window?))).collect();
    assert!(timed.len() > 50, "only {} requests have a time", timed.len());
    timed
}

#[test]
fn exactly_the_edge_of_the_window_and_one_second_inside_pass() {
    for (subject, window) in timed() {
        let (sent, second) = (sent_at(&subject), Duration::SECOND);
        for now in
            [sent + window.past, sent + window.past - second, sent, sent - window.future + second, sent - window.future]
        {
            let verdict = outcome(&subject.verifier(), &subject.request, now);
            assert!(verdict.is_accepted(), "{} at {now}: {verdict:?}", subject.name);
        }
    }
}

#[test]
fn one_second_after_the_window_is_stale() {
    for (subject, window) in timed() {
        let late = outcome(&subject.verifier(), &subject.request, sent_at(&subject) + window.past + Duration::SECOND);
        let age = window.past + core::time::Duration::from_secs(1);
        assert_eq!(late.error(), Error::Stale { age }, "{}", subject.name);
    }
}

#[test]
fn one_second_before_the_window_is_from_the_future() {
    for (subject, window) in timed() {
        let early =
            outcome(&subject.verifier(), &subject.request, sent_at(&subject) - window.future - Duration::SECOND);
        let ahead = window.future + core::time::Duration::from_secs(1);
        assert_eq!(early.error(), Error::Future { ahead }, "{}", subject.name);
    }
}

#[test]
fn a_request_without_a_time_says_that_its_time_is_not_signed() {
    for subject in signed().into_iter().filter(|subject| subject.scheme.default_window().is_none()) {
        let listed = subject.scheme.not_signed().iter().any(|what| what.contains("time of sending"));
        assert!(listed, "{} does not say that nothing signs its time", subject.scheme.name());
    }
}
