//! Oracles: nothing that is printed holds a secret, a right signature or the bytes of a sender.

use core::fmt::Debug;

use imchat_tests::{Hands, Request, SIGNED_AT, at, forge, keys, payload, payloads};
use imchat_verify::dedup::{MemoryStore, SharedStore};
use imchat_verify::providers::{Discord, Feishu, Slack, StandardWebhooks};
use imchat_verify::scheme::{Part, PartInput};
use imchat_verify::sign::{SignRequest, Signer};
use imchat_verify::{
    ConfigError, CustomInput, Error, Head, OpenInput, Question, Reply, Role, Scheme, Secret, Secrets, Signature,
    Undecryptable, Unsigned, Verdict, Verify,
};

use super::{feishu, slack};

/// Stands in every place that a sender fills.
const MARKER: &str = "SENDERS-OWN-BYTES";

/// How these bytes may show: as text, as a list of numbers, in hex.
fn spellings(bytes: &[u8]) -> Vec<String> {
    let numbers = format!("{bytes:?}");
    let hex = forge::hex(bytes);
    vec![
        String::from_utf8_lossy(bytes).into_owned(),
        numbers.trim_matches(|end| matches!(end, '[' | ']')).to_owned(),
        hex.to_uppercase(),
        hex,
    ]
}

#[track_caller]
fn assert_hides(printed: &str, hidden: &[&[u8]]) {
    for bytes in hidden {
        for spelling in spellings(bytes) {
            assert!(!printed.contains(&spelling), "{printed} shows {spelling}");
        }
    }
}

#[track_caller]
fn assert_debug_hides(value: &dyn Debug, hidden: &[&[u8]]) {
    assert_hides(&format!("{value:?}"), hidden);
    assert_hides(&format!("{value:#?}"), hidden);
}

#[test]
fn what_holds_secrets_does_not_show_them() {
    let secret = keys::SLACK.as_bytes();
    let token = keys::FEISHU_TOKEN.as_bytes();
    let key = keys::FEISHU_ENCRYPT.as_bytes();
    assert_debug_hides(&Secret::from(keys::SLACK), &[secret]);
    let secrets = Secrets::new(keys::FEISHU_ENCRYPT)
        .and_previous(keys::SLACK)
        .and_previous_until(keys::GITHUB, at(SIGNED_AT))
        .with(Role::VerificationToken, keys::FEISHU_TOKEN);
    assert_debug_hides(&secrets, &[secret, token, key, keys::GITHUB.as_bytes()]);
    assert_debug_hides(&slack(), &[secret]);
    assert_debug_hides(&slack().any(), &[secret]);
    assert_debug_hides(&feishu(), &[token, key]);
    assert_debug_hides(&(&feishu() as &dyn Verify), &[token, key]);
    assert_debug_hides(&Signer::of(&imchat_verify::providers::SLACK, keys::SLACK).unwrap(), &[secret]);
    let seed = Signer::of(&imchat_verify::providers::DISCORD, keys::DISCORD_SEED).unwrap();
    assert_debug_hides(&seed, &[keys::DISCORD_SEED.as_bytes(), &const_hex::decode(keys::DISCORD_SEED).unwrap()]);
}

