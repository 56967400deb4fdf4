//! The envelope of WeCom, WeChat and DingTalk: what goes back, what a relay can turn it into, and what a refusal tells.

use imchat_tests::{Outcome, Request, SIGNED_AT, at, outcome};
use imchat_verify::providers::{DINGTALK, DingTalk, WECOM, WeCom, dingtalk_seal, wecom_seal};
use imchat_verify::sign::{SignError, SignRequest, Signer};
use imchat_verify::{ConfigError, Error, Head, Receipt, Reply, Role, Scheme, Secrets, Verdict, Verifier};
use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};
use serde_json::Value;

const TOKEN: &str = "imchat-test-envelope-token";
const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
const NEWER: &str = "Yue0EfdN5900c1ce5cf6A152c63DDe1808a60c5ecd7";
const RECEIVER: &str = "wx5823bf96d3bd56c7";
const EVENT: &str = r#"{"EventType":"user_add_org","CorpId":"ding1"}"#;
const RANDOM: [u8; 16] = *b"0123456789abcdef";

fn secrets() -> Secrets {
    Secrets::of(Role::Token, TOKEN).with(Role::EncodingAesKey, KEY).with(Role::ReceiveId, RECEIVER)
}

fn signed(scheme: &'static Scheme, body: &str) -> Request {
    let request = SignRequest::post(body.as_bytes(), at(SIGNED_AT)).id("WL4PK6yA");
    let query = Signer::of(scheme, secrets()).unwrap().query(request).unwrap();
    let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Request { url: Some(format!("/hook?{}", query.join("&"))), ..Request::post(body) }
}

fn event() -> Request {
    signed(&DINGTALK, &dingtalk_seal(KEY, RECEIVER, EVENT.as_bytes(), RANDOM).unwrap())
}

fn dingtalk() -> Verifier<DingTalk> {
    DingTalk::verifier(secrets()).unwrap()
}

fn wecom(request: &Request) -> Outcome {
    outcome(&WeCom::verifier(secrets()).unwrap(), request, at(SIGNED_AT))
}

fn receipt(verifier: &Verifier<DingTalk>, request: &Request) -> Receipt<DingTalk> {
    match verifier.verify(request.head(), &request.body, at(SIGNED_AT)).unwrap() {
        Verdict::Event(proved) => proved.receipt(),
        Verdict::Handshake(reply) => panic!("{reply:?}"),
    }
}

