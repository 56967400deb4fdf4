//! Attacks on the endpoint, by their numbers in the threat model; the test names say what is attempted.

use std::path::Path;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST};
use http::{HeaderName, HeaderValue, Request, StatusCode};
use http_body_util::Full;
use imchat_tower::WebhookLayer;
use imchat_verify::Verifier;
use imchat_verify::providers::{self, GitHub, GitHubLegacy, Slack, StandardWebhooks, Stripe};
use imchat_verify::scheme::{Facts, Hash, Part, Scheme, Signature};
use imchat_verify::sign::{SignRequest, Signer};
use tower::{Layer as _, ServiceExt as _};

use super::fixture::{
    DISCORD_PUBLIC, FEISHU_KEY, Faulty, GITHUB_SECRET, Inner, SIGNED_AT, SLACK_SECRET, STRIPE_SECRET, Script, Step,
    archived, at, event, for_github, form, layer, seconds, seen, slack, with_body,
};

pub(super) const STANDARD_SECRET: &str = "whsec_aW1jaGF0LXRlc3Qtc3RhbmRhcmQtd2ViaG9vay1rZXk=";

fn set(request: &mut Request<Full<Bytes>>, name: &'static str, value: &'static str) {
    request.headers_mut().insert(name, HeaderValue::from_static(value));
}

// 7

#[tokio::test(start_paused = true)]
async fn a_weaker_algorithm_is_never_taken_instead() {
    // Everything here carries a genuine signature of the weaker kind.
    let weaker = |scheme, secret| {
        let (parts, _) = archived("github/push").into_parts();
        let bytes = Bytes::from_static(b"{}");
        let mut request = Request::from_parts(parts, Full::<Bytes>::from(bytes.clone()));
        let headers = Signer::of(scheme, secret).unwrap().sign(SignRequest::post(&bytes, at(SIGNED_AT))).unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(HeaderName::try_from(name).unwrap(), value.try_into().unwrap());
        }
        request
    };
    let github = for_github().build().unwrap().layer(Inner::new());
    let sha1 = || weaker(&providers::GITHUB_LEGACY, GITHUB_SECRET);
    assert_eq!(github.clone().oneshot(sha1()).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let mut alone = sha1();
    alone.headers_mut().remove("x-hub-signature-256");
    assert_eq!(github.clone().oneshot(alone).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let legacy = layer(GitHubLegacy::verifier(GITHUB_SECRET).unwrap()).build().unwrap().layer(Inner::new());
    assert_eq!(legacy.oneshot(sha1()).await.unwrap().status(), StatusCode::OK, "by choice of the endpoint alone");

    let stripe = layer(Stripe::verifier(STRIPE_SECRET).unwrap()).build().unwrap().layer(Inner::new());
    let mut test_mode = archived("stripe/invoice_paid");
    let header = test_mode.headers()["stripe-signature"].to_str().unwrap().replace("v1=", "v0=");
    test_mode.headers_mut().insert("stripe-signature", header.try_into().unwrap());
    assert_eq!(stripe.oneshot(test_mode).await.unwrap().status(), StatusCode::UNAUTHORIZED);

    let shared = layer(StandardWebhooks::verifier(STANDARD_SECRET).unwrap()).build().unwrap().layer(Inner::new());
    let response = shared.oneshot(archived("standard_webhooks/v1a")).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);

    let slack = slack().build().unwrap().layer(Inner::new());
    for none in ["none", "v0=none", "alg=none"] {
        let mut request = event("Ev1");
        request.headers_mut().insert("x-slack-signature", HeaderValue::from_static(none));
        assert_eq!(slack.clone().oneshot(request).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
}

// 9

#[tokio::test(start_paused = true)]
async fn a_compressed_body_is_refused_unread_though_it_is_rightly_signed() {
    let bomb = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 4, 0, 0xb7, 0xb5, 0xe0, 0x48, 1, 0, 0, 0];
    let inner = Inner::new();
    let service = for_github().build().unwrap().layer(inner.clone());
    let mut request = super::fixture::github(bomb.to_vec());
    request.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    let response = service.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);

    // Without the header it is bytes like any others, and nothing unpacks them.
    service.oneshot(super::fixture::github(bomb.to_vec())).await.unwrap();
    assert_eq!(inner.bodies(), [Bytes::from(bomb.to_vec())]);
}

// 10, 11

