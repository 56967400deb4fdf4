//! What no run does, whatever the platform answers, and what no source is built with.

use std::sync::atomic::{AtomicU64, Ordering};

use imchat_inbox::reconcile::{
    Attempt, Cursor, GitHubDeliveries, Page, Reconcile, ReconcileError, Source, Span, StripeEvents,
};
use imchat_verify::dedup::DedupKey;
use imchat_verify::inbox::Delivery;

use super::stripe_server::{Stripe, event};
use super::{Inbox, TOKEN, client, now, span};

/// Pages without an end, one delivery each; the cursors count up to `round` and start again.
struct Endless {
    pages: AtomicU64,
    round: u64,
}

impl Source for Endless {
    async fn page(&self, span: Span, cursor: Option<&Cursor>) -> Result<Page, ReconcileError> {
        let number = cursor.map_or(0, |cursor| cursor.as_str().parse::<u64>().unwrap());
        self.pages.fetch_add(1, Ordering::SeqCst);
        let delivery = Delivery::new(DedupKey::from_bytes(&number.to_be_bytes()), "endless", "{}", span.now);
        Ok(Page::of(vec![delivery]).and_then(Some(Cursor::new(((number + 1) % self.round).to_string()))))
    }
}

#[tokio::test]
async fn pages_without_an_end_are_read_up_to_the_most_and_the_next_run_goes_on_there() {
    let room = Inbox::new().await;
    let source = Endless { pages: AtomicU64::new(0), round: u64::MAX };
    let run = Reconcile::new(&room.inbox).most_pages(7);
    let first = run.poll_once(&source, span()).await.unwrap();
    assert_eq!((source.pages.load(Ordering::SeqCst), first.found, first.new), (7, 7, 7));
    let next = first.next.unwrap();
    assert_eq!(next, Cursor::new("7"));
    let second = run.poll_from(&source, span(), next).await.unwrap();
    assert_eq!((second.found, second.new, second.next), (7, 7, Some(Cursor::new("14"))));
}

#[tokio::test]
async fn pages_that_lead_in_a_circle_end_the_run() {
    let room = Inbox::new().await;
    let source = Endless { pages: AtomicU64::new(0), round: 5 };
    // The first page has no cursor, so that its number comes once more.
    let error = Reconcile::new(&room.inbox).poll_once(&source, span()).await.unwrap_err();
    assert!(matches!(error, ReconcileError::Circle), "{error:?}");
    assert_eq!(source.pages.load(Ordering::SeqCst), 6);
}

#[tokio::test]
async fn a_stripe_that_forgets_where_the_page_starts_ends_the_run() {
    let platform = Stripe::start().await;
    let page = format!("{{\"has_more\":true,\"data\":[{}]}}", event("evt_1", "invoice.paid", ""));
    let same = super::server::Instead { body: page.into(), ..super::server::instead(200, &[]) };
    platform.desk.script(vec![Some(same); 50]);
    let room = Inbox::new().await;
    let error = Reconcile::new(&room.inbox).poll_once(&platform.source(), span()).await.unwrap_err();
    assert!(matches!(error, ReconcileError::Circle), "{error:?}");
    assert_eq!(platform.desk.asked().len(), 2);
}

#[tokio::test]
async fn a_run_beyond_what_the_inbox_remembers_is_refused_before_anything_is_asked() {
    let platform = Stripe::start().await;
    platform.happens(&event("evt_1", "invoice.paid", ""));
    let room = Inbox::new().await;
    let eight_days = time::Duration::days(8);
    let run = Reconcile::new(&room.inbox);
    let longer = Span { since: now() - eight_days - time::Duration::seconds(1), now: now() };
    let error = run.poll_once(&platform.source(), longer).await.unwrap_err();
    assert!(matches!(error, ReconcileError::Setting(_)), "{error:?}");
    assert!(platform.desk.asked().is_empty());
    let longest = Span { since: now() - eight_days, now: now() };
    assert_eq!(run.poll_once(&platform.source(), longest).await.unwrap().new, 1);
}

/// Lists an attempt that failed, and cannot ask for it.
struct Mute;

impl Source for Mute {
    async fn page(&self, _: Span, _: Option<&Cursor>) -> Result<Page, ReconcileError> {
        Ok(Page::of_attempts(vec![Attempt { id: 1, guid: "a".into(), at: now(), succeeded: false }]))
    }
}

#[tokio::test]
async fn a_source_that_lists_attempts_and_cannot_ask_for_them_is_an_error() {
    let room = Inbox::new().await;
    let error = Reconcile::new(&room.inbox).poll_once(&Mute, span()).await.unwrap_err();
    assert!(matches!(error, ReconcileError::Setting(_)), "{error:?}");
    let nothing = Reconcile::new(&room.inbox).most_asked(0).poll_once(&Mute, span()).await.unwrap();
    assert_eq!((nothing.found, nothing.left), (1, 1));
}

#[tokio::test]
async fn a_base_url_that_would_show_the_token_is_refused() {
    let source = || StripeEvents::new(client(), TOKEN).unwrap();
    let bad = [
        "http://api.stripe.com",
        "http://127.0.0.1.example.com",
        "http://10.0.0.1",
        "https://user:password@api.stripe.com",
        "https://api.stripe.com/?key=1",
        "https://api.stripe.com/#a",
        "ftp://api.stripe.com",
        "data:text/plain,a",
        "api.stripe.com",
        "",
    ];
    for base in bad {
        assert!(matches!(source().base_url(base), Err(ReconcileError::Setting(_))), "{base}");
    }
    for base in
        ["https://proxy.example.com/stripe/", "http://localhost:12111", "http://[::1]:12111", "http://127.0.0.2"]
    {
        assert!(source().base_url(base).is_ok(), "{base}");
    }
}

#[tokio::test]
async fn tokens_and_names_that_cannot_be_are_refused() {
    for token in ["", "two\nlines", "two\r\nHost: a"] {
        assert!(matches!(StripeEvents::new(client(), token), Err(ReconcileError::Setting(_))), "{token:?}");
        assert!(matches!(GitHubDeliveries::of_app(client(), token), Err(ReconcileError::Setting(_))), "{token:?}");
    }
    for name in ["", ".", ".."] {
        let source = GitHubDeliveries::of_repository(client(), TOKEN, "octocat", name, 1);
        assert!(matches!(source, Err(ReconcileError::Setting(_))), "{name:?}");
    }
}
