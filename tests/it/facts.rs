//! What the platforms publish about their deliveries: acknowledgement, retries, bodies, and the answers they read.

use core::time::Duration;

use imchat_tests::{Outcome, payload};
use imchat_verify::providers::{self, DISCORD, FEISHU, GITHUB, SLACK, STANDARD_WEBHOOKS, STRIPE};
use imchat_verify::scheme::{Attempts, Facts, Retries};
use imchat_verify::{Scheme, Verdict, Window};

const DAY: Duration = Duration::from_secs(86_400);

fn kind(scheme: &Scheme, name: &str) -> Facts {
    *scheme.all_facts().find(|facts| facts.name() == name).unwrap_or_else(|| panic!("{} has no {name}", scheme.name()))
}

fn seconds(facts: &Facts) -> (u64, u64) {
    (facts.ack().as_secs(), facts.horizon().as_secs())
}

#[test]
fn slack_waits_three_seconds_and_tries_events_again_for_up_to_a_day() {
    let events = kind(&SLACK, "events");
    assert_eq!(seconds(&events), (3, 86_400));
    assert_eq!(events.last_gap(), Some(Duration::from_secs(300)));
    for name in ["interactivity", "commands", "options"] {
        let facts = kind(&SLACK, name);
        assert_eq!(seconds(&facts), (3, 0), "{name}");
        assert_eq!(facts.ladder(), Retries::Never, "{name}");
    }
}

#[test]
fn feishu_waits_three_seconds_and_tries_events_again_for_seven_hours() {
    for name in ["events", "messages"] {
        let facts = kind(&FEISHU, name);
        assert_eq!(seconds(&facts), (3, 15 + 300 + 3600 + 6 * 3600), "{name}");
        assert_eq!(facts.last_gap(), Some(Duration::from_secs(6 * 3600)), "{name}");
    }
    assert_eq!(kind(&FEISHU, "cards").ladder(), Retries::Never);
}

#[test]
fn discord_waits_three_seconds_and_tries_only_webhook_events_again() {
    assert_eq!(seconds(&kind(&DISCORD, "interactions")), (3, 0));
    assert_eq!(seconds(&kind(&DISCORD, "components")), (3, 0));
    assert_eq!(seconds(&kind(&DISCORD, "webhook events")), (3, 600));
}

#[test]
fn github_never_tries_again_and_a_redelivery_has_the_same_bytes() {
    let events = kind(&GITHUB, "events");
    assert_eq!(seconds(&events), (10, 0));
    assert_eq!((events.ladder(), events.attempt_bodies()), (Retries::Never, Attempts::SameBytes));
    assert!(events.manual_redelivery().is_some());
    assert_eq!(events.largest_body(), 25 * 1024 * 1024);
}

#[test]
fn stripe_and_standard_webhooks_try_again_for_days() {
    let stripe = kind(&STRIPE, "events");
    assert_eq!((stripe.horizon(), stripe.published_ack()), (3 * DAY, None));
    assert_eq!(stripe.ack(), Duration::from_secs(10), "an unpublished deadline counts as ten seconds");
    let standard = kind(&STANDARD_WEBHOOKS, "events");
    assert_eq!(standard.ack(), Duration::from_secs(15));
    let hours = standard.horizon().as_secs() / 3600;
    assert!((75..=76).contains(&hours), "{hours} h");
}

#[test]
fn eight_days_of_memory_cover_every_ladder() {
    for scheme in providers::all() {
        for facts in scheme.all_facts() {
            assert!(facts.horizon() < 8 * DAY, "{} {}", scheme.name(), facts.name());
        }
        if let Some(window) = scheme.default_window() {
            assert!(window.past < 8 * DAY && window.future <= Duration::from_secs(3600), "{}", scheme.name());
        }
    }
}

#[test]
fn few_have_a_window_of_their_own() {
    let eight_hours = Window::new(Duration::from_secs(8 * 3600), Duration::from_secs(300));
    let both_ways = |seconds| Window::symmetric(Duration::from_secs(seconds));
    for scheme in providers::all() {
        let expected = match scheme.name() {
            "feishu" | "feishu-card-legacy" | "mailgun" => eight_hours,
            "linear" => both_ways(60),
            "paddle" => both_ways(5),
            "twitch" => both_ways(600),
            "dingtalk" | "wechat" | "wechat-aes" | "wecom" => {
                Window::new(Duration::from_secs(3600), Duration::from_secs(300))
            }
            "dingtalk-robot" => both_ways(3600),
            _ => Window::FIVE_MINUTES,
        };
        assert!(scheme.default_window().is_none_or(|window| window == expected), "{}", scheme.name());
    }
}

#[test]
fn a_kind_that_is_never_sent_again_can_tell_the_person_who_waits() {
    for (scheme, name) in [
        (&SLACK, "interactivity"),
        (&SLACK, "commands"),
        (&FEISHU, "cards"),
        (&DISCORD, "interactions"),
        (&DISCORD, "components"),
    ] {
        let reply = kind(scheme, name).failure_reply().unwrap_or_else(|| panic!("{} {name}", scheme.name()));
        assert_eq!((reply.status, reply.content_type), (200, "application/json"));
        let json: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        assert!(json.to_string().contains("try again"), "{json}");
    }
    assert!(kind(&SLACK, "events").failure_reply().is_none());
}

#[test]
fn taken_is_said_in_the_platforms_words() {
    for (path, status, body) in [
        ("slack/app_mention", 200, ""),
        ("slack/slash_command", 200, ""),
        ("feishu/message", 200, ""),
        ("feishu/card_action", 200, "{}"),
        ("feishu/card_action_legacy", 200, "{}"),
        ("discord/command", 200, r#"{"type":5}"#),
        ("discord/button", 200, r#"{"type":6}"#),
        ("discord/webhook_event", 204, ""),
        ("github/push", 200, ""),
    ] {
        let subject = payload(path);
        let verifier = subject.verifier();
        let verdict = verifier.verify(subject.request.head(), &subject.request.body, subject.now);
        let Ok(Verdict::Event(proved)) = verdict else { panic!("{path} is no event") };
        let reply = proved.kind().accepted_reply(&proved.identity());
        assert_eq!((reply.status, &*reply.body), (status, body.as_bytes()), "{path}");
    }
}

#[test]
fn what_may_be_handled_twice_has_no_key() {
    assert!(matches!(payload("slack/block_suggestion").judge(), Outcome::Event(event) if event.who.key.is_none()));
}
