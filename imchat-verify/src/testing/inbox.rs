//! What every [`Inbox`] must do, one case a function; each takes an inbox that is empty.

use core::time::Duration;
use std::format;
use std::string::String;
use std::sync::Arc;
use std::vec;
use std::vec::Vec;

use bytes::Bytes;
use time::OffsetDateTime;

use super::Task;
use super::dedup::told;
use super::tasks::gather;
use crate::dedup::DedupKey;
use crate::inbox::{Accepted, Delivery, Differs, Inbox};
use crate::scheme::Attempts;

/// Holds an [`Inbox`] to every case of [`testing::inbox`](crate::testing::inbox): one `#[test]` each.
///
/// `block_on` runs a future to its end, and `spawn` starts a [`Task`](crate::testing::Task) beside the case. `inbox` is
/// an expression that makes an empty inbox; it is evaluated for each case, in an `async` block, so that it may `await`,
/// and `return` where there is nothing to test. Put the call into a module of its own, which gives the tests their name.
///
/// ```test_harness
/// mod conformance {
///     # use core::{convert::Infallible, time::Duration};
///     # use std::{collections::BTreeMap, sync::Mutex};
///     # use imchat_verify::{dedup::DedupKey, inbox::{Accepted, Delivery, Differs, Inbox}, scheme::Attempts};
///     # #[derive(Default)]
///     # struct InMemory(Mutex<BTreeMap<DedupKey, Delivery>>);
///     # impl Inbox for InMemory {
///     #     type Error = Infallible;
///     #     fn retention(&self) -> Duration { Duration::MAX }
///     #     async fn accept(&self, delivery: Delivery) -> Result<Accepted, Infallible> {
///     #         let mut rows = self.0.lock().unwrap();
///     #         let Some(row) = rows.get(&delivery.key) else {
///     #             rows.insert(delivery.key, delivery);
///     #             return Ok(Accepted::New);
///     #         };
///     #         let differs = match (row.digest == delivery.digest, delivery.attempts) {
///     #             (true, _) if row.witness.zip(delivery.witness).is_some_and(|(a, b)| a != b) => Differs::DeliveryId,
///     #             (true, _) => Differs::Nothing,
///     #             (false, Attempts::SameBytes) => return Ok(Accepted::Mismatch),
///     #             (false, _) => Differs::Body,
///     #         };
///     #         Ok(Accepted::Duplicate { differs })
///     #     }
///     # }
///     imchat_verify::inbox_conformance! {
///         block_on: imchat_verify::testing::block_on,
///         spawn: |task| drop(std::thread::spawn(|| imchat_verify::testing::block_on(task))),
///         inbox: InMemory::default(),
///     }
/// }
/// ```
#[macro_export]
macro_rules! inbox_conformance {
    (block_on: $block_on:expr, spawn: $spawn:expr, inbox: $inbox:expr $(,)?) => {
        $crate::inbox_conformance! { @cases $block_on, $spawn, $inbox;
            a_new_key_is_new_once
            keys_are_kept_apart
            another_body_is_a_mismatch_where_bodies_repeat
            another_body_is_a_duplicate_where_bodies_may_differ
            another_delivery_id_is_told
            a_body_may_be_large_and_any_bytes
            a_delivery_may_say_much_and_little
            a_hundred_tasks_accept_once
            a_hundred_keys_at_once_are_all_new
            items_are_accepted_one_by_one_and_told_in_their_order
        }
    };
    (@cases $block_on:expr, $spawn:expr, $inbox:expr; $($case:ident)+) => {$(
        #[test]
        fn $case() {
            ($block_on)(async {
                let inbox = $inbox;
                $crate::testing::inbox::$case(inbox, $spawn).await;
            });
        }
    )+};
}

const NOTHING: Accepted = Accepted::Duplicate { differs: Differs::Nothing };
const BODY: Accepted = Accepted::Duplicate { differs: Differs::Body };

fn delivery(key: &str, body: impl Into<Bytes>) -> Delivery {
    let received = OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    Delivery::new(DedupKey::from_bytes(key.as_bytes()), "conformance", body, received)
}

