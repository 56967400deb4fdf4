//! Weaker algorithms and other versions: configuration fixes both, a request chooses neither.

use imchat_tests::{Outcome, Request, forge, keys, payload};
use imchat_verify::providers::{FeishuCardLegacy, GitHubLegacy, StandardWebhooks};
use imchat_verify::{Error, Role, Secrets, Source};

use super::{feishu, github, judge, slack, standard, stripe};

const BODY: &[u8] = br#"{"ref":"refs/heads/main"}"#;
const NOW: &str = "1700000000";

fn sha1_tag(key: &str, body: &[u8]) -> String {
    use hmac::{KeyInit as _, Mac as _};
    let mut mac = hmac::Hmac::<sha1::Sha1>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(body);
    forge::hex(&mac.finalize().into_bytes())
}

#[test]
fn a_sha1_header_alone_proves_nothing() {
    let request = Request::post(BODY).and("X-Hub-Signature", format!("sha1={}", sha1_tag(keys::GITHUB, BODY)));
    assert_eq!(judge(&github(), &request).error(), Error::Missing(Source::Header("x-hub-signature-256")));
    assert!(judge(&GitHubLegacy::verifier(keys::GITHUB).unwrap(), &request).is_accepted(), "it is rightly signed");
}

#[test]
fn a_right_sha1_beside_a_wrong_sha256_does_not_rescue_it() {
    let request = forge::github("d1", BODY)
        .with("X-Hub-Signature-256", format!("sha256={}", "0".repeat(64)))
        .and("X-Hub-Signature", format!("sha1={}", sha1_tag(keys::GITHUB, BODY)));
    assert_eq!(judge(&github(), &request).error(), Error::Mismatch);
}

#[test]
fn another_algorithm_in_the_header_of_the_scheme_is_malformed() {
    let sha1 = sha1_tag(keys::GITHUB, BODY);
    let sha256 = forge::hex(&forge::hmac_sha256(keys::GITHUB.as_bytes(), &[BODY]));
    let plain = forge::hex(&forge::sha256(&[BODY]));
    for value in [
        format!("sha1={sha1}"),
        format!("sha256={sha1}"),
        format!("md5={sha256}"),
        format!("none={sha256}"),
        format!("SHA256={sha256}"),
        format!("sha512={sha256}"),
        format!(" sha256={sha256}"),
        format!("sha256= {sha256}"),
        format!("sha256:{sha256}"),
        sha256.clone(),
        "sha256=none".to_owned(),
        "none".to_owned(),
    ] {
        let request = forge::github("d1", BODY).with("X-Hub-Signature-256", value.clone());
        assert!(matches!(judge(&github(), &request).error(), Error::Malformed(..)), "{value}");
    }
    let unkeyed = forge::github("d1", BODY).with("X-Hub-Signature-256", format!("sha256={plain}"));
    assert_eq!(judge(&github(), &unkeyed).error(), Error::Mismatch);
}

#[test]
fn the_legacy_scheme_takes_no_newer_header_either() {
    let legacy = GitHubLegacy::verifier(keys::GITHUB).unwrap();
    assert!(!judge(&legacy, &forge::github("d1", BODY)).is_accepted());
}

#[test]
fn another_version_of_slacks_signature_is_malformed() {
    let request = forge::slack(NOW, BODY);
    let tag = std::str::from_utf8(&request.get("x-slack-signature").unwrap()[3..]).unwrap().to_owned();
    for value in [format!("v1={tag}"), format!("V0={tag}"), format!("v0:{tag}"), format!("v={tag}"), tag.clone()] {
        let changed = request.clone().with("x-slack-signature", value.clone());
        assert!(matches!(judge(&slack(), &changed).error(), Error::Malformed(..)), "{value}");
    }
}

