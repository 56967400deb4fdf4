//! Faults of other receivers, each as a test that this one does not have it.

use core::time::Duration;

use imchat_tests::{Hands, Outcome, Request, SIGNED_AT, Subject, at, forge, keys, now_or_never, outcome, payload};
use imchat_verify::dedup::{Claim, DedupStore as _, MemoryStore};
use imchat_verify::providers::{Discord, Feishu, GitHub, Slack, StandardWebhooks, Stripe, Svix};
use imchat_verify::{ConfigError, Error, Role, Secrets, Source, Verifier};

const NOW: &str = "1700000000";

fn judge<P>(verifier: &Verifier<P>, request: &Request) -> Outcome {
    outcome(verifier, request, at(SIGNED_AT))
}

fn slack() -> Verifier<Slack> {
    Slack::verifier(keys::SLACK).unwrap()
}

fn github() -> Verifier<GitHub> {
    GitHub::verifier(keys::GITHUB).unwrap()
}

fn standard() -> Verifier<StandardWebhooks> {
    StandardWebhooks::verifier(keys::STANDARD).unwrap()
}

#[test]
fn the_least_timestamp_does_not_panic_before_the_mac() {
    for text in ["-9223372036854775808", "9223372036854775807", "-1", "18446744073709551615"] {
        let genuine = forge::standard("msg_1", text, b"{}");
        assert!(!judge(&standard(), &genuine).is_accepted(), "{text}");
        assert!(!judge(&standard(), &genuine.with("webhook-signature", "v1,AAAA")).is_accepted(), "{text}");
        assert!(!judge(&slack(), &forge::slack(text, b"{}")).is_accepted(), "{text}");
    }
}

#[test]
fn a_prefix_without_a_secret_behind_it_does_not_construct() {
    for secret in ["whsec_", "whsec_ ", "whsec_=", "whsec_AA==", "whsec_c2hvcnQ=", "", " ", "whsec_whsec_", "v1,whsec_"]
    {
        assert!(matches!(StandardWebhooks::verifier(secret), Err(ConfigError::BadSecret { .. })), "{secret:?}");
        assert!(matches!(Svix::verifier(secret), Err(ConfigError::BadSecret { .. })), "{secret:?}");
    }
    for key in ["whpk_", "whpk_AAAA", ""] {
        let secrets = Secrets::of(Role::PublicKey, key);
        assert!(matches!(StandardWebhooks::verifier(secrets), Err(ConfigError::BadSecret { .. })), "{key:?}");
    }
}

#[test]
fn an_empty_secret_does_not_construct() {
    assert!(matches!(Slack::verifier(""), Err(ConfigError::BadSecret { index: 0, .. })));
    assert!(matches!(GitHub::verifier(""), Err(ConfigError::BadSecret { index: 0, .. })));
    assert!(matches!(Stripe::verifier(""), Err(ConfigError::BadSecret { index: 0, .. })));
    let previous = Secrets::new(keys::SLACK).and_previous("");
    assert!(matches!(Slack::verifier(previous), Err(ConfigError::BadSecret { index: 1, .. })));
    let token = Secrets::new(keys::FEISHU_ENCRYPT).with(Role::VerificationToken, "");
    assert!(matches!(Feishu::verifier(token), Err(ConfigError::BadSecret { role: Role::VerificationToken, .. })));
}

#[test]
fn no_secret_at_all_does_not_construct() {
    assert!(matches!(Slack::verifier(Secrets::default()), Err(ConfigError::NoSecret(Role::Sign))));
    assert!(matches!(GitHub::verifier(Secrets::default()), Err(ConfigError::NoSecret(_))));
    assert!(matches!(Feishu::verifier(Secrets::default()), Err(ConfigError::NoSecret(_))));
    assert!(matches!(Discord::verifier(Secrets::default()), Err(ConfigError::NoSecret(Role::PublicKey))));
    assert!(matches!(StandardWebhooks::verifier(Secrets::default()), Err(ConfigError::NoSecret(_))));
    assert!(matches!(Slack::verifier(Secrets::of(Role::Token, "x")), Err(ConfigError::NoSecret(Role::Sign))));
}

