//! Bytes that mean one thing to the prover and another to the reader: re-encoded bodies, moved borders, headers of a
//! proxy, hints of a retry.

use imchat_tests::{Outcome, Request, SIGNED_AT, Subject, at, forge, keys, outcome, payload, payloads};
use imchat_verify::providers::{DISCORD, Discord};
use imchat_verify::scheme::{Hash, Key, Part, Source, Unit};
use imchat_verify::sign::{SignRequest, Signer};
use imchat_verify::{Error, Head, Scheme, Signature, Verdict, Verifier, Window};

use super::{feishu, github, judge, slack, standard, stripe};

const NOW: &str = "1700000000";

#[test]
fn a_re_encoded_body_gets_no_second_chance() {
    let json = br#"{"b":1,"a":"caf\u00e9 <x> \/"}"#;
    let request = forge::slack(NOW, json);
    let value: serde_json::Value = serde_json::from_slice(json).unwrap();
    for body in [
        serde_json::to_vec(&value).unwrap(),
        serde_json::to_vec_pretty(&value).unwrap(),
        String::from_utf8_lossy(json).replace("\\/", "/").into_bytes(),
        String::from_utf8_lossy(json).replace("\\u00e9", "\\u00E9").into_bytes(),
    ] {
        assert_eq!(judge(&slack(), &request.clone().carrying(body)).error(), Error::Mismatch);
    }
    let form = b"text=a+b&x=%2f";
    for body in [&b"text=a%20b&x=%2f"[..], b"text=a+b&x=%2F", b"x=%2f&text=a+b", b"text=a b&x=/"] {
        assert_eq!(judge(&slack(), &forge::slack(NOW, form).carrying(body)).error(), Error::Mismatch);
    }
    let latin = b"caf\xE9";
    let request = forge::github("d1", latin);
    assert_eq!(judge(&github(), &request).event().body, latin);
    let lossy = String::from_utf8_lossy(latin).into_owned();
    assert_eq!(judge(&github(), &request.carrying(lossy)).error(), Error::Mismatch);
}

#[test]
fn the_bytes_that_were_proved_are_the_bytes_handed_on() {
    for payload in payloads() {
        let subject = &payload.subject;
        let verifier = subject.verifier();
        let verdict = verifier.verify(subject.request.head(), &subject.request.body, subject.now);
        if let Ok(Verdict::Event(proved)) = verdict {
            assert!(core::ptr::eq(proved.wire(), subject.request.body.as_slice()), "{}", payload.path);
        }
    }
}

#[test]
fn digits_do_not_move_between_time_and_body() {
    let signer = Signer::of(&DISCORD, keys::DISCORD_SEED).unwrap();
    let body = b"1234567890";
    let request = Request::post(body).and_all(signer.sign(SignRequest::post(body, at(SIGNED_AT))).unwrap());
    let whole = [NOW.as_bytes(), body].concat();
    let verifier = Discord::verifier(keys::DISCORD_PUBLIC).unwrap();
    let unwindowed = Discord::verifier(keys::DISCORD_PUBLIC).unwrap().window(None);
    assert!(judge(&verifier, &request).is_accepted() && judge(&unwindowed, &request).is_accepted());
    for border in (1..whole.len()).filter(|border| *border != NOW.len()) {
        let (time, body) = whole.split_at(border);
        let moved = request.clone().with("x-signature-timestamp", time).carrying(body);
        assert!(!judge(&verifier, &moved).is_accepted(), "border at {border}");
        assert!(!judge(&unwindowed, &moved).is_accepted(), "border at {border}, without a window");
    }
}

#[test]
fn the_border_between_id_and_time_does_not_move() {
    let unwindowed = standard().window(None);
    let request = forge::standard("msg", "1700000000", b"1.{}");
    assert!(judge(&unwindowed, &request).is_accepted());
    for (id, time, body) in [("msg.1700000000", "1", "{}"), ("msg", "1700000000.1", "{}")] {
        let moved = request.clone().with("webhook-id", id).with("webhook-timestamp", time).carrying(body);
        for verifier in [&unwindowed, &standard()] {
            assert!(matches!(judge(verifier, &moved).error(), Error::Malformed(..)), "{id} {time}");
        }
    }
    let moved = forge::stripe("1700000000", b"1.{}").carrying("{}");
    let tag = String::from_utf8(moved.get("stripe-signature").unwrap().to_vec()).unwrap();
    let moved = moved.with("stripe-signature", tag.replace("t=1700000000", "t=1700000000.1"));
    assert!(!judge(&stripe().window(None), &moved).is_accepted());
    let moved = forge::slack("1700000000", b"1:{}").with("x-slack-request-timestamp", "1700000000:1").carrying("{}");
    assert!(!judge(&slack().window(None), &moved).is_accepted());
}

