//! Requests that ask whether the endpoint is alive: answered, and never handed on.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use imchat_verify::providers::{self, Discord, Dropbox, Feishu, Meta, Viber};
use imchat_verify::{Role, Secrets};
use tower::{Layer as _, ServiceExt as _};

use super::fixture::{
    DISCORD_PUBLIC, DISCORD_SEED, FEISHU_KEY, FEISHU_TOKEN, Faulty, Inner, SLACK_SECRET, Script, Seen, Step, archived,
    form, layer, reason, seen, signed, slack, with_body,
};

#[tokio::test(start_paused = true)]
async fn signed_handshakes_are_answered_as_their_platform_wants_and_touch_nothing() {
    let (store, inner) = (Faulty::new(), Inner::new());
    let slack = slack().dedup(store.clone()).build().unwrap().layer(inner.clone());
    let discord = layer(Discord::verifier(DISCORD_PUBLIC).unwrap()).dedup(store.clone());
    let discord = discord.build().unwrap().layer(inner.clone());

    let challenge = seen(slack.oneshot(archived("slack/url_verification")).await.unwrap()).await;
    let ping = seen(discord.clone().oneshot(archived("discord/ping")).await.unwrap()).await;
    let events = seen(discord.oneshot(archived("discord/webhook_event_ping")).await.unwrap()).await;

    assert_eq!(challenge.status, StatusCode::OK);
    assert_eq!(&challenge.body[..], br#"{"challenge":"ImchatTestChallenge0123456789abcdefghijklmnopqrstuvw"}"#);
    assert_eq!(challenge.headers["content-type"], "application/json");
    assert_eq!(challenge.headers["x-content-type-options"], "nosniff");
    assert_eq!((ping.status, &ping.body[..]), (StatusCode::OK, &br#"{"type":1}"#[..]));
    assert_eq!((events.status, &events.body[..]), (StatusCode::NO_CONTENT, &b""[..]));
    assert_eq!(events.headers["content-type"], "application/json");
    assert_eq!((inner.started(), store.log()), (0, vec![]));
}

fn feishu(secrets: Secrets) -> imchat_tower::WebhookBuilder {
    layer(Feishu::verifier(secrets).unwrap())
}

fn keyed() -> Secrets {
    Secrets::new(FEISHU_KEY).with(Role::VerificationToken, FEISHU_TOKEN)
}

/// A POST of a body that nobody signed.
fn unsigned(body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::post("/hook").body(Full::from(body.into())).unwrap()
}

#[tokio::test(start_paused = true)]
async fn feishus_unsigned_challenge_is_answered_and_touches_nothing() {
    let (store, inner) = (Faulty::new(), Inner::new());
    let encrypted = feishu(keyed()).dedup(store.clone()).build().unwrap().layer(inner.clone());
    let plain = feishu(Secrets::of(Role::VerificationToken, FEISHU_TOKEN)).dedup(store.clone());
    let plain = plain.build().unwrap().layer(inner.clone());

    let first = seen(encrypted.oneshot(archived("feishu/url_verification_encrypted")).await.unwrap()).await;
    let second = seen(plain.oneshot(archived("feishu/url_verification")).await.unwrap()).await;

    for answer in [&first, &second] {
        assert_eq!(
            (answer.status, &answer.headers["x-content-type-options"]),
            (StatusCode::OK, &"nosniff".parse().unwrap())
        );
        assert!(answer.body.starts_with(br#"{"challenge":""#), "{:?}", answer.body);
    }
    assert_eq!((inner.started(), store.log()), (0, vec![]));
}

#[tokio::test(start_paused = true)]
async fn an_unsigned_challenge_that_is_not_one_is_the_same_401_whatever_is_wrong_with_it() {
    let inner = Inner::new();
    let service = feishu(keyed()).build().unwrap().layer(inner.clone());
    let sealed = |plain: &str| providers::feishu_seal(FEISHU_KEY.as_bytes(), plain.as_bytes(), [7; 16]);
    let foreign = providers::feishu_seal(b"another key", b"{}", [7; 16]);
    let long = format!("{} ", sealed(r#"{"type":"url_verification"}"#)).repeat(60);
    let bodies = [
        String::new(),
        "{".to_owned(),
        "{}".to_owned(),
        r#"{"encrypt":""}"#.to_owned(),
        r#"{"encrypt":"AAAA"}"#.to_owned(),
        r#"{"encrypt":7}"#.to_owned(),
        foreign,
        sealed("{}"),
        sealed(r#"{"type":"event_callback","challenge":"c"}"#),
        sealed(r#"{"type":"url_verification","challenge":"c"}"#),
        sealed(r#"{"type":"url_verification","challenge":"c","token":"wrong"}"#),
        sealed(r#"{"type":"url_verification","challenge":7,"token":"imchat-test-feishu-verification-token"}"#),
        // Where an encrypt key is set, only an encrypted challenge counts.
        r#"{"type":"url_verification","challenge":"c","token":"imchat-test-feishu-verification-token"}"#.to_owned(),
        long,
    ];
    let mut answers: Vec<Seen> = Vec::new();
    for body in bodies {
        answers.push(seen(service.clone().oneshot(unsigned(body)).await.unwrap()).await);
    }

    assert_eq!(answers[0].status, StatusCode::UNAUTHORIZED);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(inner.started(), 0);
}

#[tokio::test(start_paused = true)]
async fn of_an_unsigned_request_at_most_4_kib_are_read() {
    let service = feishu(keyed()).build().unwrap().layer(Inner::new());
    let body = Script::new([Step::Endless(Bytes::from(vec![b' '; 1024]))]);
    let frames = body.frames();

    let response = service.oneshot(with_body(unsigned(""), body)).await.unwrap();

    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(frames.load(std::sync::atomic::Ordering::SeqCst), 5, "four are kept, the fifth is one too many");
}

#[tokio::test(start_paused = true)]
async fn a_challenge_with_something_after_it_is_not_answered_from_its_beginning() {
    let service = feishu(keyed()).build().unwrap().layer(Inner::new());
    let challenge = archived("feishu/url_verification_encrypted").into_body();
    let challenge = seen(http::Response::new(challenge)).await.body;
    let body = Script::new([Step::Data(challenge), Step::Data(Bytes::from(vec![b' '; 4096]))]);

    let response = service.oneshot(with_body(unsigned(""), body)).await.unwrap();

    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(start_paused = true)]
async fn a_signed_challenge_over_its_cap_is_an_event_like_any_other() {
    let inner = Inner::new();
    let service = slack().build().unwrap().layer(inner.clone());
    let body = format!(r#"{{"type":"url_verification","challenge":"{}"}}"#, "c".repeat(1024));
    let answer = seen(service.oneshot(signed(&providers::SLACK, SLACK_SECRET, body)).await.unwrap()).await;
    assert_eq!((&answer.body[..], inner.finished()), (&b"done by the inner service"[..], 1));

    let inner = Inner::new();
    let service = layer(Discord::verifier(DISCORD_PUBLIC).unwrap()).build().unwrap().layer(inner.clone());
    let body = format!(r#"{{"type":1,"padding":"{}"}}"#, "c".repeat(4096));
    service.oneshot(signed(&providers::DISCORD, DISCORD_SEED, body)).await.unwrap();
    assert_eq!(inner.finished(), 1);
}

#[tokio::test(start_paused = true)]
async fn slacks_unsigned_ssl_check_is_401_unless_it_is_to_be_answered() {
    let inner = Inner::new();
    let service = slack().build().unwrap().layer(inner.clone());
    let response = service.oneshot(archived("slack/ssl_check")).await.unwrap();
    assert_eq!((response.status(), reason(&response)), (StatusCode::UNAUTHORIZED, Some("missing_header")));

    let service = slack().answer_ssl_check().build().unwrap().layer(inner.clone());
    let answer = seen(service.oneshot(archived("slack/ssl_check")).await.unwrap()).await;
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b""[..]));
    assert_eq!(inner.started(), 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_rides_past_the_proof_on_an_ssl_check() {
    let (store, inner) = (Faulty::new(), Inner::new());
    let service = slack().answer_ssl_check().dedup(store.clone()).build().unwrap().layer(inner.clone());
    for body in [
        "ssl_check=1&command=%2Fdeploy&trigger_id=1.2.a",
        "command=%2Fdeploy&ssl_check=1",
        "ssl_check=1&payload=%7B%22type%22%3A%22block_actions%22%7D",
        r#"{"type":"event_callback","event_id":"Ev1"}"#,
        "ssl_check=0",
        "ssl_check=11",
        "xssl_check=1",
    ] {
        let answer = seen(service.clone().oneshot(unsigned(body)).await.unwrap()).await;
        let check = body.split('&').any(|pair| pair == "ssl_check=1");
        assert_eq!(answer.status.as_u16(), if check { 200 } else { 401 }, "{body}");
        assert!(!check || answer.body.is_empty());
    }
    assert_eq!((inner.started(), store.log()), (0, vec![]));
}

#[tokio::test(start_paused = true)]
async fn an_ssl_check_over_4_kib_is_401() {
    let service = slack().answer_ssl_check().build().unwrap().layer(Inner::new());
    let long = format!("ssl_check=1&padding={}", "x".repeat(4096));
    let body = Script::new([Step::Data("ssl_check=1&".into()), Step::Endless(Bytes::from(vec![b'x'; 1024]))]);

    let whole = service.clone().oneshot(unsigned(long)).await.unwrap();
    let endless = service.clone().oneshot(with_body(unsigned(""), body)).await.unwrap();
    let slow = Script::new([Step::Data("ssl_check=1".into()), Step::Never]);
    let slow = service.oneshot(with_body(unsigned(""), slow)).await.unwrap();

    for response in [whole, endless, slow] {
        assert_eq!((response.status(), reason(&response)), (StatusCode::UNAUTHORIZED, Some("missing_header")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_forged_ssl_check_is_401_also_where_unsigned_ones_are_answered() {
    let service = slack().answer_ssl_check().build().unwrap().layer(Inner::new());
    for (name, value) in [
        ("x-slack-signature", "v0=0000000000000000000000000000000000000000000000000000000000000000"),
        ("x-slack-signature", "v0=0"),
        ("x-slack-request-timestamp", "1"),
    ] {
        let mut request = form("ssl_check=1");
        request.headers_mut().insert(name, value.parse().unwrap());
        assert_eq!(service.clone().oneshot(request).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test(start_paused = true)]
async fn a_signed_ssl_check_is_answered_and_a_signed_command_that_calls_itself_one_is_a_command() {
    let inner = Inner::new();
    let service = slack().build().unwrap().layer(inner.clone());

    let answer = seen(service.clone().oneshot(form("ssl_check=1&token=x")).await.unwrap()).await;
    assert_eq!((answer.status, &answer.body[..], inner.started()), (StatusCode::OK, &b""[..], 0));

    service.clone().oneshot(form("ssl_check=1&command=%2Fask&trigger_id=1.2.a")).await.unwrap();
    service.oneshot(form("ssl_check=1&payload=%7B%7D")).await.unwrap();
    assert_eq!(inner.finished(), 2);
}

/// A GET of this path and query.
fn get(path: &str) -> Request<Full<Bytes>> {
    Request::get(path).body(Full::default()).unwrap()
}

fn meta() -> imchat_tower::WebhookBuilder {
    layer(Meta::verifier(Secrets::new(SLACK_SECRET).with(Role::VerificationToken, FEISHU_TOKEN)).unwrap())
}

#[tokio::test(start_paused = true)]
async fn the_get_that_sets_an_endpoint_up_is_answered_as_text_and_touches_nothing() {
    let (store, inner) = (Faulty::new(), Inner::new());
    let service = meta().dedup(store.clone()).build().unwrap().layer(inner.clone());
    let asked = format!("/meta?hub.mode=subscribe&hub.challenge=%3Cb%3E115&hub.verify_token={FEISHU_TOKEN}");
    let answer = seen(service.oneshot(get(&asked)).await.unwrap()).await;
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b"<b>115"[..]));
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert_eq!((inner.started(), store.log()), (0, vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_get_that_proves_nothing_is_the_same_401_as_a_forgery() {
    let service = meta().build().unwrap().layer(Inner::new());
    let forged = with_body(signed(&providers::META, SLACK_SECRET, "{}"), Full::<Bytes>::from("{ }"));
    let forged = seen(service.clone().oneshot(forged).await.unwrap()).await;
    assert_eq!(forged.status, StatusCode::UNAUTHORIZED);
    let token = format!("hub.verify_token={FEISHU_TOKEN}");
    for query in [
        String::new(),
        "?hub.mode=subscribe&hub.challenge=1".to_owned(),
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong".to_owned(),
        format!("?hub.mode=subscribe&{token}"),
        format!("?hub.mode=subscribe&hub.challenge=1&{token}&{token}"),
        format!("?hub.challenge=1&{token}"),
        format!("?hub.mode=subscribe&hub.challenge={}&{token}", "1".repeat(5000)),
    ] {
        let answer = seen(service.clone().oneshot(get(&format!("/meta{query}"))).await.unwrap()).await;
        assert_eq!(answer, forged, "{query}");
    }
    let unknown = meta().resolve(|_| None).build().unwrap().layer(Inner::new());
    let asked = get(&format!("/meta?hub.mode=subscribe&hub.challenge=1&{token}"));
    assert_eq!(seen(unknown.oneshot(asked).await.unwrap()).await, forged, "no tenant is chosen");
}

#[tokio::test(start_paused = true)]
async fn the_body_of_a_get_is_not_read() {
    let service = layer(Dropbox::verifier(SLACK_SECRET).unwrap()).build().unwrap().layer(Inner::new());
    let request = with_body(get("/dropbox?challenge=abc"), Script::untouchable());
    assert_eq!(&seen(service.oneshot(request).await.unwrap()).await.body[..], b"abc");
}

#[tokio::test(start_paused = true)]
async fn other_methods_are_told_which_ones_there_are() {
    let service = layer(Dropbox::verifier(SLACK_SECRET).unwrap()).build().unwrap().layer(Inner::new());
    for method in ["HEAD", "PUT", "DELETE", "OPTIONS"] {
        let request = Request::builder().method(method).uri("/?challenge=abc").body(Full::<Bytes>::default()).unwrap();
        let answer = service.clone().oneshot(request).await.unwrap();
        assert_eq!(
            (answer.status(), &answer.headers()["allow"]),
            (StatusCode::METHOD_NOT_ALLOWED, &"GET, POST".parse().unwrap())
        );
    }
    let post_only = feishu(keyed()).build().unwrap().layer(Inner::new());
    let answer = post_only.oneshot(get("/feishu?challenge=abc")).await.unwrap();
    assert_eq!(
        (answer.status(), &answer.headers()["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"POST".parse().unwrap())
    );
}

#[tokio::test(start_paused = true)]
async fn a_signature_in_the_query_is_found_without_a_public_url() {
    let headers = imchat_verify::sign::Signer::of(&providers::VIBER, SLACK_SECRET)
        .unwrap()
        .sign(imchat_verify::sign::SignRequest::post(b"{}", super::fixture::at(super::fixture::SIGNED_AT)))
        .unwrap();
    let service = layer(Viber::verifier(SLACK_SECRET).unwrap()).build().unwrap();
    let inner = Inner::new();
    let request = Request::post(format!("/viber?sig={}", headers[0].1)).body(Full::<Bytes>::from("{}")).unwrap();
    assert_eq!(service.layer(inner.clone()).oneshot(request).await.unwrap().status(), StatusCode::OK);
    assert_eq!(inner.started(), 1);
}
