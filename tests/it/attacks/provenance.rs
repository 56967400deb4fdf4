//! What nobody signs is a type of its own, and what is one delivery's never is another's.

use std::collections::BTreeMap;

use imchat_tests::{Request, Subject, forge, keys, payload, payloads};
use imchat_verify::dedup::DedupKey;
use imchat_verify::providers::{self, Feishu, Slack};
use imchat_verify::scheme::Source::Json;
use imchat_verify::scheme::{Facts, Hash, Source, When};
use imchat_verify::{Provenance, Role, Scheme, Secrets, Signature, Verifier};
use proptest::prelude::*;
use serde_json::json;

use super::{feishu, github, judge, slack};

const NOW: &str = "1700000000";

#[test]
fn what_stands_in_unsigned_headers_is_marked_so() {
    let who = judge(&github(), &payload("github/push").request).event().who;
    assert!(matches!(who.event_id, Some(Provenance::Unsigned(_))));
    assert!(matches!(who.event_type, Some(Provenance::Unsigned(_))));
    let card = payload("feishu/card_action_legacy").judge().event().who;
    assert!(matches!(card.event_id, Some(Provenance::Unsigned(_))));
    assert!(matches!(card.tenant, Some(Provenance::Signed(_))));
}

#[test]
fn a_signed_header_is_marked_signed() {
    for path in ["standard_webhooks/v1", "standard_webhooks/svix", "standard_webhooks/v1a"] {
        let who = payload(path).judge().event().who;
        assert!(matches!(who.event_id, Some(Provenance::Signed(_))), "{path}");
    }
}

#[test]
fn under_a_token_alone_nothing_is_signed() {
    let verifier = Feishu::verifier(Secrets::of(Role::VerificationToken, keys::FEISHU_TOKEN)).unwrap();
    let body = payload("feishu/message").request.body;
    let who = judge(&verifier, &Request::post(body)).event().who;
    for stated in [who.event_id, who.semantic_id, who.event_type, who.tenant] {
        assert!(matches!(stated, Some(Provenance::Unsigned(_))), "{stated:?}");
    }
    assert!(!verifier.scheme().not_signed().is_empty());
}

#[test]
fn only_what_is_signed_can_be_taken_as_signed() {
    let who = judge(&github(), &payload("github/push").request).event().who;
    assert_eq!(who.event_id.clone().and_then(Provenance::signed), None);
    assert!(who.event_id.is_some());
}

#[test]
fn one_secret_does_not_verify_at_another_endpoint() {
    for payload in payloads().into_iter().filter(|payload| !payload.is_refused()) {
        for scheme in providers::all() {
            let elsewhere = Subject { scheme, ..payload.subject.clone() };
            let Ok(verifier) = elsewhere.try_verifier() else { continue };
            // GitHub sends its old header along, and three names stand for one and the same scheme.
            let same = match payload.subject.scheme.name() {
                // Meta and Intercom sign alike: what keeps them apart is the secret.
                "github" => ["github", "github-legacy", "meta", "intercom"].contains(&scheme.name()),
                "standard-webhooks" | "svix" => {
                    ["standard-webhooks", "svix", "openai", "gitlab", "polar"].contains(&scheme.name())
                }
                // One and the same question sets up both of Feishu's routes, unsigned: nothing but its answer comes of it.
                "feishu" if payload.path == "feishu/url_verification" => scheme.name().starts_with("feishu"),
                name => scheme.name() == name,
            };
            if !same {
                let verdict = imchat_tests::outcome(&verifier, &elsewhere.request, elsewhere.now);
                assert!(!verdict.is_accepted(), "{} is taken for {}", payload.path, scheme.name());
            }
        }
    }
}

fn key(endpoint: Option<&str>, tenant: Option<&str>, id: &str) -> DedupKey {
    let verifier = match endpoint {
        Some(name) => slack().endpoint(name),
        None => slack(),
    };
    let body = serde_json::to_vec(&json!({"event_id": id, "team_id": tenant})).unwrap();
    judge(&verifier, &forge::slack(NOW, &body)).event().who.key.unwrap()
}

#[test]
fn scopes_of_confusable_names_never_collide() {
    let names = ["a", "b", "ab", "\u{2}a", "a\u{0}", "\u{0}", "i", "d", "s", "ia", &"x".repeat(40), &"x".repeat(70)];
    let optional = || names.iter().map(|name| Some(*name)).chain([None]);
    let mut seen = BTreeMap::new();
    for endpoint in optional() {
        for tenant in optional() {
            for id in names {
                let scope = (endpoint, tenant, id);
                if let Some(other) = seen.insert(key(endpoint, tenant, id), scope) {
                    panic!("{scope:?} and {other:?} share a key");
                }
            }
        }
    }
}

