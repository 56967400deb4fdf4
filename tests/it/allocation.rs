//! Nothing is allocated between a request and its proof.

use std::sync::Barrier;

use http::{HeaderMap, HeaderName, HeaderValue};
use imchat_tests::{Request, SIGNED_AT, at, forge, keys, payload};
use imchat_verify::providers::{Slack, Stripe};
use imchat_verify::{Head, Secrets, Verdict, Verifier};

fn header_map(headers: &[(String, Vec<u8>)]) -> HeaderMap {
    let pairs = headers.iter().map(|(name, value)| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_bytes(value).unwrap())
    });
    pairs.collect()
}

/// How often the accept path allocates, with headers as a list and as a map.
fn allocations(path: &str) -> [u64; 2] {
    let subject = payload(path);
    let (verifier, map) = (subject.verifier(), header_map(&subject.request.headers));
    let count = |head: Head<'_>| {
        let mut accepted = false;
        let info = allocation_counter::measure(|| {
            let verdict = verifier.verify(head, &subject.request.body, subject.now);
            accepted = matches!(verdict, Ok(Verdict::Event(_)));
        });
        assert!(accepted, "{path} is accepted");
        info.count_total
    };
    [count(subject.request.head()), count(Head::post(&map))]
}

#[test]
fn allocations_are_counted_and_those_of_other_threads_are_not() {
    let allocate = || drop(core::hint::black_box(vec![0_u8; 16]));
    assert_eq!(allocation_counter::measure(allocate).count_total, 1);
    let turns = Barrier::new(2);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            turns.wait();
            allocate();
            turns.wait();
        });
        let info = allocation_counter::measure(|| {
            turns.wait();
            turns.wait();
        });
        assert_eq!(info.count_total, 0);
    });
}

#[test]
fn an_accepted_request_allocates_nothing() {
    for path in [
        "slack/app_mention",
        "slack/slash_command",
        "slack/block_actions_approve",
        "stripe/thin_event",
        "stripe/invoice_paid",
        "github/push",
        "github/issues_form",
        "generic/ci_finished",
        "standard_webhooks/v1",
        "standard_webhooks/svix",
        "standard_webhooks/v1a",
        "discord/button",
        "feishu/message",
        "feishu/event_v1",
        "feishu/card_action_legacy",
    ] {
        assert_eq!(allocations(path), [0, 0], "{path}");
    }
}

/// How often an accepted request allocates.
fn allocations_of<P>(verifier: &Verifier<P>, request: &Request) -> u64 {
    let mut accepted = false;
    let info = allocation_counter::measure(|| {
        accepted = verifier.verify(request.head(), &request.body, at(SIGNED_AT)).is_ok();
    });
    assert!(accepted);
    info.count_total
}

#[test]
fn neither_size_nor_more_secrets_nor_a_list_makes_it_allocate() {
    let secrets =
        Secrets::new("the new secret, twenty").and_previous(keys::SLACK).and_previous("an older, twenty bytes");
    let slack = Slack::verifier(secrets).unwrap();
    for size in [0, 1, 64, 1024, 1024 * 1024] {
        assert_eq!(allocations_of(&slack, &forge::slack("1700000000", &vec![b'x'; size])), 0, "{size} bytes");
    }
    let stripe = Stripe::verifier(keys::STRIPE).unwrap();
    let request = forge::stripe("1700000000", b"{}");
    let value = String::from_utf8(request.get("stripe-signature").unwrap().to_vec()).unwrap();
    let list = format!("{value},v1={},v0=x, v1=short", "ab".repeat(32));
    assert_eq!(allocations_of(&stripe, &request.with("stripe-signature", list)), 0);
}

#[test]
fn a_refusal_allocates_nothing() {
    let subject = payload("slack/tampered");
    let (verifier, map) = (subject.verifier(), header_map(&subject.request.headers));
    let mut refused = false;
    let info = allocation_counter::measure(|| {
        refused = verifier.verify(Head::post(&map), &subject.request.body, subject.now).is_err();
    });
    assert!(refused);
    assert_eq!(info.count_total, 0);
}