/// What stands in an answer, opened as DingTalk would open it.
fn opened(reply: &Reply) -> Vec<u8> {
    let answer: Value = serde_json::from_slice(&reply.body).unwrap();
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    let (signature, time, nonce) = (text("msg_signature"), text("timeStamp"), text("nonce"));
    let url = format!("/?msg_signature={signature}&timestamp={time}&nonce={nonce}");
    let body = format!(r#"{{"encrypt":"{}"}}"#, text("encrypt"));
    let request = Request { url: Some(url), ..Request::post(body) };
    outcome(&dingtalk(), &request, at(SIGNED_AT)).event().body
}

#[test]
fn dingtalk_reads_success_in_an_envelope_of_the_answer_s_own() {
    let verifier = dingtalk();
    let reply = receipt(&verifier, &event()).accepted_reply();
    assert_eq!((reply.status, reply.content_type), (200, "application/json"));
    assert_eq!(opened(&reply), b"success");
    let again = receipt(&verifier, &event()).accepted_reply();
    assert_eq!(again, reply, "a duplicate is told the same");
    let other = signed(&DINGTALK, &dingtalk_seal(KEY, RECEIVER, b"{}", RANDOM).unwrap());
    assert_ne!(receipt(&verifier, &other).accepted_reply(), reply, "nothing of an envelope is used twice");
}

#[test]
fn dingtalk_s_question_whether_the_endpoint_is_alive_is_answered_alike() {
    let ask = br#"{"EventType":"check_url"}"#;
    let request = signed(&DINGTALK, &dingtalk_seal(KEY, RECEIVER, ask, RANDOM).unwrap());
    let Outcome::Handshake(reply) = outcome(&dingtalk(), &request, at(SIGNED_AT)) else { panic!("no handshake") };
    assert_eq!(opened(&reply), b"success");
}

#[test]
fn an_answer_is_sealed_under_the_key_and_for_the_receiver_that_opened_its_event() {
    let newer = Secrets::of(Role::Token, TOKEN).with(Role::EncodingAesKey, NEWER).with(Role::ReceiveId, "suite");
    let rotating = newer.with(Role::EncodingAesKey, KEY).with(Role::ReceiveId, RECEIVER);
    let reply = receipt(&DingTalk::verifier(rotating).unwrap(), &event()).accepted_reply();
    assert_eq!(opened(&reply), b"success");
}

#[test]
fn a_retry_that_is_encrypted_afresh_is_the_same_delivery() {
    let verifier = dingtalk();
    let afresh = signed(&DINGTALK, &dingtalk_seal(KEY, RECEIVER, EVENT.as_bytes(), [7; 16]).unwrap());
    assert_ne!(afresh.body, event().body);
    let key = |request: &Request| receipt(&verifier, request).identity().dedup_key;
    assert_eq!(key(&afresh), key(&event()));
}

#[test]
fn a_message_that_is_captured_is_not_read_out_as_a_challenge() {
    let plain = "<xml><MsgId>1</MsgId></xml>";
    let sealed = wecom_seal(KEY, RECEIVER, plain.as_bytes(), RANDOM).unwrap();
    let captured = signed(&WECOM, &sealed);
    assert_eq!(wecom(&captured).event().body, plain.as_bytes());
    let text = sealed.split("CDATA[").nth(1).unwrap().split(']').next().unwrap().replace('+', "%2B");
    let url = format!("{}&echostr={text}", captured.url.clone().unwrap());
    let asked = Request { method: "GET".to_owned(), url: Some(url), ..Request::post("") };
    assert!(matches!(wecom(&asked).error(), Error::Malformed(..)));
}

#[test]
fn every_failure_to_open_is_the_same_error() {
    let mut errors = Vec::new();
    for (key, receiver) in [(KEY, "another"), (KEY, ""), (NEWER, RECEIVER)] {
        errors.push(wecom(&signed(&WECOM, &wecom_seal(key, receiver, b"<xml/>", RANDOM).unwrap())).error());
    }
    for text in ["AAAA", "AAAAA", "====", &"A".repeat(43), &"A".repeat(44), &"A".repeat(64), "+///"] {
        errors.push(wecom(&signed(&WECOM, &format!("<xml><Encrypt>{text}</Encrypt></xml>"))).error());
    }
    assert_eq!(errors, vec![Error::Undecryptable; errors.len()]);
}

#[test]
fn of_several_keys_and_receivers_each_opens_its_own() {
    let both = secrets().with(Role::EncodingAesKey, NEWER).with(Role::ReceiveId, "suite");
    let verifier = WeCom::verifier(both).unwrap();
    for (key, receiver) in [(KEY, RECEIVER), (NEWER, RECEIVER), (KEY, "suite"), (NEWER, "suite")] {
        let request = signed(&WECOM, &wecom_seal(key, receiver, b"<xml/>", RANDOM).unwrap());
        assert!(outcome(&verifier, &request, at(SIGNED_AT)).is_accepted(), "{receiver}");
    }
}

#[test]
fn what_the_envelope_takes_is_missed_when_the_verifier_is_built() {
    let missing = |secrets: Secrets| WeCom::verifier(secrets).unwrap_err();
    let token = || Secrets::of(Role::Token, TOKEN);
    assert!(matches!(missing(token()), ConfigError::MissingRole { role: Role::EncodingAesKey, .. }));
    let key = |key: &str| missing(token().with(Role::EncodingAesKey, key).with(Role::ReceiveId, ""));
    assert!(matches!(
        missing(token().with(Role::EncodingAesKey, KEY)),
        ConfigError::MissingRole { role: Role::ReceiveId, .. }
    ));
    for wrong in [&KEY[..42], "", &format!("{KEY}="), &format!(" {}", &KEY[1..]), &format!("{}-", &KEY[1..])] {
        let error = key(wrong);
        assert!(matches!(error, ConfigError::BadSecret { role: Role::EncodingAesKey, index: 0, .. }), "{wrong}");
        assert!(error.to_string().contains("43 letters and digits"), "{error}");
        assert!(wrong.is_empty() || !error.to_string().contains(wrong), "{error}");
    }
}

#[test]
fn a_nonce_that_could_hide_a_border_is_refused() {
    for nonce in [&"1".repeat(65), "1+1", "1%2B", "1/", "1=", "", "1.2"] {
        let mut request = event();
        request.url = request.url.map(|url| url.replace("nonce=WL4PK6yA", &format!("nonce={nonce}")));
        let error = outcome(&dingtalk(), &request, at(SIGNED_AT)).error();
        assert!(matches!(error, Error::Malformed(..) | Error::Missing(_)), "{nonce}: {error:?}");
    }
}

#[test]
fn a_time_has_the_digits_of_our_age_also_where_no_window_looks_at_it() {
    let verifier = dingtalk().window(None);
    for time in ["1", "0", "01700000000000", "17000000000000", "170000000000"] {
        let mut request = event();
        request.url = request.url.map(|url| url.replace("timestamp=1700000000000", &format!("timestamp={time}")));
        assert!(matches!(outcome(&verifier, &request, at(SIGNED_AT)).error(), Error::Malformed(..)), "{time}");
    }
}

#[test]
fn a_signer_says_that_the_proof_is_no_header() {
    let signer = Signer::of(&WECOM, secrets()).unwrap();
    let body = wecom_seal(KEY, RECEIVER, b"<xml/>", RANDOM).unwrap();
    let request = SignRequest::post(body.as_bytes(), at(SIGNED_AT));
    assert_eq!(signer.sign(request).unwrap_err(), SignError::InQuery("wecom"));
    let no_envelope = signer.query(SignRequest::post(b"<xml/>", at(SIGNED_AT))).unwrap_err();
    assert!(matches!(no_envelope, SignError::Incomplete(_)), "{no_envelope}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_body_and_no_query_makes_the_engine_panic(body in any::<Vec<u8>>(), query in any::<String>()) {
        let headers: [(&str, &str); 0] = [];
        for method in ["GET", "POST"] {
            let url = format!("/?{query}");
            let verdict = dingtalk().verify(Head::new(method, &url, &headers), &body, at(SIGNED_AT)).is_ok();
            prop_assert!(!verdict);
        }
    }

    #[test]
    fn no_plain_text_under_the_right_key_makes_the_engine_panic(plain in any::<Vec<u8>>(), random in any::<[u8; 16]>()) {
        let sealed = wecom_seal(KEY, RECEIVER, &plain, random).unwrap();
        let event = wecom(&signed(&WECOM, &sealed)).event();
        prop_assert!(event.body == plain);
    }
}