#[test]
fn long_names_do_not_lend_each_other_bytes() {
    let long = "x".repeat(70);
    let pairs = [
        (key(Some(&format!("{long}\u{1}b")), Some("c"), "1"), key(Some(&long), Some("b\u{1}c"), "1")),
        (key(Some("c"), Some(&format!("{long}i")), "1"), key(Some("c"), Some(&long), "i1")),
        (key(None, Some(&format!("{long}i")), "1"), key(None, Some(&long), "i1")),
        (key(Some(&long), None, "1"), key(None, Some(&long), "1")),
    ];
    for (one, other) in pairs {
        assert_ne!(one, other);
    }
}

#[test]
fn an_unsigned_header_that_comes_twice_says_nothing() {
    let twice = forge::github("d1", b"{}").and("X-GitHub-Event", "release").and("x-github-delivery", "d2");
    let who = judge(&github(), &twice).event().who;
    assert_eq!((who.event_type, who.event_id), (None, None));
}

/// A scheme that signs its body alone and finds everything else in headers, one of them twice.
const OF_HEADERS: Scheme = Scheme::hmac("of-headers", Hash::Sha256, Signature::hex("x-signature"))
    .event_id(&[Source::Header("x-id")])
    .event_type(&[Source::Header("x-event")])
    .tenant(&[Source::Header("x-tenant")])
    .kind(&[When::Is(Source::Header("x-event"), "push")], Facts::new("pushes"))
    .build();

fn of_headers(event: &str, id: &str, tenant: &str) -> Request {
    let tag = forge::hex(&forge::hmac_sha256(keys::SLACK.as_bytes(), &[b"{}"]));
    let request = Request::post("{}").and("x-signature", tag);
    request.and("x-event", event).and("x-id", id).and("x-tenant", tenant)
}

#[test]
fn a_key_is_made_of_what_is_signed_and_of_nothing_else() {
    let verifier = Verifier::of(&OF_HEADERS, keys::SLACK).unwrap();
    let first = judge(&verifier, &of_headers("push", "1", "T1")).event().who;
    assert_eq!(first.event_id, Some(Provenance::Unsigned("1".to_owned())), "it is for logs");
    for replayed in [of_headers("push", "2", "T1"), of_headers("push", "1", "T2"), of_headers("pull", "", "")] {
        assert_eq!(judge(&verifier, &replayed).event().who.key, first.key, "a relay chose the key");
    }
}

#[test]
fn a_receipt_keeps_a_header_that_the_scheme_reads_twice() {
    let verifier = Verifier::of(&OF_HEADERS, keys::SLACK).unwrap();
    let request = of_headers("push", "1", "T1");
    let verdict = verifier.verify(request.head(), &request.body, imchat_tests::at(imchat_tests::SIGNED_AT));
    let Ok(imchat_verify::Verdict::Event(proved)) = verdict else { panic!("no event") };
    let receipt = proved.receipt();
    assert_eq!(proved.kind().name(), "pushes");
    assert_eq!(receipt.kind().name(), "pushes");
    assert_eq!(imchat_tests::who(&receipt.identity()), imchat_tests::who(&proved.identity()));
}

