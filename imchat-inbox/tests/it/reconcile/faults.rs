//! Platforms that refuse, limit, break off or never answer.

use std::error::Error;
use std::time::Duration;

use axum::body::Bytes;
use imchat_inbox::Upkeep;
use imchat_inbox::reconcile::{GitHubDeliveries, Reconcile, ReconcileError, Source, StripeEvents};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::github_server::GitHub;
use super::server::{Instead, instead};
use super::stripe_server::{Stripe, event};
use super::{Inbox, TOKEN, client, now, span};

/// All that a log could show of an error.
fn shown(error: &ReconcileError) -> String {
    let mut text = format!("{error:?} {error}");
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(" {error:?} {error}");
        source = error.source();
    }
    text
}

#[track_caller]
fn status(error: &ReconcileError) -> (u16, Option<u64>) {
    assert!(!shown(error).contains(TOKEN));
    match error {
        ReconcileError::Status { status, wait } => {
            assert_eq!(error.wait(), *wait);
            (*status, wait.map(|wait| wait.as_secs()))
        }
        other => panic!("{other:?}"),
    }
}

async fn of_stripe(answer: Instead) -> ReconcileError {
    let platform = Stripe::start().await;
    platform.desk.script([Some(answer)]);
    platform.source().page(span(), None).await.unwrap_err()
}

async fn of_github(answer: Instead) -> ReconcileError {
    let platform = GitHub::start().await;
    platform.desk.script([Some(answer)]);
    platform.source().page(span(), None).await.unwrap_err()
}

#[tokio::test]
async fn a_wrong_token_is_an_error_that_does_not_show_it() {
    let wrong = "sk_live_WrongButSecret";
    let (stripe, github) = (Stripe::start().await, GitHub::start().await);
    let events = StripeEvents::new(client(), wrong).unwrap().base_url(&stripe.server.base).unwrap();
    let log = GitHubDeliveries::of_app(client(), wrong).unwrap().base_url(&github.server.base).unwrap();
    let errors = [events.page(span(), None).await.unwrap_err(), log.page(span(), None).await.unwrap_err()];
    for error in errors {
        assert_eq!(status(&error), (401, None));
        assert!(error.to_string().contains("check the token"), "{error}");
        assert!(!shown(&error).contains(wrong));
    }
    assert!(!format!("{events:?} {events:#?} {log:?}").contains(wrong));
}

#[tokio::test]
async fn a_pause_that_the_platform_wants_is_in_the_error() {
    let http_date = "Wed, 25 Nov 2026 12:00:00 GMT";
    let noon = time::OffsetDateTime::from_unix_timestamp(1_795_608_000).unwrap();
    let to_noon = u64::try_from((noon - now()).whole_seconds()).unwrap();
    assert!(to_noon > 0);
    let limited = |code, after: &str| instead(code, &[("retry-after", after)]);
    assert_eq!(status(&of_stripe(limited(429, "7")).await), (429, Some(7)));
    assert_eq!(status(&of_stripe(limited(503, "120")).await), (503, Some(120)));
    assert_eq!(status(&of_stripe(limited(429, http_date)).await), (429, Some(to_noon)));
    assert_eq!(status(&of_stripe(limited(429, "soon")).await), (429, None));
    assert_eq!(status(&of_stripe(limited(429, "Wed, 25 Nov 2020 12:00:00 GMT")).await), (429, Some(0)));
    assert_eq!(status(&of_github(limited(403, "60")).await), (403, Some(60)));
}

#[tokio::test]
async fn a_spent_allowance_lasts_until_its_reset() {
    let reset = (now().unix_timestamp() + 300).to_string();
    let spent = |code, left: &str| instead(code, &[("x-ratelimit-remaining", left), ("x-ratelimit-reset", &reset)]);
    assert_eq!(status(&of_github(spent(403, "0")).await), (403, Some(300)));
    assert_eq!(status(&of_github(spent(429, "0")).await), (429, Some(300)));
    // The allowance is not what forbids it.
    assert_eq!(status(&of_github(spent(403, "4999")).await), (403, None));
    assert_eq!(status(&of_github(instead(429, &[])).await), (429, Some(60)));
}

#[tokio::test]
async fn a_platform_that_fails_is_an_error_and_what_came_before_stays_accepted() {
    let platform = Stripe::start().await;
    for number in 0..150 {
        platform.happens(&event(&format!("evt_{number}"), "invoice.paid", ""));
    }
    platform.desk.script([None, Some(instead(500, &[]))]);
    let room = Inbox::new().await;
    let run = Reconcile::new(&room.inbox);
    assert_eq!(status(&run.poll_once(&platform.source(), span()).await.unwrap_err()), (500, None));
    assert_eq!(room.inbox.counts().await.unwrap().ready, 100);
    let again = run.poll_once(&platform.source(), span()).await.unwrap();
    assert_eq!((again.found, again.new, again.duplicates), (150, 50, 100));
}

