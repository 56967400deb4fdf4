//! Settings that contradict each other, the platform or the inbox are refused when the service is built.

use std::time::Duration;

use http::{HeaderName, StatusCode};
use imchat_tests::keys;
use imchat_tower::{WebhookBuilder, WebhookLayer};
use imchat_verify::providers::{self, GitHub, Slack, StandardWebhooks, Stripe};
use imchat_verify::scheme::{Facts, Hash, Part, Scheme, Signature, Source};
use imchat_verify::{ConfigError, Secrets, Verifier, Verify, Window};
use tower::ServiceExt as _;

use super::fixture::Written;
use crate::tower::fixture::{
    Faulty, GITHUB_SECRET, SLACK_SECRET, STRIPE_SECRET, event, millis, reason, seconds, seen, slack, ticking,
};

const HOUR: Duration = seconds(3600);
const SECRET: &str = "a secret of sixteen bytes";
const WHSEC: &str = "whsec_aW1jaGF0LXRlc3Qtc3RhbmRhcmQtd2ViaG9vay1rZXk=";

fn builder(verifier: impl Verify + 'static) -> WebhookBuilder {
    WebhookLayer::builder(verifier)
}

fn for_slack() -> WebhookBuilder {
    builder(Slack::verifier(SLACK_SECRET).unwrap())
}

/// The sentence with which an inbox is refused.
fn refused(builder: WebhookBuilder, inbox: Written) -> String {
    builder.inbox(inbox).unwrap_err().to_string()
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}

#[test]
fn an_inbox_that_forgets_before_the_platforms_last_attempt_is_refused_with_the_numbers() {
    let stripe = || builder(Stripe::verifier(STRIPE_SECRET).unwrap());
    let text = refused(stripe(), Written::remembering(72 * HOUR));
    has(&text, &["retry horizon (259200000 ms)", "the retention (259200000 ms)", "handled again"]);
    assert!(stripe().inbox(Written::remembering(73 * HOUR)).is_ok());
    assert!(stripe().retain(HOUR).inbox(Written::new()).is_ok(), "what counts is what the inbox does");
}

#[test]
fn an_inbox_that_forgets_within_the_window_is_refused_with_the_numbers() {
    let with = |window| builder(Verifier::of(&providers::SLACK, SLACK_SECRET).unwrap().window(Some(window)));
    let inbox = || Written::remembering(48 * HOUR);
    let text = refused(with(Window::symmetric(24 * HOUR)), inbox());
    has(&text, &["the window (172800000 ms)", "the retention (172800000 ms)", "replayed"]);
    assert!(with(Window::new(24 * HOUR, HOUR)).inbox(inbox()).is_ok());
}

#[test]
fn a_body_and_an_inbox_that_together_miss_the_acknowledgement_are_refused_with_the_numbers() {
    let both = |body, store| for_slack().body_deadline(body).store_timeout(store);
    let text = refused(both(seconds(2), seconds(1)), Written::new());
    has(&text, &["body deadline plus store timeout (3000 ms)", "the platform's deadline (3000 ms)"]);
    assert!(both(seconds(2), millis(999)).inbox(Written::new()).is_ok());
}

#[test]
fn the_defaults_are_accepted_for_every_provider() {
    for scheme in providers::all() {
        let secrets = keys::all_for(scheme);
        let builder = builder(Verifier::of(scheme, secrets).unwrap()).public_url("https://hooks.example.com");
        assert!(builder.inbox(Written::new()).is_ok(), "{}", scheme.name());
    }
}

fn keeping(builder: WebhookBuilder, name: &'static str) -> Result<(), String> {
    match builder.keep_header(HeaderName::from_static(name)).inbox(Written::new()) {
        Ok(_) => Ok(()),
        Err(error) => {
            assert!(matches!(&error, ConfigError::Header { name: told, .. } if told == name), "{error:?}");
            Err(error.to_string())
        }
    }
}