#[test]
fn a_members_name_with_a_slash_is_no_path() {
    let verifier = feishu();
    let body = br#"{"header/event_id":"evil","uuid":"u1","header/tenant_key":"evil"}"#;
    let token = format!(r#","token":"{}"}}"#, keys::FEISHU_TOKEN);
    let body = [&body[..body.len() - 1], token.as_bytes()].concat();
    let who = judge(&verifier, &forge::feishu(NOW, "1", &body)).event().who;
    assert_eq!(who.event_id.map(Provenance::into_inner).as_deref(), Some("u1"));
    assert_eq!(who.tenant, None);
}

#[test]
fn half_a_character_in_a_text_does_not_take_the_identity_away() {
    // What cuts a text by UTF-16 units and escapes the rest writes this, and so may a person who types it.
    let body = br#"{"team_id":"T1","event_id":"Ev1","event":{"type":"message","text":"cut \ud83d"},"\udead":1}"#;
    let who = judge(&slack(), &forge::slack(NOW, body)).event().who;
    assert_eq!(who.event_id.map(Provenance::into_inner).as_deref(), Some("Ev1"));
    assert_eq!(who.tenant.map(Provenance::into_inner).as_deref(), Some("T1"));
    assert_eq!(who.key, Some(key(None, Some("T1"), "Ev1")));
    let halved = judge(&slack(), &forge::slack(NOW, br#"{"team_id":"\ud83d","event_id":"Ev1"}"#)).event().who;
    assert_eq!(halved.tenant, None, "half a character is no text");
}

/// A scheme with more places than one scan of a body follows.
const MANY: Scheme = Scheme::hmac("many", Hash::Sha256, Signature::hex("x-signature"))
    .event_type(&[
        Json("/1"),
        Json("/2"),
        Json("/3"),
        Json("/4"),
        Json("/5"),
        Json("/6"),
        Json("/7"),
        Json("/8"),
        Json("/9"),
        Json("/10"),
        Json("/11"),
        Json("/12"),
        Json("/13"),
        Json("/14"),
        Json("/15"),
        Json("/16"),
        Json("/17"),
        Json("/18"),
        Json("/19"),
        Json("/20"),
        Json("/21"),
        Json("/22"),
        Json("/23"),
        Json("/24"),
        Json("/25"),
        Json("/26"),
        Json("/27"),
        Json("/28"),
        Json("/29"),
        Json("/30"),
        Json("/31"),
        Json("/32"),
    ])
    .tenant(&[Json("/tenant")])
    .build();

#[test]
fn a_scheme_with_many_places_reads_them_all() {
    let verifier = Verifier::of(&MANY, keys::SLACK).unwrap();
    let body = br#"{"tenant":"T1","32":"last"}"#;
    let tag = forge::hex(&forge::hmac_sha256(keys::SLACK.as_bytes(), &[body]));
    let who = judge(&verifier, &Request::post(body).and("x-signature", tag)).event().who;
    assert_eq!(who.event_type.map(Provenance::into_inner).as_deref(), Some("last"));
    assert_eq!(who.tenant.map(Provenance::into_inner).as_deref(), Some("T1"));
}

#[test]
fn providers_with_the_same_id_never_collide() {
    let request = forge::standard("msg_1", NOW, b"{}");
    let keys: Vec<DedupKey> = [&providers::STANDARD_WEBHOOKS, &providers::OPENAI, &providers::SVIX]
        .into_iter()
        .map(|scheme| judge(&Verifier::of(scheme, keys::STANDARD).unwrap(), &request).event().who.key.unwrap())
        .collect();
    assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
}

#[test]
fn an_id_that_looks_like_a_digest_is_not_one() {
    let body = br#"{"no":"id"}"#;
    let digest = judge(&slack(), &forge::slack(NOW, body)).event().who.key.unwrap();
    let spelled: String = forge::sha256(&[body]).iter().map(|byte| char::from(*byte)).collect();
    for id in [spelled, forge::hex(&forge::sha256(&[body]))] {
        assert_ne!(key(None, None, &id), digest);
    }
}

#[test]
fn a_capability_enters_a_key_only_hashed_whatever_form_it_comes_in() {
    let trigger = "6200000000001.5100000000001.939d59d1285efa52";
    for body in [
        format!("command=%2Fask&trigger_id={trigger}"),
        format!("payload=%7B%22trigger_id%22%3A%22{trigger}%22%7D"),
        format!("payload=%7B%22type%22%3A%22block_suggestion%22%2C%22trigger_id%22%3A%22{trigger}%22%7D"),
        format!("trigger_id={trigger}"),
        format!("trigger_id={trigger}&team_id=T1"),
    ] {
        let verifier = slack();
        let request = forge::slack(NOW, body.as_bytes());
        let verdict = verifier.verify(request.head(), &request.body, imchat_tests::at(imchat_tests::SIGNED_AT));
        let Ok(imchat_verify::Verdict::Event(proved)) = verdict else { panic!("{body}") };
        let identity = proved.identity();
        let key = identity.dedup_key.map(|key| key.to_string()).unwrap_or_default();
        assert!(!key.contains("939d59d1285efa52"), "{body}: {key}");
        assert!(!format!("{identity:?}").contains("939d59d1285efa52"), "{body}: {identity:?}");
    }
}

#[test]
fn two_capabilities_have_two_keys() {
    let of = |trigger: &str| {
        let body = format!("command=%2Fask&trigger_id={trigger}");
        judge(&slack(), &forge::slack(NOW, body.as_bytes())).event().who.key.unwrap()
    };
    assert_ne!(of("1.2.a"), of("1.2.b"));
    assert_eq!(of("1.2.a"), of("1.2.a"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn different_scopes_have_different_keys(
        (endpoint, tenant, id) in (option(), option(), ".{1,70}"),
        (other_endpoint, other_tenant, other_id) in (option(), option(), ".{1,70}"),
    ) {
        // An empty tenant is none.
        let scope = |endpoint: &Option<String>, tenant: &Option<String>, id: &str| {
            (endpoint.clone(), tenant.clone().filter(|tenant| !tenant.is_empty()), id.to_owned())
        };
        let same = scope(&endpoint, &tenant, &id) == scope(&other_endpoint, &other_tenant, &other_id);
        let first = key(endpoint.as_deref(), tenant.as_deref(), &id);
        let second = key(other_endpoint.as_deref(), other_tenant.as_deref(), &other_id);
        prop_assert_eq!(first == second, same);
        prop_assert!(first.as_bytes().len() <= 63);
    }
}

fn option() -> impl Strategy<Value = Option<String>> {
    prop_oneof![Just(None), "[a-c]{0,3}".prop_map(Some), ".{0,80}".prop_map(Some)]
}

#[test]
fn a_receipt_of_one_provider_is_not_another_providers() {
    let subject = payload("slack/app_mention");
    let verifier = subject.verifier();
    let verdict = verifier.verify(subject.request.head(), &subject.request.body, subject.now);
    let Ok(imchat_verify::Verdict::Event(proved)) = verdict else { panic!("no event") };
    assert!(proved.receipt().of::<Slack>().is_some());
    assert!(proved.receipt().of::<providers::GitHub>().is_none());
    assert!(proved.receipt().of::<providers::Svix>().is_none());
}