#[test]
fn a_secret_of_a_role_that_nobody_reads_does_not_pass_unseen() {
    let unread = Secrets::new(keys::SLACK).with(Role::VerificationToken, keys::FEISHU_TOKEN);
    assert!(matches!(Slack::verifier(unread), Err(ConfigError::UnusedRole { role: Role::VerificationToken, .. })));
}

#[test]
fn short_signatures_do_not_panic() {
    let good = forge::github("d1", b"{}");
    for value in ["sha256=", "sha256=0", "sha256=00", "sha256=000", "sha256", "sha25", "=", "s", " ", "\0"] {
        let request = good.clone().with("x-hub-signature-256", value);
        assert!(matches!(judge(&github(), &request).error(), Error::Malformed(..)), "{value:?}");
    }
    let empty = good.with("x-hub-signature-256", "");
    assert_eq!(judge(&github(), &empty).error(), Error::Missing(Source::Header("x-hub-signature-256")));
    for value in ["v0", "v0=", "v0=0", "v0=00"] {
        assert!(!judge(&slack(), &forge::slack(NOW, b"{}").with("x-slack-signature", value)).is_accepted());
    }
}

#[test]
fn headers_that_are_no_ascii_do_not_panic() {
    for value in
        [&b"sha256=\xFF\xFE"[..], "sha256=ééééééééééééééééééééééééééééééééé".as_bytes(), b"\x80", "ﬀ".as_bytes()]
    {
        assert!(!judge(&github(), &forge::github("d1", b"{}").with("x-hub-signature-256", value)).is_accepted());
        assert!(!judge(&slack(), &forge::slack(NOW, b"{}").with("x-slack-signature", value)).is_accepted());
    }
    // As long as a tag in bytes, and in characters.
    for value in [format!("sha256={}", "é".repeat(32)), format!("sha256={}", "é".repeat(64))] {
        assert!(!judge(&github(), &forge::github("d1", b"{}").with("x-hub-signature-256", value)).is_accepted());
    }
}

#[test]
fn hex_is_digits_and_nothing_that_a_number_parser_takes() {
    let good = forge::github("d1", b"{}");
    let tag = String::from_utf8(good.get("x-hub-signature-256").unwrap()[7..].to_vec()).unwrap();
    for tag in [format!("0x{}", &tag[2..]), format!("0x{tag}"), format!("+{}", &tag[1..]), format!("-{}", &tag[1..])] {
        assert!(!judge(&github(), &good.clone().with("x-hub-signature-256", format!("sha256={tag}"))).is_accepted());
    }
}