#[tokio::test(start_paused = true)]
async fn a_flood_of_endless_and_slow_bodies_leaves_room_for_the_honest() {
    let inner = Inner::new();
    let service = slack().unproved_budget(2 * 1024 * 1024).build().unwrap().layer(inner.clone());
    let mut flood = Vec::new();
    for n in 0..40_u64 {
        let drip = (0..1000).flat_map(|_| [Step::Wait(seconds(1)), Step::Data(Bytes::from_static(b"x"))]);
        let body = match n % 2 {
            0 => Script::new([Step::Endless(Bytes::from(vec![b'x'; 16 * 1024]))]),
            _ => Script::new(drip),
        };
        flood.push(tokio::spawn(service.clone().oneshot(with_body(event("Ev0"), body))));
    }
    let start = tokio::time::Instant::now();
    assert_eq!(service.clone().oneshot(event("Ev1")).await.unwrap().status(), StatusCode::OK);
    assert!(start.elapsed() < seconds(1));
    for one in flood {
        let status = one.await.unwrap().unwrap().status();
        assert!(matches!(status.as_u16(), 408 | 413 | 503), "{status}");
    }
    assert!(start.elapsed() < seconds(2), "the last one is gone at its deadline");
    assert_eq!(inner.started(), 1);
}

// 14

