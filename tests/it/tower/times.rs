//! Times and limits that contradict each other are refused when the layer is built, with the numbers.

use std::time::Duration;

use imchat_tests::keys;
use imchat_tower::{WebhookBuilder, WebhookLayer};
use imchat_verify::dedup::MemoryStore;
use imchat_verify::providers::{self, Feishu, GitHub, Slack, StandardWebhooks, Stripe};
use imchat_verify::scheme::{Facts, Hash, Part, Scheme, Signature, Source, When};
use imchat_verify::{ConfigError, Role, Secrets, Verifier, Window};

use super::fixture::{
    FEISHU_KEY, FEISHU_TOKEN, GITHUB_SECRET, SIGNED_AT, SLACK_SECRET, STRIPE_SECRET, at, millis, seconds,
};

const HOUR: Duration = seconds(3600);
const WHSEC: &str = "whsec_aW1jaGF0LXRlc3Qtc3RhbmRhcmQtd2ViaG9vay1rZXk=";

fn store() -> MemoryStore {
    MemoryStore::new(|| at(SIGNED_AT))
}

fn slack() -> WebhookBuilder {
    WebhookLayer::builder(Slack::verifier(SLACK_SECRET).unwrap())
}

/// The sentence with which a builder is refused.
fn refused(builder: WebhookBuilder) -> String {
    let error = builder.build().unwrap_err();
    assert!(matches!(error, ConfigError::Times { .. }), "{error:?}");
    error.to_string()
}

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}

#[test]
fn the_defaults_are_accepted_for_every_provider() {
    for scheme in providers::all() {
        let verifier = Verifier::of(scheme, keys::all_for(scheme)).unwrap();
        let builder = || WebhookLayer::builder(verifier.clone());
        assert_eq!(builder().build().is_err(), scheme.signs_url(), "{} without a public URL", scheme.name());
        let builder = || builder().public_url("https://hooks.example.com");
        assert!(builder().build().is_ok(), "{}", scheme.name());
        assert!(builder().dedup(store()).build().is_ok(), "{}", scheme.name());
    }
    let token = Feishu::verifier(Secrets::of(Role::VerificationToken, FEISHU_TOKEN)).unwrap();
    assert!(WebhookLayer::builder(token).dedup(store()).build().is_ok());
}

#[test]
fn a_retention_shorter_than_the_platforms_retries_is_refused() {
    let text = refused(slack().dedup(store()).retain(24 * HOUR));
    has(&text, &["retry horizon (86400000 ms)", "shorter than the retention (86400000 ms)", "handled again"]);
    assert!(slack().dedup(store()).retain(24 * HOUR + millis(1)).build().is_ok());

    let feishu = || WebhookLayer::builder(Feishu::verifier(FEISHU_KEY).unwrap()).dedup(store());
    has(&refused(feishu().retain(HOUR * 71 / 10)), &["the window (29100000 ms)", "the retention (25560000 ms)"]);
    assert!(feishu().retain(9 * HOUR).build().is_ok());

    let stripe = || WebhookLayer::builder(Stripe::verifier(STRIPE_SECRET).unwrap()).dedup(store());
    has(&refused(stripe().retain(48 * HOUR)), &["(259200000 ms)", "(172800000 ms)"]);
    let standard = || WebhookLayer::builder(StandardWebhooks::verifier(WHSEC).unwrap()).dedup(store());
    has(&refused(standard().retain(75 * HOUR)), &["(272105000 ms)", "(270000000 ms)"]);
}

#[test]
fn a_ladder_that_is_not_published_counts_as_a_day() {
    let generic = || WebhookLayer::builder(Verifier::of(&providers::GENERIC, "a secret of sixteen bytes").unwrap());
    has(&refused(generic().dedup(store()).retain(24 * HOUR)), &["horizon (86400000 ms)", "retention (86400000 ms)"]);
    assert!(generic().dedup(store()).retain(25 * HOUR).build().is_ok());
}

#[test]
fn a_retention_shorter_than_the_window_is_refused() {
    let github = |window: Option<Window>| {
        let verifier = Verifier::of(&providers::SLACK, SLACK_SECRET).unwrap().window(window);
        WebhookLayer::builder(verifier).dedup(store()).retain(48 * HOUR)
    };
    let text = refused(github(Some(Window::symmetric(24 * HOUR))));
    has(&text, &["the window (172800000 ms)", "the retention (172800000 ms)", "replayed"]);
    assert!(github(Some(Window::new(24 * HOUR, HOUR))).build().is_ok());
    assert!(github(None).build().is_ok());
}