fn same_bytes(key: &str, body: &'static str) -> Delivery {
    Delivery { attempts: Attempts::SameBytes, ..delivery(key, body) }
}

async fn accept(inbox: &impl Inbox, delivery: &Delivery) -> Accepted {
    told(inbox.accept(delivery.clone()).await)
}

/// Of several items each is accepted under its own key, also one that comes twice among them.
pub async fn items_are_accepted_one_by_one_and_told_in_their_order(inbox: impl Inbox, _: impl Fn(Task)) {
    assert_eq!(accept(&inbox, &delivery("b", "{}")).await, Accepted::New);
    let items = ["a", "b", "c", "a"].map(|key| delivery(key, "{}"));
    let first = told(inbox.accept_all(items.to_vec()).await);
    assert_eq!(first, [Accepted::New, NOTHING, Accepted::New, NOTHING]);
    assert_eq!(told(inbox.accept_all(items.to_vec()).await), [NOTHING; 4]);
    assert_eq!(accept(&inbox, &delivery("c", "{}")).await, NOTHING);
    assert_eq!(told(inbox.accept_all(Vec::new()).await), []);
}

/// A key is new once, and a duplicate as often as it comes again.
pub async fn a_new_key_is_new_once(inbox: impl Inbox, _: impl Fn(Task)) {
    assert!(inbox.retention() > Duration::ZERO, "an inbox remembers for some time");
    for delivery in [delivery("may differ", "{}"), same_bytes("same bytes", "{}")] {
        assert_eq!(accept(&inbox, &delivery).await, Accepted::New);
        for _ in 0..3 {
            assert_eq!(accept(&inbox, &delivery).await, NOTHING);
        }
    }
}

/// The same body under other keys is new under each; keys are compared byte by byte.
pub async fn keys_are_kept_apart(inbox: impl Inbox, _: impl Fn(Task)) {
    for key in ["", "k", "K", "k ", " k", "kk", "k\0", "k%", "k_", "'k'", "k\n", "\u{e9}", "e\u{301}"] {
        assert_eq!(accept(&inbox, &delivery(key, "{}")).await, Accepted::New, "{key:?}");
    }
    for bytes in [&b"\xFF"[..], b"\xFE", b"\xFF\0", b"\0\xFF"] {
        let delivery = Delivery { key: DedupKey::from_bytes(bytes), ..delivery("", "{}") };
        assert_eq!(accept(&inbox, &delivery).await, Accepted::New, "{bytes:?}");
        assert_eq!(accept(&inbox, &delivery).await, NOTHING, "{bytes:?}");
    }
}

/// Where a platform repeats bodies exactly, another body is a mismatch, and the first one stands.
pub async fn another_body_is_a_mismatch_where_bodies_repeat(inbox: impl Inbox, _: impl Fn(Task)) {
    let (first, other) = (same_bytes("quarantined", "{\"n\":1}"), same_bytes("quarantined", "{\"n\":2}"));
    assert_eq!(accept(&inbox, &first).await, Accepted::New);
    for _ in 0..2 {
        assert_eq!(accept(&inbox, &other).await, Accepted::Mismatch);
        assert_eq!(accept(&inbox, &first).await, NOTHING);
    }
    assert_eq!(accept(&inbox, &same_bytes("quarantined", "{\"n\":3}")).await, Accepted::Mismatch);
}

/// Where bodies may differ between attempts, another body is a duplicate that is said to differ, and the first stands.
pub async fn another_body_is_a_duplicate_where_bodies_may_differ(inbox: impl Inbox, _: impl Fn(Task)) {
    let (first, other) = (delivery("retried", "{\"attempt\":1}"), delivery("retried", "{\"attempt\":2}"));
    assert_eq!(accept(&inbox, &first).await, Accepted::New);
    for _ in 0..2 {
        assert_eq!(accept(&inbox, &other).await, BODY);
        assert_eq!(accept(&inbox, &first).await, NOTHING);
    }
}