#[tokio::test(start_paused = true)]
async fn forgeries_of_every_platform_get_one_answer_byte_for_byte() {
    let slack = || Slack::verifier(SLACK_SECRET).unwrap().any();
    let feishu = || providers::Feishu::verifier(FEISHU_KEY).unwrap().any();
    let discord = || providers::Discord::verifier(DISCORD_PUBLIC).unwrap().any();
    let github = || GitHub::verifier(GITHUB_SECRET).unwrap().any();
    let stripe = || Stripe::verifier(STRIPE_SECRET).unwrap().any();
    let standard = || StandardWebhooks::verifier(STANDARD_SECRET).unwrap().any();
    let mut answers = Vec::new();
    for (verifier, name) in [
        (slack(), "slack/app_mention"),
        (slack(), "slack/url_verification"),
        (slack(), "slack/block_actions_approve"),
        (slack(), "slack/tampered"),
        (feishu(), "feishu/message_encrypted"),
        (feishu(), "feishu/card_action"),
        (feishu(), "feishu/url_verification"),
        (discord(), "discord/ping"),
        (discord(), "discord/button"),
        (github(), "github/push"),
        (github(), "github/issues_form"),
        (stripe(), "stripe/invoice_paid"),
        (standard(), "standard_webhooks/v1"),
    ] {
        let service = layer(verifier).dedup(Faulty::new()).build().unwrap().layer(Inner::new());
        let bytes = seen(http::Response::new(archived(name).into_body())).await.body;
        // A byte more, a byte less, none at all, another one in the middle.
        let mut flipped = bytes.to_vec();
        flipped[bytes.len() / 2] ^= 1;
        for body in [[&bytes[..], b" "].concat(), bytes[1..].to_vec(), Vec::new(), flipped] {
            let response = service.clone().oneshot(archived(name).map(|_| Full::<Bytes>::from(body))).await.unwrap();
            answers.push(seen(response).await);
        }
    }
    assert_eq!((answers.len(), answers[0].status), (13 * 4, StatusCode::UNAUTHORIZED));
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

// 18

#[tokio::test(start_paused = true)]
async fn a_challenge_reflects_nothing_that_a_browser_would_run() {
    let inner = Inner::new();
    let service = slack().build().unwrap().layer(inner.clone());
    let body = r#"{"type":"url_verification","challenge":"<script>alert(1)</script>\","}"#;
    let answer = seen(service.clone().oneshot(form(body)).await.unwrap()).await;
    assert_eq!(&answer.body[..], br#"{"challenge":"<script>alert(1)</script>\","}"#, "one JSON string, as it was");
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");

    // Unsigned, it is not a challenge but a forgery.
    let mut unsigned = form(body);
    unsigned.headers_mut().clear();
    assert_eq!(service.oneshot(unsigned).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(inner.started(), 0);
}

// 34

/// Every Rust source of the published crates, without their tests.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ext| ext == "rs") && !path.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }
    let mut found = Vec::new();
    for crate_ in ["imchat-verify", "imchat-tower", "imchat-axum"] {
        walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(crate_).join("src"), &mut found);
    }
    found
}

#[test]
fn nothing_in_the_crates_depends_on_a_debug_build_or_on_the_environment() {
    let sources = sources();
    assert!(sources.len() > 50);
    for (path, text) in sources {
        for word in ["debug_assertions", "std::env", "env!(", "insecure", "bypass", "skip_verif"] {
            assert!(!text.contains(word), "{path} has {word}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_header_talks_the_layer_out_of_its_proof() {
    let inner = Inner::new();
    let service = slack().build().unwrap().layer(inner.clone());
    for name in ["x-imchat-bypass", "x-debug", "x-test", "x-skip-verification", "authorization"] {
        let mut request = event("Ev1");
        request.headers_mut().remove("x-slack-signature");
        request.headers_mut().insert(name, HeaderValue::from_static("1"));
        assert_eq!(service.clone().oneshot(request).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(inner.started(), 0);
    assert!(Slack::verifier("").is_err(), "an empty secret does not construct");
}

// 36

const SIGNS_URL: Scheme = Scheme::hmac("signs-url", Hash::Sha256, Signature::hex("x-sig"))
    .message(&[Part::Url, Part::Lit("\n"), Part::Body])
    .facts(Facts::new("events"))
    .build();
static SIGNS_URL_SCHEME: Scheme = SIGNS_URL;

#[tokio::test(start_paused = true)]
async fn what_a_proxy_says_of_the_url_is_never_part_of_the_proof() {
    let secret = "a secret of sixteen bytes";
    let verifier = || Verifier::of(&SIGNS_URL_SCHEME, secret).unwrap();
    let service = WebhookLayer::builder(verifier()).public_url("https://hooks.example.com/").build().unwrap();
    let service = service.layer(Inner::new());
    let request = |url: &str| {
        let signer = Signer::of(&SIGNS_URL_SCHEME, secret).unwrap();
        let headers = signer.sign(SignRequest::post(b"{}", at(SIGNED_AT)).url(url)).unwrap();
        Request::post("/in?a=1&b=2").header("x-sig", &headers[0].1).body(Full::<Bytes>::from("{}")).unwrap()
    };
    let lies = [
        ("x-forwarded-host", "evil.example.com"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-prefix", "/evil"),
        ("forwarded", "host=evil.example.com;proto=http"),
        ("x-original-url", "/evil"),
        (HOST.as_str(), "evil.example.com"),
    ];
    let mut genuine = request("https://hooks.example.com/in?a=1&b=2");
    lies.iter().for_each(|(name, value)| set(&mut genuine, name, value));
    assert_eq!(service.clone().oneshot(genuine).await.unwrap().status(), StatusCode::OK);

    for url in [
        "https://evil.example.com/in?a=1&b=2",
        "http://hooks.example.com/in?a=1&b=2",
        "https://hooks.example.com/in?b=2&a=1",
        "https://hooks.example.com/in",
        "https://hooks.example.com/evil",
    ] {
        let mut captured = request(url);
        lies.iter().for_each(|(name, value)| set(&mut captured, name, value));
        assert_eq!(service.clone().oneshot(captured).await.unwrap().status(), StatusCode::UNAUTHORIZED, "{url}");
    }
}

// 37

#[tokio::test(start_paused = true)]
async fn neither_the_method_nor_the_media_type_confuses_what_was_proved() {
    let inner = Inner::new();
    let service = slack().build().unwrap().layer(inner.clone());
    let kinds = ["application/json", "application/x-www-form-urlencoded", "text/plain", "multipart/form-data", "%00"];
    for kind in kinds {
        for request in [event("Ev1"), form("command=%2Fask&team_id=T1&trigger_id=1.2.a")] {
            let expected = seen(http::Response::new(request.clone().into_body())).await.body;
            let mut request = request;
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            assert_eq!(service.clone().oneshot(request).await.unwrap().status(), StatusCode::OK);
            assert_eq!(inner.bodies().last(), Some(&expected));
        }
    }
    for name in ["x-http-method-override", "x-method-override", "x-http-method"] {
        let mut tunnelled = event("Ev1");
        set(&mut tunnelled, name, "GET");
        assert_eq!(service.clone().oneshot(tunnelled).await.unwrap().status(), StatusCode::OK, "still a POST");
        let mut overridden = event("Ev1");
        *overridden.method_mut() = http::Method::GET;
        set(&mut overridden, name, "POST");
        assert_eq!(service.clone().oneshot(overridden).await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}

// 39: see `handshakes`, where nothing rides past the proof on an ssl_check.