#[tokio::test]
async fn of_a_page_that_cannot_be_read_nothing_is_accepted_and_nothing_is_quoted() {
    let good = event("evt_1", "invoice.paid", "");
    let bad = "{\"id\":\"evt_2\",\"type\":\"WrittenByTheSender\",\"created\":\"yesterday\"}";
    let pages = [
        format!("{{\"has_more\":false,\"data\":[{good},{{\"id\":\"WrittenByTheSender"),
        format!("{{\"has_more\":false,\"data\":[{good},{bad}]}}"),
        format!("{{\"has_more\":\"WrittenByTheSender\",\"data\":[{good}]}}"),
        format!("{{\"has_more\":false,\"data\":[{good},{}]}}", event("", "WrittenByTheSender", "")),
        String::from("<html>WrittenByTheSender</html>"),
        String::from("{\"has_more\":true,\"data\":[]}"),
        String::new(),
    ];
    for page in pages {
        let platform = Stripe::start().await;
        platform.desk.script([Some(Instead { body: Bytes::from(page.clone()), ..instead(200, &[]) })]);
        let room = Inbox::new().await;
        let error = Reconcile::new(&room.inbox).poll_once(&platform.source(), span()).await.unwrap_err();
        assert!(matches!(error, ReconcileError::Page(_)), "{page}: {error:?}");
        assert!(!shown(&error).contains("WrittenByTheSender"), "{error:?}");
        assert_eq!(room.inbox.counts().await.unwrap().ready, 0, "{page}");
    }
}

#[tokio::test]
async fn a_page_of_githubs_that_cannot_be_read_asks_for_nothing() {
    for page in ["[{\"id\":1,\"guid\":\"a\",\"delivered_at\":\"yesterday\",\"status_code\":502}]", "[{\"id\":1", "{}"] {
        let platform = GitHub::start().await;
        platform.desk.script([Some(Instead { body: page.into(), ..instead(200, &[]) })]);
        let room = Inbox::new().await;
        let error = Reconcile::new(&room.inbox).poll_once(&platform.source(), span()).await.unwrap_err();
        assert!(matches!(error, ReconcileError::Page(_)), "{page}: {error:?}");
        assert_eq!(platform.desk.asked().len(), 1);
    }
}

/// Reads a request's head and then does this with the connection.
async fn one_connection(answer: impl AsyncFnOnce(TcpStream), listener: TcpListener) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    answer(stream).await;
}

async fn listening() -> (TcpListener, StripeEvents) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    (listener, StripeEvents::new(client(), TOKEN).unwrap().base_url(&base).unwrap())
}

#[tokio::test]
async fn a_connection_that_breaks_off_within_a_page_is_an_error() {
    let (listener, source) = listening().await;
    let broken = one_connection(
        async |mut stream: TcpStream| {
            let page = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"has_more\":false,\"data\":[]}";
            stream.write_all(page).await.unwrap();
        },
        listener,
    );
    let (answer, ()) = tokio::join!(source.page(span(), None), broken);
    let error = answer.unwrap_err();
    assert!(matches!(error, ReconcileError::Unreachable(_)), "{error:?}");
    assert!(!shown(&error).contains(TOKEN) && !shown(&error).contains("127.0.0.1"), "{}", shown(&error));
}

#[tokio::test]
async fn a_platform_that_never_answers_is_given_up_after_the_timeout() {
    let (listener, source) = listening().await;
    let source = source.timeout(Duration::from_millis(200));
    let (hold, held) = tokio::sync::oneshot::channel::<()>();
    let silent = tokio::spawn(one_connection(
        async |stream: TcpStream| {
            let _open = (held.await, stream);
        },
        listener,
    ));
    let error = source.page(span(), None).await.unwrap_err();
    assert!(matches!(error, ReconcileError::Unreachable(_)), "{error:?}");
    assert!(!shown(&error).contains("127.0.0.1"), "{}", shown(&error));
    drop(hold);
    silent.await.unwrap();
}

#[tokio::test]
async fn a_page_without_an_end_is_not_read_to_its_end() {
    let platform = Stripe::start().await;
    let body = Bytes::from(vec![b' '; (64 << 20) + 1]);
    platform.desk.script([Some(Instead { body, ..instead(200, &[]) })]);
    let error = platform.source().page(span(), None).await.unwrap_err();
    assert!(matches!(error, ReconcileError::PageTooLarge { most } if most == 64 << 20), "{error:?}");
}