/// The same body under another delivery id is told apart from an honest retry.
pub async fn another_delivery_id_is_told(inbox: impl Inbox, _: impl Fn(Task)) {
    let replayed = Accepted::Duplicate { differs: Differs::DeliveryId };
    for name in ["may differ", "same bytes"] {
        let attempts = if name == "may differ" { Attempts::MayDiffer } else { Attempts::SameBytes };
        let with_id = |byte| Delivery { witness: Some([byte; 32]), attempts, ..delivery(name, "{}") };
        assert_eq!(accept(&inbox, &with_id(1)).await, Accepted::New, "{name}");
        for _ in 0..2 {
            assert_eq!(accept(&inbox, &with_id(1)).await, NOTHING, "{name}");
            assert_eq!(accept(&inbox, &with_id(2)).await, replayed, "{name}");
        }
    }
}

/// Two MiB of bytes that are no text are written down as they are: a change of one of them is seen.
pub async fn a_body_may_be_large_and_any_bytes(inbox: impl Inbox, _: impl Fn(Task)) {
    let mut body: Vec<u8> = (0..=u8::MAX).cycle().take(2 << 20).collect();
    let large = delivery("large", body.clone());
    assert_eq!(accept(&inbox, &large).await, Accepted::New);
    assert_eq!(accept(&inbox, &large).await, NOTHING);
    body.push(0);
    assert_eq!(accept(&inbox, &delivery("large", body)).await, BODY);
    assert_eq!(accept(&inbox, &delivery("empty", "")).await, Accepted::New);
    assert_eq!(accept(&inbox, &delivery("empty", "")).await, NOTHING);
}

/// Everything that a delivery may say is taken, and nothing but the key and the body has to be said.
pub async fn a_delivery_may_say_much_and_little(inbox: impl Inbox, _: impl Fn(Task)) {
    let text = |text: &str| Some(String::from(text));
    let full = Delivery {
        redelivers: true,
        endpoint: text("orders"),
        event_type: text("order.paid"),
        event_id: text("evt_\u{1F980}"),
        tenant: text("T'01"),
        lane: text("C01:1700000000.000100"),
        headers: vec![
            (String::from("content-type"), Bytes::from_static(b"application/json")),
            (String::from("x-odd"), Bytes::from_static(b"\xFF \t")),
        ],
        sent_at: OffsetDateTime::from_unix_timestamp(1_699_999_999).ok(),
        trace: text("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ..delivery("full", "{}")
    };
    assert_eq!(accept(&inbox, &full).await, Accepted::New);
    assert_eq!(accept(&inbox, &full).await, NOTHING);
    // What is said beside the body may change between attempts, such as the header that counts them.
    assert_eq!(accept(&inbox, &delivery("full", "{}")).await, NOTHING);
}

/// Of a hundred tasks that bring one delivery at once, exactly one is told that it is new.
pub async fn a_hundred_tasks_accept_once(inbox: impl Inbox, spawn: impl Fn(Task)) {
    let inbox = Arc::new(inbox);
    for race in 0..4 {
        let bring = |_| {
            let (inbox, delivery) = (inbox.clone(), delivery(&format!("race {race}"), "{}"));
            async move { told(inbox.accept(delivery).await) }
        };
        let answers = gather(100, &spawn, bring).await;
        assert_eq!(answers.len(), 100, "a task of the race did not come to its end");
        assert_eq!(answers.iter().filter(|answer| **answer == Accepted::New).count(), 1, "{answers:?}");
        assert_eq!(answers.iter().filter(|answer| **answer == NOTHING).count(), 99, "{answers:?}");
    }
}

/// A hundred deliveries at once are all new, and all there afterwards.
pub async fn a_hundred_keys_at_once_are_all_new(inbox: impl Inbox, spawn: impl Fn(Task)) {
    let inbox = Arc::new(inbox);
    for expected in [Accepted::New, NOTHING] {
        let bring = |number| {
            let (inbox, delivery) = (inbox.clone(), delivery(&format!("key {number}"), format!("{number}")));
            async move { told(inbox.accept(delivery).await) }
        };
        let answers = gather(100, &spawn, bring).await;
        assert_eq!(answers.len(), 100, "a task did not come to its end");
        assert!(answers.iter().all(|answer| *answer == expected), "{answers:?}");
    }
}