#[test]
fn headers_that_prove_who_sends_are_refused_by_name() {
    for name in [
        "authorization",
        "cookie",
        "x-slack-signature",
        "x-hub-signature-256",
        "x-gitlab-token",
        "x-shopify-hmac-sha256",
        "x-api-key",
        "proxy-authorization",
    ] {
        has(&keeping(for_slack(), name).unwrap_err(), &[name, "proves who sends"]);
    }
    keeping(for_slack(), "x-slack-retry-num").unwrap();
    for name in ["x-github-event", "x-github-delivery"] {
        keeping(builder(GitHub::verifier(GITHUB_SECRET).unwrap()), name).unwrap();
    }
    keeping(builder(StandardWebhooks::verifier(WHSEC).unwrap()), "webhook-id").unwrap();
}

#[test]
fn a_schemes_own_proof_is_not_kept_whatever_its_header_is_called() {
    const SEAL: Scheme = Scheme::hmac("seal", Hash::Sha256, Signature::hex("x-seal")).build();
    const WORD: Scheme = Scheme::token("word", &[Source::Header("x-word")]).build();
    const FAMILY: Scheme = Scheme::hmac("family", Hash::Sha256, Signature::hex("*-seal").family(&["a", "b"])).build();
    static SEALED: Scheme = SEAL;
    static BY_WORD: Scheme = WORD;
    static OF_A_FAMILY: Scheme = FAMILY;
    for (scheme, name) in [(&SEALED, "x-seal"), (&BY_WORD, "x-word"), (&OF_A_FAMILY, "a-seal")] {
        let secrets = || Secrets::of(scheme.primary_role(), SECRET);
        let of_scheme = || builder(Verifier::of(scheme, secrets()).unwrap());
        keeping(of_scheme(), name).unwrap_err();
        keeping(of_scheme(), "x-note").unwrap();
    }
}

#[test]
fn a_scheme_that_signs_the_url_and_a_limit_of_nothing_are_refused_as_for_the_layer() {
    const URL: Scheme = Scheme::hmac("signs-url", Hash::Sha256, Signature::hex("x-sig"))
        .message(&[Part::Url, Part::Lit("\n"), Part::Body])
        .facts(Facts::new("events"))
        .build();
    static SCHEME: Scheme = URL;
    let error = builder(Verifier::of(&SCHEME, SECRET).unwrap()).inbox(Written::new()).unwrap_err();
    assert_eq!(error, ConfigError::NoPublicUrl("signs-url"));
    for builder in [for_slack().body_limit(0), for_slack().unproved_budget(0)] {
        assert!(matches!(builder.inbox(Written::new()).unwrap_err(), ConfigError::Limit(_)));
    }
}

#[test]
fn a_dedup_store_beside_an_inbox_is_refused() {
    let error = for_slack().dedup(Faulty::new()).inbox(Written::new()).unwrap_err();
    assert!(matches!(error, ConfigError::Limit(_)), "{error:?}");
    has(&error.to_string(), &["dedup store", "remove `dedup`"]);
}

#[tokio::test(start_paused = true)]
async fn limits_and_hooks_hold_as_for_the_layer() {
    let inbox = Written::new();
    let service = for_slack().clock(ticking()).body_limit(10).on_reject(|rejection, mut response| {
        response.headers_mut().insert("x-reason", rejection.reason().parse().unwrap());
        response
    });

    let response = service.inbox(inbox.clone()).unwrap().oneshot(event("Ev1")).await.unwrap();

    assert_eq!((response.status(), reason(&response)), (StatusCode::PAYLOAD_TOO_LARGE, Some("too_large")));
    assert_eq!(seen(response).await.headers["x-reason"], "too_large");
    assert_eq!(inbox.asked(), 0);
    assert_eq!(slack().inbox(inbox).unwrap().oneshot(event("Ev1")).await.unwrap().status(), StatusCode::OK);
}