#[test]
fn stripes_other_versions_are_no_candidates() {
    let request = forge::stripe(NOW, BODY);
    let value = String::from_utf8(request.get("stripe-signature").unwrap().to_vec()).unwrap();
    for other in ["v0=", "v2=", "V1=", "v1 =", "v10=", "v1v1="] {
        let changed = request.clone().with("stripe-signature", value.replace("v1=", other));
        assert!(matches!(judge(&stripe(), &changed).error(), Error::Malformed(..)), "{other}");
    }
}

#[test]
fn a_key_pair_and_a_shared_secret_never_stand_in_for_each_other() {
    let pair = StandardWebhooks::verifier(Secrets::of(Role::PublicKey, keys::STANDARD_PUBLIC)).unwrap();
    let signed_by_pair = payload("standard_webhooks/v1a").request;
    let signed_by_secret = payload("standard_webhooks/v1").request;
    assert!(judge(&pair, &signed_by_pair).is_accepted());
    assert!(judge(&standard(), &signed_by_secret).is_accepted());
    assert!(!judge(&pair, &signed_by_secret).is_accepted());
    assert!(!judge(&standard(), &signed_by_pair).is_accepted());
    // The public key is public: an HMAC under its bytes, or its text, is anyone's to compute.
    let text = keys::STANDARD_PUBLIC.trim_start_matches("whpk_");
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    for key in [STANDARD.decode(text).unwrap(), keys::STANDARD_PUBLIC.into(), text.into()] {
        let tag = STANDARD.encode(forge::hmac_sha256(&key, &[b"msg_1.", NOW.as_bytes(), b".", BODY]));
        for version in ["v1", "v1a"] {
            let forged = forge::standard("msg_1", NOW, BODY).with("webhook-signature", format!("{version},{tag}"));
            assert!(!judge(&pair, &forged).is_accepted(), "an HMAC under the public key as {version}");
        }
    }
}

#[test]
fn a_tag_under_the_other_version_is_refused_where_both_are_configured() {
    let secrets = Secrets::new(keys::STANDARD).with(Role::PublicKey, keys::STANDARD_PUBLIC);
    let both = StandardWebhooks::verifier(secrets).unwrap();
    for (path, from, to) in [("standard_webhooks/v1", "v1,", "v1a,"), ("standard_webhooks/v1a", "v1a,", "v1,")] {
        let request = payload(path).request;
        assert!(judge(&both, &request).is_accepted(), "{path}");
        let value = String::from_utf8(request.get("webhook-signature").unwrap().to_vec()).unwrap();
        assert!(!judge(&both, &request.with("webhook-signature", value.replace(from, to))).is_accepted(), "{path}");
    }
}

#[test]
fn a_request_does_not_choose_between_feishus_two_schemes() {
    let legacy = FeishuCardLegacy::verifier(keys::FEISHU_TOKEN).unwrap();
    let card = payload("feishu/card_action_legacy").request;
    let event = payload("feishu/message").request;
    assert!(judge(&legacy, &card).is_accepted() && judge(&feishu(), &event).is_accepted());
    assert!(!judge(&feishu(), &card).is_accepted(), "SHA-1 with the token, where SHA-256 with the key is configured");
    assert!(!judge(&legacy, &event).is_accepted(), "SHA-256 with the key, where SHA-1 with the token is configured");
    for hint in
        ["X-Lark-Signature-Version", "X-Lark-Signature-Method", "X-Lark-Request-Version", "X-HubSpot-Signature-Version"]
    {
        assert!(!judge(&feishu(), &card.clone().and(hint, "v1")).is_accepted(), "{hint}");
        assert!(!judge(&feishu(), &card.clone().and(hint, "sha1")).is_accepted(), "{hint}");
    }
}

#[test]
fn a_body_that_names_its_algorithm_is_not_asked() {
    let body = br#"{"alg":"none","event_id":"Ev1"}"#;
    let forged = Request::post(body).and("Authorization", "Bearer eyJhbGciOiJub25lIn0.e30.");
    assert!(matches!(judge(&slack(), &forged), Outcome::Refused(Error::Missing(_))));
}
