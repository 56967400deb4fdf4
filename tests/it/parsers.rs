//! Every reader of what a sender writes, under arbitrary bytes: it never panics and never takes a forgery.

use imchat_tests::{Request, SIGNED_AT, Subject, at, forge, keys, outcome, payload, payloads};
use imchat_verify::Role;
use imchat_verify::providers::{Slack, StandardWebhooks, Stripe};
use proptest::prelude::*;
use proptest::sample::Index;

/// One signed request of every scheme and layout of signature.
const SIGNED: &[&str] = &[
    "slack/app_mention",
    "stripe/thin_event",
    "github/ping",
    "generic/ci_finished",
    "discord/ping",
    "feishu/message",
    "feishu/message_encrypted",
    "feishu/card_action_legacy",
    "standard_webhooks/v1",
    "standard_webhooks/v1a",
    "standard_webhooks/svix",
];

fn security_headers(subject: &Subject) -> Vec<String> {
    let names = subject.request.headers.iter().map(|(name, _)| name.to_lowercase());
    names
        .filter(|name| {
            let signs = ["signature", "timestamp", "nonce", "-id"].iter().any(|part| name.contains(part));
            signs
                && !["x-hub-signature", "x-request-id", "x-github-hook-id", "x-github-hook-installation-target-id"]
                    .contains(&name.as_str())
        })
        .collect()
}

fn subject() -> impl Strategy<Value = Subject> {
    prop::sample::select(SIGNED).prop_map(payload)
}

