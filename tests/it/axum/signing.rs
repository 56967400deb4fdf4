//! `testing::signed_request`: what an application's own tests send.

use ::axum::http::StatusCode;
use bytes::Bytes;
use imchat_axum::Verified;
use imchat_axum::testing::{TestRequestError, signed_request};
use imchat_axum::verify::providers::{Discord, Feishu, Generic, GitHub, OpenAi, Slack, StandardWebhooks, Stripe, Svix};
use imchat_axum::verify::{Provider, Role, Secrets, Verifier};

use super::{answer, route};
use crate::tower::fixture::{
    DISCORD_PUBLIC, DISCORD_SEED, FEISHU_KEY, FEISHU_TOKEN, GITHUB_SECRET, SIGNED_AT, SLACK_SECRET, STRIPE_SECRET, at,
};

const WHSEC: &str = "whsec_aW1jaGF0LXRlc3Qtc3RhbmRhcmQtd2ViaG9vay1rZXk=";

/// The status and text that a signed request gets from a route that gives back the body.
async fn sent<P: Provider>(secret: &str, verifier: Verifier<P>, seconds: i64) -> (StatusCode, String) {
    let body = r#"{"id":"1","text":"héllo"}"#;
    let request = signed_request::<P>(secret, "/hook?a=1", body, at(SIGNED_AT + seconds)).unwrap();
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/hook"));
    let handler = |Verified(_, body): Verified<P, Bytes>| async move { String::from_utf8(body.to_vec()).unwrap() };
    answer(route(verifier, handler), request).await
}

async fn passes<P: Provider>(secret: &str, public: &str) {
    let verifier = || Verifier::<P>::new(public).unwrap();
    let expected = (StatusCode::OK, r#"{"id":"1","text":"héllo"}"#.to_owned());
    assert_eq!(sent(secret, verifier(), 0).await, expected, "{}", P::SCHEME.name());
    if P::SCHEME.default_window().is_some() {
        assert_eq!(sent(secret, verifier(), 301).await.0, StatusCode::UNAUTHORIZED, "{}", P::SCHEME.name());
    }
}

#[tokio::test]
async fn a_signed_request_passes_the_verification_of_every_provider_that_signs() {
    passes::<Slack>(SLACK_SECRET, SLACK_SECRET).await;
    passes::<Feishu>(FEISHU_KEY, FEISHU_KEY).await;
    passes::<Discord>(DISCORD_SEED, DISCORD_PUBLIC).await;
    passes::<GitHub>(GITHUB_SECRET, GITHUB_SECRET).await;
    passes::<Stripe>(STRIPE_SECRET, STRIPE_SECRET).await;
    passes::<StandardWebhooks>(WHSEC, WHSEC).await;
    passes::<Svix>(WHSEC, WHSEC).await;
    passes::<OpenAi>(WHSEC, WHSEC).await;
    passes::<Generic>("a secret of sixteen bytes", "a secret of sixteen bytes").await;
}

#[tokio::test]
async fn a_request_that_another_secret_signed_is_401() {
    let verifier = Slack::verifier(SLACK_SECRET).unwrap();
    assert_eq!(sent("another secret of enough bytes", verifier, 0).await.0, StatusCode::UNAUTHORIZED);
}

#[test]
fn what_cannot_be_signed_is_an_error_that_says_why() {
    let now = at(SIGNED_AT);
    let secret = signed_request::<StandardWebhooks>("not base64!", "/", "{}", now).unwrap_err();
    assert!(matches!(secret, TestRequestError::Config(_)));
    let token = Secrets::of(Role::VerificationToken, FEISHU_TOKEN);
    assert!(matches!(signed_request::<Feishu>(token, "/", "{}", now).unwrap_err(), TestRequestError::Sign(_)));
    let path = signed_request::<Slack>(SLACK_SECRET, "not a path", "{}", now).unwrap_err();
    assert!(matches!(path, TestRequestError::Http(_)));
    for error in [secret, path] {
        assert!(!error.to_string().is_empty());
        let _: &dyn std::error::Error = &error;
    }
}