/// Public keys whose order is small: under them a signature fits many messages.
const WEAK_KEYS: &[&str] = &[
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

#[test]
fn a_weak_or_broken_key_of_discord_is_an_error_and_no_panic() {
    for key in WEAK_KEYS {
        assert!(matches!(Discord::verifier(*key), Err(ConfigError::BadSecret { .. })), "{key}");
    }
    let off_curve = "0200000000000000000000000000000000000000000000000000000000000000";
    let long = "00".repeat(33);
    let prefixed = format!("0x{}", keys::DISCORD_PUBLIC);
    for key in [off_curve, "", "00", "zz", &long, &prefixed, "Bot token.of.discord", "ключ"] {
        assert!(matches!(Discord::verifier(key), Err(ConfigError::BadSecret { .. })), "{key}");
    }
}

#[test]
fn a_signature_with_a_weak_nonce_is_refused() {
    let discord = payload("discord/ping");
    let signature = String::from_utf8(discord.request.get("x-signature-ed25519").unwrap().to_vec()).unwrap();
    for nonce in WEAK_KEYS {
        let forged = discord.request.clone().with("x-signature-ed25519", format!("{nonce}{}", &signature[64..]));
        assert_eq!(judge(&discord.verifier(), &forged).error(), Error::Mismatch, "{nonce}");
    }
}

#[test]
fn a_stale_request_of_discord_and_of_feishu_is_refused() {
    let discord = payload("discord/command");
    assert!(matches!(outcome(&discord.verifier(), &discord.request, at(SIGNED_AT + 301)).error(), Error::Stale { .. }));
    let feishu = payload("feishu/message");
    let late = at(SIGNED_AT + 8 * 3600 + 1);
    assert!(matches!(outcome(&feishu.verifier(), &feishu.request, late).error(), Error::Stale { .. }));
}

#[test]
fn a_body_that_is_no_text_is_verified_byte_for_byte() {
    let body = b"\xFF\xFE\x00caf\xE9";
    assert_eq!(judge(&slack(), &forge::slack(NOW, body)).event().body, body);
    assert_eq!(judge(&github(), &forge::github("d1", body)).event().body, body);
    assert_eq!(judge(&standard(), &forge::standard("msg_1", NOW, body)).event().body, body);
}

#[test]
fn a_valid_signature_over_an_unknown_shape_is_accepted() {
    let stripe = Stripe::verifier(keys::STRIPE).unwrap();
    for body in [&br#"{"object":"something.new","v":[[[[1e999]]]]}"#[..], b"{\"truncated\":", b"", b"null", b"[]"] {
        assert!(judge(&stripe, &forge::stripe(NOW, body)).is_accepted(), "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn the_signature_is_looked_at() {
    let forged = Request::post("{}").and("X-GitHub-Event", "push").and("X-GitHub-Delivery", "d1");
    assert!(!judge(&github(), &forged).is_accepted());
    assert!(!judge(&github(), &forged.and("X-Hub-Signature-256", format!("sha256={}", "00".repeat(32)))).is_accepted());
}

#[test]
fn a_wrong_secret_is_refused_like_any_other_forgery() {
    let other = GitHub::verifier("another secret of GitHub").unwrap();
    assert_eq!(judge(&other, &forge::github("d1", b"{}")).error(), Error::Mismatch);
}

#[test]
fn two_secrets_at_once_are_no_downtime() {
    let both = GitHub::verifier(Secrets::new("the next secret of GitHub").and_previous(keys::GITHUB)).unwrap();
    assert_eq!(judge(&both, &forge::github("d1", b"{}")).event().secret, 1);
}

#[test]
fn the_proof_comes_before_decryption_and_parsing() {
    let feishu = Subject { request: forge::feishu(NOW, "1", b"{}"), ..payload("feishu/message") };
    for body in [&br#"{"encrypt":"AAAA"}"#[..], br#"{"encrypt":1}"#, b"{", &b"[".repeat(100_000)] {
        let forged = feishu.request.clone().carrying(body);
        assert_eq!(judge(&feishu.verifier(), &forged).error(), Error::Mismatch);
    }
}

#[test]
fn a_timestamp_of_the_future_is_refused_in_every_scheme_that_has_one() {
    for path in ["slack/app_mention", "stripe/thin_event", "discord/command", "feishu/message", "standard_webhooks/v1"]
    {
        let subject = payload(path);
        let early = outcome(&subject.verifier(), &subject.request, at(SIGNED_AT - 301));
        assert!(matches!(early.error(), Error::Future { .. }), "{path}");
    }
}

#[test]
fn ssl_check_skips_no_verification() {
    for body in ["ssl_check=1", "ssl_check=1&command=%2Fdeploy", "payload=%7B%7D&ssl_check=1"] {
        assert!(!judge(&slack(), &Request::post(body)).is_accepted(), "{body}");
    }
}

#[test]
fn an_id_that_nobody_signs_is_not_preferred_over_what_is_signed() {
    let key = |delivery: &str| judge(&github(), &forge::github(delivery, b"{}")).event().who.key;
    assert_eq!(key("d1"), key("d2"));
}

#[test]
fn what_is_in_flight_and_what_is_done_are_two_answers() {
    let (hands, day) = (Hands::default(), Duration::from_secs(86_400));
    let store = MemoryStore::new(hands.clone());
    let key = judge(&slack(), &payload("slack/app_mention").request).event().who.key.unwrap();
    let claim = || now_or_never(store.claim(&key, None, Duration::from_secs(15))).unwrap();
    let Claim::Granted(first) = claim() else { panic!("the first claim is granted") };
    assert!(matches!(claim(), Claim::Busy { .. }));
    hands.turn_seconds(15);
    let Claim::Granted(second) = claim() else { panic!("a lease that ended is granted again") };
    assert!(second.fence() > first.fence(), "and the first holder can be told from the second");
    assert_eq!(now_or_never(store.complete(&first, day)).unwrap(), imchat_verify::dedup::Settled::Lost);
    assert_eq!(now_or_never(store.complete(&second, day)).unwrap(), imchat_verify::dedup::Settled::Ok);
    assert!(matches!(claim(), Claim::Done { .. }));
}
