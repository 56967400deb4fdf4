//! Challenges: answered with fixed JSON, small, without any effect, and only to who proves to be the platform.

use imchat_tests::{Outcome, Request, SIGNED_AT, at, forge, keys, payload};
use imchat_verify::providers::{Feishu, FeishuCardLegacy, feishu_seal};
use imchat_verify::scheme::{Handshake, Hash, Source, When};
use imchat_verify::{Error, Head, Reply, Role, Scheme, Secrets, Signature, Unsigned, Verdict, Verifier};

use super::{feishu, judge, slack};

const NOW: &str = "1700000000";

fn reply(outcome: Outcome) -> Reply {
    match outcome {
        Outcome::Handshake(reply) => reply,
        other => panic!("expected an answer: {other:?}"),
    }
}

fn challenge(text: &str) -> Vec<u8> {
    format!(r#"{{"token":"{}","challenge":"{text}","type":"url_verification"}}"#, keys::FEISHU_TOKEN).into_bytes()
}

fn sealed(body: &[u8]) -> Request {
    Request::post(feishu_seal(keys::FEISHU_ENCRYPT.as_bytes(), body, [7; 16]))
}

#[test]
fn the_echo_is_fixed_json_whatever_the_challenge_says() {
    for text in [
        "plain",
        "<script>alert(1)</script>",
        r#"\",\"admin\":true,\"x\":\""#,
        r"\u0022,\u0022admin\u0022:true",
        r"\\",
        r"\ud83d\ude00 and \u0000",
        "",
        "snow ☃",
    ] {
        let reply = reply(judge(&slack(), &forge::slack(NOW, &challenge(text))));
        assert_eq!((reply.status, reply.content_type), (200, "application/json"));
        let json: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        let members = json.as_object().unwrap();
        assert_eq!(members.len(), 1, "{text}: {json}");
        let expected: serde_json::Value = serde_json::from_str(&format!("\"{text}\"")).unwrap();
        assert_eq!(members["challenge"], expected);
    }
}

#[test]
fn a_challenge_that_is_no_text_is_no_handshake() {
    for value in ["1", "null", "true", "{}", "[]", r#"{"challenge":"x"}"#] {
        let body = format!(r#"{{"challenge":{value},"type":"url_verification"}}"#);
        assert!(matches!(judge(&slack(), &forge::slack(NOW, body.as_bytes())), Outcome::Event(_)), "{value}");
    }
    for body in [
        r#"{"type":"url_verification"}"#,
        r#"{"challenge":"a","challenge":"b","type":"url_verification"}"#,
        r#"{"challenge":"a","type":"url_verification","type":"url_verification"}"#,
        r#"{"challenge":"a","type":"event_callback","x":"url_verification"}"#,
        r#"{"challenge":"a","event":{"type":"url_verification"}}"#,
        r#"["url_verification"]"#,
    ] {
        assert!(matches!(judge(&slack(), &forge::slack(NOW, body.as_bytes())), Outcome::Event(_)), "{body}");
    }
}

#[test]
fn the_old_card_callback_is_set_up_unsigned_by_who_knows_the_token() {
    let verifier = FeishuCardLegacy::verifier(keys::FEISHU_TOKEN).unwrap();
    let came = |body: &[u8]| match verifier.verify(Head::post(&[("a", "b")]), body, at(SIGNED_AT)) {
        Ok(Verdict::Handshake(reply)) => Some(reply.body.to_vec()),
        Ok(Verdict::Event(_)) => panic!("nothing unsigned is an event"),
        Err(error) => {
            assert!(matches!(error, Error::Missing(_)), "{error}");
            None
        }
    };
    assert_eq!(came(&challenge("c1")).unwrap(), br#"{"challenge":"c1"}"#);
    let right = String::from_utf8(challenge("c1")).unwrap();
    for (old, new) in [
        (keys::FEISHU_TOKEN, "another"),
        (r#""token""#, r#""tokens""#),
        ("url_verification", "card"),
        ("{", r#"{"token":"another","#),
    ] {
        let changed = right.replacen(old, new, 1);
        assert_ne!(changed, right);
        assert_eq!(came(changed.as_bytes()), None, "{changed}");
    }
}

#[test]
fn an_echo_is_at_most_one_kib() {
    let fits = |text: &str| matches!(judge(&slack(), &forge::slack(NOW, &challenge(text))), Outcome::Handshake(_));
    let room = 1024 - challenge("").len();
    assert!(fits(&"x".repeat(room)));
    assert!(!fits(&"x".repeat(room + 1)));
    let largest = reply(judge(&slack(), &forge::slack(NOW, &challenge(&"x".repeat(room)))));
    assert!(largest.body.len() <= 1024);
}

#[test]
fn a_challenge_is_answered_the_same_each_time() {
    let request = payload("slack/url_verification").request;
    let verifier = slack();
    assert_eq!(judge(&verifier, &request), judge(&verifier, &request));
}

#[test]
fn a_forged_challenge_is_refused_where_the_platform_signs_it() {
    let genuine = payload("slack/url_verification").request;
    let other = String::from_utf8(genuine.body.clone()).unwrap().replace("ImchatTest", "AttackTest");
    assert_eq!(judge(&slack(), &genuine.clone().carrying(other)).error(), Error::Mismatch);
    let bare = Request::post(genuine.body.clone());
    assert!(matches!(judge(&slack(), &bare).error(), Error::Missing(_)));
    let discord = payload("discord/ping");
    let unsigned = Request::post(discord.request.body.clone());
    assert!(matches!(judge(&discord.verifier(), &unsigned).error(), Error::Missing(_)));
}

#[test]
fn feishus_encrypted_challenge_is_answered_though_nobody_signs_it() {
    let reply = reply(judge(&feishu(), &sealed(&challenge("c-1"))));
    assert_eq!(&*reply.body, br#"{"challenge":"c-1"}"#);
}

#[test]
fn feishus_plain_challenge_is_refused_where_an_encrypt_key_is_set() {
    let plain = Request::post(challenge("c-1"));
    assert!(matches!(judge(&feishu(), &plain).error(), Error::Missing(_)));
    let token_only = Feishu::verifier(Secrets::of(Role::VerificationToken, keys::FEISHU_TOKEN)).unwrap();
    assert!(matches!(judge(&token_only, &plain), Outcome::Handshake(_)), "it is one without an encrypt key");
}

#[test]
fn feishus_challenge_with_another_token_is_refused() {
    let wrong = String::from_utf8(challenge("c-1")).unwrap().replace(keys::FEISHU_TOKEN, "another token");
    assert!(!judge(&feishu(), &sealed(wrong.as_bytes())).is_accepted());
    let without = br#"{"challenge":"c-1","type":"url_verification"}"#;
    assert!(!judge(&feishu(), &sealed(without)).is_accepted());
    let both = format!(
        r#"{{"token":"{0}","header":{{"token":"wrong"}},"challenge":"c-1","type":"url_verification"}}"#,
        keys::FEISHU_TOKEN
    );
    assert!(!judge(&feishu(), &sealed(both.as_bytes())).is_accepted(), "two tokens, one of them wrong");
    let signed = forge::feishu(NOW, "1", wrong.as_bytes());
    assert_eq!(judge(&feishu(), &signed).error(), Error::WrongToken, "a right signature does not replace the token");
}

#[test]
fn an_unsigned_body_of_feishu_is_a_challenge_or_nothing() {
    for body in [
        format!(r#"{{"token":"{}","type":"event_callback","uuid":"1"}}"#, keys::FEISHU_TOKEN),
        format!(r#"{{"header":{{"token":"{}","event_id":"1"}},"event":{{}}}}"#, keys::FEISHU_TOKEN),
        "{}".to_owned(),
        "null".to_owned(),
        String::new(),
    ] {
        assert!(!judge(&feishu(), &sealed(body.as_bytes())).is_accepted(), "{body}");
        assert!(!judge(&feishu(), &Request::post(body.as_bytes())).is_accepted(), "{body}");
    }
}

#[test]
fn an_unsigned_body_over_four_kib_is_refused_unread() {
    let padded = |room: usize| {
        let request = sealed(&challenge("c-1"));
        let mut body = request.body.clone();
        body.resize(room, b' ');
        request.carrying(body)
    };
    assert!(matches!(judge(&feishu(), &padded(4096)), Outcome::Handshake(_)));
    assert!(matches!(judge(&feishu(), &padded(4097)).error(), Error::Missing(_)));
}

#[test]
fn every_failure_of_an_unsigned_challenge_is_the_same_error() {
    let mut flipped = sealed(&challenge("c-1"));
    let last = flipped.body.len() - 3;
    flipped.body[last] ^= 1;
    let wrong_key = Request::post(feishu_seal(b"another key", &challenge("c-1"), [7; 16]));
    let wrong_token = sealed(br#"{"token":"wrong","challenge":"c-1","type":"url_verification"}"#);
    let no_json = sealed(b"not json");
    let no_base64 = Request::post(r#"{"encrypt":"***"}"#);
    let short = Request::post(r#"{"encrypt":"AAAA"}"#);
    let expected = judge(&feishu(), &Request::post("")).error();
    for request in [flipped, wrong_key, wrong_token, no_json, no_base64, short] {
        assert_eq!(judge(&feishu(), &request).error(), expected, "an oracle tells them apart");
    }
}

#[test]
fn an_encrypted_challenge_is_answered_under_either_key_of_a_rotation() {
    let secrets = Secrets::new("the next encrypt key").and_previous(keys::FEISHU_ENCRYPT);
    let verifier = Feishu::verifier(secrets).unwrap();
    // Under the wrong key one in 256 decrypts to something, with a padding that fits by chance.
    for nth in 0..2000_u16 {
        let [high, low] = nth.to_be_bytes();
        let mut iv = [7; 16];
        (iv[14], iv[15]) = (high, low);
        let request = Request::post(feishu_seal(keys::FEISHU_ENCRYPT.as_bytes(), &challenge("c-1"), iv));
        assert!(matches!(judge(&verifier, &request), Outcome::Handshake(_)), "number {nth}");
    }
}

#[test]
fn a_signed_event_that_calls_itself_a_challenge_is_an_event() {
    let body = format!(
        r#"{{"header":{{"event_id":"e-1","token":"{}"}},"challenge":"c-1","type":"url_verification"}}"#,
        keys::FEISHU_TOKEN
    );
    let event = judge(&feishu(), &forge::feishu(NOW, "1", body.as_bytes())).event();
    assert_eq!(event.who.event_id.map(imchat_verify::Provenance::into_inner).as_deref(), Some("e-1"));
    assert!(matches!(judge(&feishu(), &forge::feishu(NOW, "1", &challenge("c-1"))), Outcome::Handshake(_)));
}

#[test]
fn a_stale_challenge_is_refused_where_it_is_signed() {
    let request = payload("slack/url_verification").request;
    let late = imchat_tests::outcome(&slack(), &request, at(SIGNED_AT + 301));
    assert!(matches!(late.error(), Error::Stale { .. }));
}

/// A scheme that says in a header, and in the body, that it only asks.
const PINGS: Scheme = Scheme::hmac("pings", Hash::Sha256, Signature::hex("x-signature"))
    .handshake(Handshake::fixed("zen", &[When::Is(Source::Header("x-event"), "ping")], || Reply::EMPTY))
    .handshake(Handshake::fixed(
        "hook",
        &[When::Is(Source::Header("x-event"), "hook"), When::Present(Source::Json("/hook"))],
        || Reply::NO_CONTENT,
    ))
    .build();

#[test]
fn a_handshake_that_a_header_tells_is_found_whatever_the_body_is_written_in() {
    let verifier = Verifier::of(&PINGS, keys::SLACK).unwrap();
    let send = |event: &str, body: &str| {
        let tag = forge::hex(&forge::hmac_sha256(keys::SLACK.as_bytes(), &[body.as_bytes()]));
        judge(&verifier, &Request::post(body).and("x-event", event).and("x-signature", tag))
    };
    for body in [r#"{"zen":"keep it logically awesome"}"#, "zen=keep+it", "zen"] {
        assert_eq!(reply(send("ping", body)).status, 200, "{body}");
        assert!(matches!(send("push", body), Outcome::Event(_)), "{body}");
    }
    assert_eq!(reply(send("hook", r#"{"hook":1}"#)).status, 204);
    assert!(matches!(send("hook", "hook=1"), Outcome::Event(_)));
}

fn greeted(unsigned: &Unsigned<'_>) -> Option<Reply> {
    let known = unsigned.query("token").is_some_and(|token| unsigned.is_token(&token));
    (known && unsigned.method() == "POST" && unsigned.body() == b"hello").then(|| Reply::json("{}"))
}

#[test]
fn a_schemes_own_answer_sees_method_and_body_and_a_token_that_is_given_twice() {
    const SCHEME: Scheme = Scheme::hmac("greeted", Hash::Sha256, Signature::hex("x-signature"))
        .also_token(Role::VerificationToken, &[])
        .unsigned_handshake(greeted)
        .build();
    let twice = Secrets::new(keys::SLACK)
        .with(Role::VerificationToken, keys::FEISHU_TOKEN)
        .with(Role::VerificationToken, keys::FEISHU_TOKEN);
    let verifier = Verifier::of(&SCHEME, twice).unwrap();
    let headers: [(&str, &str); 0] = [];
    let answered = |method: &str, token: &str, body: &[u8]| {
        let url = format!("https://example.com/?token={token}");
        let head = Head::new(method, &url, &headers);
        matches!(verifier.verify(head, body, at(SIGNED_AT)), Ok(Verdict::Handshake(_)))
    };
    assert!(answered("POST", keys::FEISHU_TOKEN, b"hello"));
    assert!(!answered("POST", keys::FEISHU_TOKEN, b"hullo") && !answered("PUT", keys::FEISHU_TOKEN, b"hello"));
    assert!(!answered("POST", "another", b"hello"));
}