/// A request whose every value is marked.
fn marked() -> Request {
    let body = format!(r#"{{"text":"{MARKER}"}}"#);
    forge::slack("1700000000", body.as_bytes()).and("Authorization", MARKER).and("X-Other", MARKER)
}

#[test]
fn what_holds_a_request_does_not_show_its_bytes() {
    let request = marked();
    let tag = request.get("x-slack-signature").unwrap()[3..].to_vec();
    let hidden: [&[u8]; 2] = [MARKER.as_bytes(), &tag];
    assert_debug_hides(&Head::new("POST", &format!("https://example.com/?token={MARKER}"), &request.headers), &hidden);

    let verifier = slack();
    let mut pending = verifier.begin(request.head(), at(SIGNED_AT)).unwrap();
    pending.update(&request.body);
    assert_debug_hides(&pending, &hidden);
    let verdict = pending.finish().unwrap();
    assert_debug_hides(&verdict, &hidden);
    let Verdict::Event(proved) = verdict else { panic!("no event") };
    assert_debug_hides(&proved, &hidden);
    assert_debug_hides(&proved.receipt(), &hidden);
    assert_debug_hides(&proved.identity(), &hidden);
}

#[test]
fn an_answer_does_not_show_what_it_echoes() {
    let body = format!(r#"{{"challenge":"{MARKER}","type":"url_verification"}}"#);
    let (verifier, request) = (slack(), forge::slack("1700000000", body.as_bytes()));
    let verdict = verifier.verify(request.head(), &request.body, at(SIGNED_AT)).unwrap();
    assert!(matches!(verdict, Verdict::Handshake(_)));
    assert_debug_hides(&verdict, &[MARKER.as_bytes()]);
}

thread_local! {
    static PRINTED: core::cell::RefCell<String> = const { core::cell::RefCell::new(String::new()) };
}

fn printing_part(input: &PartInput<'_>, sink: &mut dyn FnMut(&[u8])) -> Result<(), &'static str> {
    PRINTED.set(format!("{input:?}"));
    sink(input.body);
    Ok(())
}

fn printing_check(input: &CustomInput<'_>) -> bool {
    PRINTED.set(format!("{input:?}"));
    true
}

fn printing_open(input: &OpenInput<'_>) -> Result<Option<Vec<u8>>, Undecryptable> {
    PRINTED.set(format!("{input:?}"));
    Ok(None)
}

fn printing_answer(question: &Question<'_>) -> Option<Reply> {
    PRINTED.set(format!("{question:?}"));
    None
}

fn printing_unsigned(unsigned: &Unsigned<'_>) -> Option<Reply> {
    PRINTED.set(format!("{unsigned:?}"));
    None
}

#[test]
fn what_a_schemes_own_function_sees_does_not_show_when_printed() {
    const PART: Scheme = Scheme::hmac("part", imchat_verify::scheme::Hash::Sha256, Signature::hex("x-slack-signature"))
        .message(&[Part::Custom(printing_part)])
        .build();
    const OPEN: Scheme = Scheme::hmac("open", imchat_verify::scheme::Hash::Sha256, Signature::hex("x-slack-signature"))
        .open(printing_open)
        .build();
    const ANSWER: Scheme =
        Scheme::hmac("answer", imchat_verify::scheme::Hash::Sha256, Signature::hex("x-slack-signature"))
            .accepts_with(printing_answer)
            .build();
    const CHECK: Scheme = Scheme::custom("check", Signature::hex("x-slack-signature"), printing_check).build();
    let request =
        marked().with("x-slack-signature", forge::hex(&forge::hmac_sha256(keys::SLACK.as_bytes(), &[&marked().body])));
    let url = format!("https://example.com/?token={MARKER}");
    for scheme in [&PART, &OPEN, &ANSWER, &CHECK] {
        let verifier = imchat_verify::Verifier::of(scheme, keys::SLACK).unwrap();
        let head = Head::new("POST", &url, &request.headers);
        let Ok(Verdict::Event(proved)) = verifier.verify(head, &request.body, at(SIGNED_AT)) else {
            panic!("{} proves nothing", scheme.name());
        };
        // The answer that says taken is made with the receipt.
        let _ = proved.receipt();
        let printed = PRINTED.take();
        assert!(!printed.is_empty(), "{} was printed", scheme.name());
        assert_hides(&printed, &[MARKER.as_bytes(), keys::SLACK.as_bytes()]);
    }
}

#[test]
fn what_is_seen_of_an_unsigned_request_does_not_show_when_printed() {
    const SCHEME: Scheme =
        Scheme::hmac("unsigned", imchat_verify::scheme::Hash::Sha256, Signature::hex("x-slack-signature"))
            .unsigned_handshake(printing_unsigned)
            .build();
    let verifier = imchat_verify::Verifier::of(&SCHEME, keys::SLACK).unwrap();
    let request = marked().without("x-slack-signature");
    assert!(verifier.verify(request.head(), &request.body, at(SIGNED_AT)).is_err());
    let printed = PRINTED.take();
    assert!(!printed.is_empty(), "it was printed");
    assert_hides(&printed, &[MARKER.as_bytes(), keys::SLACK.as_bytes()]);
}

#[test]
fn what_is_to_be_signed_does_not_show() {
    let url = format!("https://example.com/?token={MARKER}");
    assert_debug_hides(&SignRequest::post(MARKER.as_bytes(), at(SIGNED_AT)).url(&url), &[MARKER.as_bytes()]);
}

#[test]
fn stores_show_no_keys() {
    let store = MemoryStore::new(Hands::default());
    let key = imchat_verify::dedup::DedupKey::from_bytes(MARKER.as_bytes());
    imchat_tests::now_or_never(imchat_verify::dedup::DedupStore::claim(
        &store,
        &key,
        None,
        core::time::Duration::from_secs(1),
    ))
    .unwrap();
    assert_debug_hides(&store, &[MARKER.as_bytes()]);
    assert_debug_hides(&SharedStore::new(store), &[MARKER.as_bytes()]);
}

/// Requests that are refused in every way, with marks wherever a sender writes.
fn refused() -> Vec<(String, Error, Vec<Vec<u8>>)> {
    let mut all = Vec::new();
    for payload in payloads() {
        let subject = &payload.subject;
        let verifier = subject.verifier();
        let mut changed = vec![subject.request.clone().carrying(MARKER), Request::post(MARKER)];
        for (name, value) in &subject.request.headers {
            changed.push(subject.request.clone().with(name, MARKER));
            changed.push(subject.request.clone().with(name, [value, MARKER.as_bytes()].concat()));
            changed.push(subject.request.clone().and(name, MARKER));
            changed.push(subject.request.clone().without(name).carrying(MARKER));
        }
        for request in changed {
            let secrets = subject.secrets.iter().map(|(_, secret)| secret.clone().into_bytes());
            let hidden = secrets.chain([MARKER.as_bytes().to_vec()]).collect();
            if let Err(error) = verifier.verify(request.head(), &request.body, subject.now) {
                all.push((payload.path.clone(), error, hidden));
            }
        }
    }
    all
}

#[test]
fn errors_hold_no_secret_and_no_byte_of_the_sender() {
    let refused = refused();
    for reason in ["missing_header", "repeated", "malformed", "bad_signature"] {
        assert!(refused.iter().any(|(_, error, _)| error.reason() == reason), "{reason} does not come up");
    }
    for (path, error, hidden) in &refused {
        let hidden: Vec<&[u8]> = hidden.iter().map(Vec::as_slice).collect();
        assert_debug_hides(error, &hidden);
        assert_hides(&error.to_string(), &hidden);
        assert!(!error.reason().contains(char::is_whitespace), "{path}");
    }
}

#[test]
fn a_mismatch_does_not_hold_the_right_signature() {
    let tampered = payload("slack/tampered");
    let timestamp = tampered.request.get("x-slack-request-timestamp").unwrap();
    let right = forge::hmac_sha256(keys::SLACK.as_bytes(), &[b"v0:", timestamp, b":", &tampered.request.body]);
    let error = tampered.judge().error();
    assert_debug_hides(&error, &[&right, forge::hex(&right).as_bytes()]);
    assert_hides(&error.to_string(), &[&right, forge::hex(&right).as_bytes()]);
    assert_eq!(size_of_val(&Error::Mismatch), size_of::<Error>(), "and has no place for it");
}

#[test]
fn a_secret_that_is_refused_is_not_shown() {
    let marker = MARKER.as_bytes();
    let errors: Vec<ConfigError> = [
        StandardWebhooks::verifier(format!("whsec_{MARKER}")).err(),
        StandardWebhooks::verifier(Secrets::of(Role::PublicKey, format!("whpk_{MARKER}"))).err(),
        Discord::verifier(MARKER).err(),
        Slack::verifier(Secrets::new(MARKER).with(Role::Token, MARKER)).err(),
        Slack::verifier((0..9).fold(Secrets::new(MARKER), |all, _| all.and_previous(MARKER))).err(),
        Feishu::verifier(Secrets::new("").with(Role::VerificationToken, MARKER)).err(),
    ]
    .into_iter()
    .map(|error| error.expect("each of these is refused"))
    .collect();
    for error in errors {
        assert_debug_hides(&error, &[marker]);
        assert_hides(&error.to_string(), &[marker]);
    }
    let warned = Slack::verifier(" short ").unwrap();
    assert_eq!(warned.warnings().len(), 2);
    for warning in warned.warnings() {
        assert_hides(&format!("{warning} {warning:?}"), &[b" short "]);
    }
}