/// Bytes of a header: anything, or near what parsers look for.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        "[ -~]{0,200}".prop_map(String::into_bytes),
        "(v0=|v1=|v1,|v1a,|sha256=|sha1=|t=)?[0-9a-fA-F=,+/ ]{0,140}".prop_map(String::into_bytes),
        "((t|v0|v1|v1a)?[=, ][0-9a-f]{0,70}[, ;]?){0,12}".prop_map(String::into_bytes),
        "[+-]?[0-9]{0,40}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_bytes_in_a_security_header_are_refused(
        subject in subject(),
        header in any::<Index>(),
        value in value(),
    ) {
        let names = security_headers(&subject);
        let name = header.get(&names);
        prop_assume!(subject.request.get(name) != Some(&value));
        let request = subject.request.clone().with(name, value);
        prop_assert!(!outcome(&subject.verifier(), &request, subject.now).is_accepted(), "{} {name}", subject.name);
    }

    #[test]
    fn arbitrary_headers_around_an_arbitrary_body_are_refused(
        subject in subject(),
        values in prop::collection::vec(value(), 4),
        body in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut request = Request::post(body);
        for (name, value) in security_headers(&subject).into_iter().zip(values) {
            request = request.and(name, value);
        }
        prop_assert!(!outcome(&subject.verifier(), &request, subject.now).is_accepted(), "{}", subject.name);
    }

    #[test]
    fn arbitrary_bodies_under_a_genuine_signature_are_refused(
        subject in subject(),
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            "[\\[\\]{}\":,0-9a-z\\\\ ]{0,200}".prop_map(String::into_bytes),
            "([a-z_]{0,12}=[^&]{0,20}&?){0,8}".prop_map(String::into_bytes),
        ],
    ) {
        prop_assume!(body != subject.request.body);
        let request = subject.request.clone().carrying(body);
        prop_assert!(!outcome(&subject.verifier(), &request, subject.now).is_accepted(), "{}", subject.name);
    }

    #[test]
    fn arbitrary_bodies_that_are_signed_are_read_without_a_panic(
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            "\\{\"(event_id|team_id|type|challenge|event)\":[\\[\\]{}\":,0-9a-z\\\\ ]{0,100}\\}?".prop_map(String::into_bytes),
            "((payload|command|ssl_check|trigger_id|team_id)=[^&]{0,30}&?){0,6}".prop_map(String::into_bytes),
        ],
    ) {
        let verdict = outcome(&Slack::verifier(keys::SLACK).unwrap(), &forge::slack("1700000000", &body), at(SIGNED_AT));
        prop_assert!(verdict.is_accepted());
    }

    #[test]
    fn arbitrary_unsigned_bodies_are_no_events(
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            "\\{\"encrypt\":\"[A-Za-z0-9+/=]{0,200}\"\\}".prop_map(String::into_bytes),
        ],
    ) {
        let subject = payload("feishu/url_verification_encrypted");
        prop_assert!(!outcome(&subject.verifier(), &Request::post(body), subject.now).is_accepted());
    }

    #[test]
    fn arbitrary_encrypted_bodies_that_are_signed_are_read_without_a_panic(sealed in "[A-Za-z0-9+/]{0,120}={0,2}") {
        let body = format!(r#"{{"encrypt":"{sealed}"}}"#);
        let subject = payload("feishu/message");
        let verdict = outcome(&subject.verifier(), &forge::feishu("1700000000", "1", body.as_bytes()), at(SIGNED_AT));
        // One in 256 has a padding that fits, and then no token.
        prop_assert!(!verdict.is_accepted());
    }

    #[test]
    fn a_time_passes_where_it_is_canonical_and_near_and_nowhere_else(
        text in prop_oneof![
            (1_699_999_000_u64..1_700_001_000).prop_map(|time| time.to_string()),
            any::<i64>().prop_map(|time| time.to_string()),
            any::<u128>().prop_map(|time| time.to_string()),
            "[+-]?0{0,3}1[67][0-9]{8}",
            "[0-9.eE_xX +-]{0,24}",
            "[^,]{0,12}",
        ],
    ) {
        let passes = text.parse::<u64>().is_ok_and(|time| {
            time.to_string() == text && (1_699_999_700..=1_700_000_300).contains(&time)
        });
        let slack = outcome(&Slack::verifier(keys::SLACK).unwrap(), &forge::slack(&text, b"{}"), at(SIGNED_AT));
        prop_assert_eq!(slack.is_accepted(), passes, "slack: {:?}", slack);
        let standard = forge::standard("msg_1", &text, b"{}");
        let standard = outcome(&StandardWebhooks::verifier(keys::STANDARD).unwrap(), &standard, at(SIGNED_AT));
        prop_assert_eq!(standard.is_accepted(), passes, "standard: {:?}", standard);
    }

    #[test]
    fn a_list_passes_with_one_that_fits_among_at_most_eight(
        others in prop::collection::vec("(v1=[0-9a-f]{64}|v1=[0-9a-f]{0,70}|v1=|v0=[0-9a-f]{64}|v2=x|v1|=|x|)", 0..20),
        place in any::<Index>(),
    ) {
        let request = forge::stripe("1700000000", b"{}");
        let value = String::from_utf8(request.get("stripe-signature").unwrap().to_vec()).unwrap();
        let (time, good) = value.split_once(',').unwrap();
        let candidates = 1 + others.iter().filter(|other| other.starts_with("v1=")).count();
        let mut list: Vec<&str> = others.iter().map(String::as_str).collect();
        list.insert(place.index(list.len() + 1), good);
        let request = request.clone().with("stripe-signature", format!("{time},{}", list.join(",")));
        let verdict = outcome(&Stripe::verifier(keys::STRIPE).unwrap(), &request, at(SIGNED_AT));
        prop_assert_eq!(verdict.is_accepted(), candidates <= 8, "{:?}", verdict);
    }

    #[test]
    fn a_list_of_words_passes_with_one_that_fits_among_at_most_eight(
        others in prop::collection::vec("(v1,[A-Za-z0-9+/]{43}=|v1,[A-Za-z0-9+/=]{0,50}|v1,|v1a,[A-Za-z0-9+/]{86}==|v2,x|v1|,|)", 0..20),
        place in any::<Index>(),
    ) {
        let request = forge::standard("msg_1", "1700000000", b"{}");
        let good = String::from_utf8(request.get("webhook-signature").unwrap().to_vec()).unwrap();
        let candidates = 1 + others.iter().filter(|other| other.starts_with("v1,")).count();
        let mut list: Vec<&str> = others.iter().map(String::as_str).collect();
        list.insert(place.index(list.len() + 1), &good);
        let request = request.clone().with("webhook-signature", list.join(" "));
        let verdict = outcome(&StandardWebhooks::verifier(keys::STANDARD).unwrap(), &request, at(SIGNED_AT));
        prop_assert_eq!(verdict.is_accepted(), candidates <= 8, "{:?}", verdict);
    }

    #[test]
    fn arbitrary_secrets_make_a_verifier_or_an_error(
        subject in subject(),
        role in prop::sample::select(vec![Role::Sign, Role::PublicKey, Role::EncryptKey, Role::VerificationToken, Role::Token]),
        secret in prop_oneof![any::<String>(), "(whsec_|whpk_)?[A-Za-z0-9+/=]{0,60}", "[0-9a-fA-Fx]{60,68}"],
    ) {
        let subject = Subject { secrets: vec![(role, secret)], ..subject };
        if let Ok(verifier) = subject.try_verifier() {
            let _ = outcome(&verifier, &subject.request, subject.now);
        }
    }
}

#[test]
fn huge_headers_are_refused_without_a_panic() {
    for payload in payloads().iter().filter(|payload| SIGNED.contains(&payload.path.as_str())) {
        let subject = &payload.subject;
        for name in security_headers(subject) {
            for filler in [&b"0"[..], b"v1=", b"v1,", b",", b" ", b"\xFF", b"t=1,"] {
                let request = subject.request.clone().with(&name, filler.repeat(1024 * 1024 / filler.len()));
                let verdict = outcome(&subject.verifier(), &request, subject.now);
                assert!(!verdict.is_accepted(), "{}: {name} of {filler:?}", payload.path);
            }
        }
    }
}

#[test]
fn ten_thousand_other_headers_change_nothing() {
    let subject = payload("slack/app_mention");
    let many = (0..10_000).fold(subject.request.clone(), |request, nth| request.and(format!("x-{nth}"), "x"));
    assert_eq!(outcome(&subject.verifier(), &many, subject.now), subject.judge());
}

#[test]
fn names_that_are_no_ascii_are_passed_over() {
    let subject = payload("standard_webhooks/svix");
    for name in ["svix-ıd", "ſvix-id", "", "\u{0}", "svix-id\u{0}", "SVİX-ID"] {
        let request = subject.request.clone().and(name, "forged");
        assert_eq!(outcome(&subject.verifier(), &request, subject.now), subject.judge(), "{name:?}");
    }
}