/// A scheme whose time and id touch.
const TOUCHING: Scheme = Scheme::hmac("touching", Hash::Sha256, Signature::hex("x-signature"))
    .timestamp(Source::Header("x-time"), Unit::Seconds, Window::FIVE_MINUTES)
    .message(&[Part::Timestamp, Part::From(Source::Header("x-id")), Part::Lit("."), Part::Body])
    .key(Key::Id(&[Source::Header("x-id")]))
    .build();

#[test]
fn digits_do_not_move_between_time_and_id() {
    let tag = forge::hex(&forge::hmac_sha256(keys::SLACK.as_bytes(), &[NOW.as_bytes(), b"77.{}"]));
    let request = Request::post("{}").and("x-time", NOW).and("x-id", "77").and("x-signature", tag);
    let windowed = Verifier::of(&TOUCHING, keys::SLACK).unwrap();
    let unwindowed = Verifier::of(&TOUCHING, keys::SLACK).unwrap().window(None);
    let whole = [NOW, "77"].concat();
    for verifier in [&windowed, &unwindowed] {
        assert!(judge(verifier, &request).is_accepted());
        for border in (1..whole.len()).filter(|border| *border != NOW.len()) {
            let (time, id) = whole.split_at(border);
            let moved = request.clone().with("x-time", time).with("x-id", id);
            assert!(!judge(verifier, &moved).is_accepted(), "a replay under the id {id}");
        }
    }
}

/// A scheme whose id stands behind the body.
const TRAILING: Scheme = Scheme::hmac("trailing", Hash::Sha256, Signature::hex("x-signature"))
    .timestamp(Source::Header("x-time"), Unit::Seconds, Window::FIVE_MINUTES)
    .message(&[Part::Timestamp, Part::Lit("."), Part::Body, Part::Lit("::"), Part::From(Source::Header("x-id"))])
    .key(Key::Id(&[Source::Header("x-id")]))
    .build();

#[test]
fn the_border_behind_the_body_does_not_move_either() {
    let verifier = Verifier::of(&TRAILING, keys::SLACK).unwrap();
    let sign = |body: &[u8], id: &str| {
        let message: [&[u8]; 5] = [NOW.as_bytes(), b".", body, b"::", id.as_bytes()];
        let tag = forge::hex(&forge::hmac_sha256(keys::SLACK.as_bytes(), &message));
        Request::post(body).and("x-time", NOW).and("x-id", id).and("x-signature", tag)
    };
    let request = sign(b"{}::a", "b");
    assert!(judge(&verifier, &request).is_accepted());
    assert!(judge(&verifier, &sign(b"{}", "msg_1.a")).is_accepted(), "what no border is made of may stand in an id");
    let moved = request.carrying("{}").with("x-id", "a::b");
    assert!(matches!(judge(&verifier, &moved).error(), Error::Malformed(..)), "{:?}", judge(&verifier, &moved));
}

#[test]
fn headers_of_two_families_are_never_mixed() {
    let svix = payload("standard_webhooks/svix");
    for name in ["id", "timestamp", "signature"] {
        let (from, to) = (format!("svix-{name}"), format!("webhook-{name}"));
        let value = svix.request.get(&from).unwrap().to_vec();
        let mixed = svix.request.clone().without(&from).and(to.clone(), value.clone());
        assert!(matches!(judge(&svix.verifier(), &mixed).error(), Error::Missing(_)), "{to}");
        let beside = Subject { request: svix.request.clone().and(to, "forged"), ..svix.clone() };
        assert_eq!(beside.judge(), svix.judge(), "the second family is not read");
        let first = payload("standard_webhooks/v1").request.and(from, "forged");
        let verifier = Verifier::of(&imchat_verify::providers::SVIX, keys::STANDARD).unwrap();
        assert!(!judge(&verifier, &first).is_accepted(), "half of the first family hides the second");
    }
}

const OF_URL: Scheme = Scheme::hmac("of-url", Hash::Sha256, Signature::hex("x-signature"))
    .message(&[Part::Url, Part::Lit("\n"), Part::Body])
    .build();