#[test]
fn a_lease_that_outlives_the_gap_before_the_last_attempt_is_refused() {
    let text = refused(slack().dedup(store()).lease(seconds(300)));
    has(&text, &["the lease (300000 ms)", "last attempt (300000 ms)", "still be claimed"]);
    assert!(slack().dedup(store()).lease(seconds(299)).build().is_ok());
    // GitHub never tries again: there is no gap to be shorter than.
    let github = WebhookLayer::builder(GitHub::verifier(GITHUB_SECRET).unwrap()).dedup(store());
    assert!(github.lease(HOUR).build().is_ok());
}

#[test]
fn of_several_kinds_the_strictest_one_counts() {
    const QUICK: Facts = Facts::new("quick").ack_within(seconds(2)).retries(&[seconds(20)]);
    const SLOW: Facts = Facts::new("slow").ack_within(seconds(60)).retries(&[seconds(60), HOUR, HOUR]);
    const KINDS: Scheme = Scheme::hmac("two-kinds", Hash::Sha256, Signature::hex("x-sig"))
        .facts(SLOW)
        .kind(&[When::Present(Source::Json("/quick"))], QUICK)
        .build();
    static SCHEME: Scheme = KINDS;
    let verifier = || Verifier::of(&SCHEME, "a secret of sixteen bytes").unwrap();
    let builder = || WebhookLayer::builder(verifier()).dedup(store());

    assert!(builder().build().is_ok());
    has(&refused(builder().lease(seconds(20))), &["the lease (20000 ms)", "last attempt (20000 ms)"]);
    has(&refused(builder().body_deadline(seconds(2))), &["the platform's deadline (2000 ms)"]);
    has(&refused(builder().retain(HOUR * 2)), &["retry horizon (7260000 ms)"]);
}

#[test]
fn a_lease_shorter_than_the_stores_timeout_is_refused() {
    let text = refused(slack().dedup(store()).lease(millis(900)));
    has(&text, &["the store timeout (1000 ms)", "the lease (900 ms)"]);
    has(&refused(slack().dedup(store()).lease(Duration::ZERO)), &["the lease (0 ms)"]);
}

#[test]
fn a_body_and_a_store_that_together_miss_the_acknowledgement_are_refused() {
    let both = |body, store_| slack().dedup(store()).body_deadline(body).store_timeout(store_);
    let text = refused(both(seconds(2), seconds(1)));
    has(&text, &["body deadline plus store timeout (3000 ms)", "the platform's deadline (3000 ms)"]);
    assert!(both(seconds(2), millis(999)).build().is_ok());
    has(&refused(slack().body_deadline(seconds(3))), &["(3000 ms)"]);
    assert!(slack().body_deadline(millis(2999)).build().is_ok(), "without a store only the body counts");
    has(&refused(both(Duration::MAX, seconds(14))), &["(3000 ms)"]);

    // Ten seconds where the platform publishes none.
    let stripe = WebhookLayer::builder(Stripe::verifier(STRIPE_SECRET).unwrap()).body_deadline(seconds(10));
    has(&refused(stripe), &["the platform's deadline (10000 ms)"]);
}

#[test]
fn the_order_of_settings_does_not_matter() {
    let first = refused(slack().retain(HOUR).dedup(store()));
    let second = refused(slack().dedup(store()).retain(HOUR));
    assert_eq!(first, second);
    assert!(slack().retain(HOUR).lease(HOUR).build().is_ok(), "without a store nothing is kept");
}

#[test]
fn a_limit_of_nothing_is_refused() {
    for builder in [slack().body_limit(0), slack().unproved_budget(0)] {
        let error = builder.build().unwrap_err();
        assert!(matches!(error, ConfigError::Limit(_)));
        has(&error.to_string(), &["0 bytes"]);
    }
}

#[test]
fn a_scheme_that_signs_the_url_needs_to_be_told_it() {
    const URL: Scheme = Scheme::hmac("signs-url", Hash::Sha256, Signature::hex("x-sig"))
        .message(&[Part::Url, Part::Lit("\n"), Part::Body])
        .facts(Facts::new("events"))
        .build();
    static SCHEME: Scheme = URL;
    let builder = || WebhookLayer::builder(Verifier::of(&SCHEME, "a secret of sixteen bytes").unwrap());

    let error = builder().build().unwrap_err();

    assert_eq!(error, ConfigError::NoPublicUrl("signs-url"));
    has(&error.to_string(), &["signs-url", "public URL", "configure"]);
    assert!(builder().public_url("https://hooks.example.com").build().is_ok());
}
