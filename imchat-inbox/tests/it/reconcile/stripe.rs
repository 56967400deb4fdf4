//! Stripe's events in an inbox, beside the webhooks of the same events.

use std::time::Duration;

use imchat_inbox::reconcile::{Reconcile, Source, StripeEvents};
use imchat_inbox::{DeadLetters, Queue, Upkeep};
use imchat_verify::dedup::Settled;
use imchat_verify::inbox::{Accepted, Delivery, Differs, Inbox as _};
use imchat_verify::providers::{STRIPE, Stripe as Provider};
use imchat_verify::sign::{SignRequest, Signer};
use imchat_verify::{Head, Verdict};

use super::stripe_server::{Stripe, event};
use super::{Inbox, TOKEN, now, span};

const SECRET: &str = "whsec_test_secret";

/// What a verified webhook of this body is to an inbox.
fn webhook(body: &str, endpoint: Option<&str>) -> Delivery {
    let headers = Signer::of(&STRIPE, SECRET).unwrap().sign(SignRequest::post(body.as_bytes(), now())).unwrap();
    let mut verifier = Provider::verifier(SECRET).unwrap();
    if let Some(name) = endpoint {
        verifier = verifier.endpoint(name);
    }
    let Ok(Verdict::Event(proved)) = verifier.verify(Head::post(&headers), body.as_bytes(), now()) else {
        panic!("the webhook was refused");
    };
    Delivery::of(&proved.receipt(), now()).unwrap()
}

/// The same event with the white space of a webhook.
fn spaced(text: &str) -> String {
    serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(text).unwrap()).unwrap()
}