#[test]
fn forwarded_headers_prove_nothing() {
    let verifier = Verifier::of(&OF_URL, keys::SLACK).unwrap();
    let url = "https://bot.example.com/hook?x=1";
    let tag = forge::hex(&forge::hmac_sha256(keys::SLACK.as_bytes(), &[url.as_bytes(), b"\n{}"]));
    let mut request = Request::post("{}").and("x-signature", tag);
    request.url = Some(url.to_owned());
    assert!(judge(&verifier, &request).is_accepted());
    let forwarded = [
        ("X-Forwarded-Host", "evil.example.com"),
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Prefix", "/other"),
        ("X-Original-URL", "https://evil.example.com/"),
        ("X-Rewrite-URL", "/other"),
        ("Forwarded", "host=evil.example.com;proto=http"),
        ("Host", "evil.example.com"),
    ];
    for (name, value) in forwarded {
        assert!(judge(&verifier, &request.clone().with(name, value)).is_accepted(), "{name} is not asked");
    }
    let all = forwarded.iter().fold(request.clone(), |all, (name, value)| all.with(name, *value));
    let elsewhere = Head::new("POST", "https://evil.example.com/hook?x=1", &all.headers);
    assert!(verifier.verify(elsewhere, b"{}", at(SIGNED_AT)).is_err(), "the configured URL decides");
    let nowhere = Head::post(&all.headers);
    assert!(verifier.verify(nowhere, b"{}", at(SIGNED_AT)).is_err(), "and there must be one");
}

#[test]
fn a_sender_is_not_believed_for_where_it_comes_from() {
    let unsigned = Request::post("{}")
        .and("X-Forwarded-For", "127.0.0.1")
        .and("X-Real-IP", "127.0.0.1")
        .and("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
        .and("X-Slack-Verified", "true");
    assert!(matches!(judge(&slack(), &unsigned).error(), Error::Missing(_)));
}

#[test]
fn retry_headers_are_telemetry() {
    let first = payload("slack/app_mention");
    for (num, reason) in [("1", "http_timeout"), ("0", ""), ("-1", "x"), ("99999999999999999999", "http_error")] {
        let retried = first.request.clone().and("X-Slack-Retry-Num", num).and("X-Slack-Retry-Reason", reason);
        assert_eq!(outcome(&slack(), &retried, first.now), first.judge(), "{num} {reason}");
        let twice = retried.and("X-Slack-Retry-Num", "2");
        assert_eq!(outcome(&slack(), &twice, first.now), first.judge());
    }
}

#[test]
fn the_content_type_decides_nothing() {
    for path in ["slack/app_mention", "slack/slash_command", "github/push", "github/issues_form"] {
        let subject = payload(path);
        for other in ["text/plain", "application/json", "application/x-www-form-urlencoded", "\u{0}", ""] {
            let request = subject.request.clone().with("content-type", other);
            assert_eq!(outcome(&subject.verifier(), &request, subject.now), subject.judge(), "{path} as {other:?}");
        }
    }
}

#[test]
fn an_unsigned_ssl_check_is_refused_whatever_else_it_carries() {
    for body in ["ssl_check=1", "ssl_check=1&token=x", "ssl_check=1&payload=%7B%7D", "command=%2Fx&ssl_check=1"] {
        assert!(matches!(judge(&slack(), &Request::post(body)).error(), Error::Missing(_)), "{body}");
        let forged = forge::slack(NOW, b"other").carrying(body);
        assert_eq!(judge(&slack(), &forged).error(), Error::Mismatch, "{body}");
    }
}

#[test]
fn an_ssl_check_that_carries_work_is_work() {
    let check = judge(&slack(), &forge::slack(NOW, b"ssl_check=1&token=x"));
    assert!(matches!(check, Outcome::Handshake(reply) if reply.status == 200 && reply.body.is_empty()));
    for body in [
        "ssl_check=1&command=%2Fdeploy",
        "command=%2Fdeploy&ssl_check=1",
        "ssl_check=1&payload=%7B%22type%22%3A%22block_actions%22%7D",
        "ssl_check=1&%63ommand=%2Fdeploy",
        "ssl_check=1&command",
        // A field that cannot be read is there all the same.
        "ssl_check=1&command=%2Fa&command=%2Fb",
        "ssl_check=1&command=%ff",
        "ssl_check=1&payload=%7B%7D&payload=%7B%7D",
        "ssl_check=1&ssl_check=1",
        "ssl_check=0",
        r#"{"ssl_check":"1"}"#,
    ] {
        assert!(matches!(judge(&slack(), &forge::slack(NOW, body.as_bytes())), Outcome::Event(_)), "{body}");
    }
}

#[test]
fn a_body_of_feishu_is_opened_only_after_its_proof() {
    let garbage = br#"{"encrypt":"AAAA"}"#;
    let forged = forge::feishu(NOW, "1", b"{}").carrying(garbage);
    assert_eq!(judge(&feishu(), &forged).error(), Error::Mismatch, "whether it decrypts is nobody's to ask");
    assert_eq!(judge(&feishu(), &forge::feishu(NOW, "1", garbage)).error(), Error::Undecryptable);
}