async fn only(source: &StripeEvents) -> Delivery {
    let mut found = source.page(span(), None).await.unwrap().deliveries;
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[tokio::test]
async fn an_event_has_the_key_of_its_webhook_whatever_its_endpoint_and_tenant() {
    let tenants = [
        "",
        ",\"account\":\"acct_1\"",
        ",\"account\":null,\"context\":\"ctx_1\"",
        ",\"account\":\"\",\"context\":\"ctx_1\"",
        ",\"account\":\"acct_1\",\"context\":\"ctx_1\"",
    ];
    let long = "an endpoint whose name does not fit into a key of sixty-three bytes";
    let mut keys = std::collections::BTreeSet::new();
    for tenant in tenants {
        for endpoint in [None, Some("orders"), Some(long)] {
            let platform = Stripe::start().await;
            let text = event("evt_1", "invoice.paid", tenant);
            platform.happens(&text);
            let source = match endpoint {
                Some(name) => platform.source().endpoint(name),
                None => platform.source(),
            };
            let (found, sent) = (only(&source).await, webhook(&spaced(&text), endpoint));
            assert_eq!(found.key, sent.key, "{endpoint:?} {tenant}");
            assert_eq!((&found.provider, &found.kind), (&sent.provider, &sent.kind));
            assert_eq!((&found.event_id, &found.event_type), (&sent.event_id, &sent.event_type));
            assert_eq!((&found.endpoint, &found.tenant), (&sent.endpoint, &sent.tenant));
            assert_eq!(found.attempts, sent.attempts);
            keys.insert(found.key);
        }
    }
    // Three endpoints, and the tenants "none", "acct_1" and "ctx_1".
    assert_eq!(keys.len(), 9);
}

#[tokio::test]
async fn a_connected_accounts_own_list_has_the_keys_of_its_connect_webhooks() {
    let platform = Stripe::start().await;
    platform.happens(&event("evt_1", "invoice.paid", ""));
    let source = platform.source().account("acct_9").unwrap();
    let sent = webhook(&event("evt_1", "invoice.paid", ",\"account\":\"acct_9\""), None);
    assert_eq!(only(&source).await.key, sent.key);
    assert_eq!(platform.desk.asked()[0].header("stripe-account"), Some("acct_9"));
}

#[tokio::test]
async fn the_body_is_the_events_own_text() {
    let platform = Stripe::start().await;
    let text = event("evt_1", "invoice.paid", ", \"caf\\u00e9\" :\t[ 1.50, 12345678901234567890, \"\\/\" ] ");
    platform.happens(&text);
    let found = only(&platform.source()).await;
    assert_eq!(found.body, text.as_bytes());
    assert_eq!(found.received_at, now());
    assert_eq!(found.sent_at, Some(now() - Duration::from_secs(60)));
}

#[tokio::test]
async fn all_pages_are_read_with_the_key_in_the_header_alone() {
    let platform = Stripe::start().await;
    for number in 0..250 {
        platform.happens(&event(&format!("evt_{number}"), "invoice.paid", ""));
    }
    let room = Inbox::new().await;
    let outcome = Reconcile::new(&room.inbox).poll_once(&platform.source(), span()).await.unwrap();
    assert_eq!((outcome.found, outcome.new, outcome.duplicates, outcome.next), (250, 250, 0, None));
    assert_eq!(room.inbox.counts().await.unwrap().ready, 250);
    let asked = platform.desk.asked();
    let after: Vec<_> = asked.iter().map(|asked| asked.query("starting_after")).collect();
    assert_eq!(after, [None, Some("evt_150".into()), Some("evt_50".into())]);
    for asked in &asked {
        assert_eq!(asked.header("authorization"), Some(&*format!("Bearer {TOKEN}")));
        assert_eq!(asked.query("created[gte]"), Some(span().since.unix_timestamp().to_string()));
        assert!(asked.header("user-agent").unwrap().starts_with("imchat-inbox/"));
        assert!(!asked.uri.to_string().contains(TOKEN));
    }
}

#[tokio::test]
async fn what_happened_before_the_time_is_not_found() {
    let platform = Stripe::start().await;
    let before = format!("\"created\":{}", span().since.unix_timestamp() - 1);
    let recent = format!("\"created\":{}", now().unix_timestamp() - 60);
    platform.happens(&event("evt_old", "invoice.paid", "").replace(&recent, &before));
    platform.happens(&event("evt_new", "invoice.paid", ""));
    assert_eq!(only(&platform.source()).await.event_id.as_deref(), Some("evt_new"));
}

#[tokio::test]
async fn what_came_meanwhile_is_a_duplicate_and_what_comes_later_too() {
    let platform = Stripe::start().await;
    let room = Inbox::new().await;
    let (came, lost) = (event("evt_1", "invoice.paid", ""), event("evt_2", "invoice.paid", ""));
    platform.happens(&came);
    platform.happens(&lost);
    let first = webhook(&spaced(&came), Some("orders"));
    assert_eq!(room.inbox.accept(first).await.unwrap(), Accepted::New);

    let source = platform.source().endpoint("orders");
    let outcome = Reconcile::new(&room.inbox).poll_once(&source, span()).await.unwrap();
    assert_eq!((outcome.found, outcome.new, outcome.duplicates), (2, 1, 1));

    let late = webhook(&spaced(&lost), Some("orders"));
    assert_eq!(room.inbox.accept(late).await.unwrap(), Accepted::Duplicate { differs: Differs::Body });
    let again = Reconcile::new(&room.inbox).poll_once(&source, span()).await.unwrap();
    assert_eq!((again.found, again.new, again.duplicates), (2, 0, 2));
    assert_eq!(room.inbox.counts().await.unwrap().quarantined, 0);
}

#[tokio::test]
async fn only_the_types_that_are_named_are_found_however_many_they_are() {
    for more in [0, 30] {
        let platform = Stripe::start().await;
        platform.happens(&event("evt_1", "invoice.paid", ""));
        platform.happens(&event("evt_2", "customer.created", ""));
        let mut types: Vec<_> = (0..more).map(|number| format!("other.{number}")).collect();
        types.push("invoice.paid".into());
        let found = only(&platform.source().types(types)).await;
        assert_eq!(found.event_id.as_deref(), Some("evt_1"));
    }
}

#[tokio::test]
async fn a_run_revives_no_dead_letter() {
    let platform = Stripe::start().await;
    let room = Inbox::new().await;
    let text = event("evt_1", "invoice.paid", "");
    platform.happens(&text);
    room.inbox.accept(webhook(&text, None)).await.unwrap();
    let job = room.inbox.take(1, Duration::from_secs(60)).await.unwrap().remove(0);
    assert_eq!(room.inbox.bury(&job.lease, "no use").await.unwrap(), Settled::Ok);

    let outcome = Reconcile::new(&room.inbox).poll_once(&platform.source(), span()).await.unwrap();
    assert_eq!((outcome.new, outcome.duplicates), (0, 1));
    assert_eq!(room.inbox.dead_letters(0, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_found_goes_into_its_lane() {
    let platform = Stripe::start().await;
    let room = Inbox::new().await;
    platform.happens(&event("evt_1", "invoice.paid", ""));
    let run = Reconcile::new(&room.inbox).lane(|delivery| delivery.event_type.clone());
    run.poll_once(&platform.source(), span()).await.unwrap();
    let job = room.inbox.take(1, Duration::from_secs(60)).await.unwrap().remove(0);
    assert_eq!(job.delivery.lane.as_deref(), Some("invoice.paid"));
}
