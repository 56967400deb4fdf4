//! Requests that carry several items, each of which is handled once.

use std::time::Duration;

use imchat_tests::{Event, Request, SIGNED_AT, Subject, at, forge, keys, outcome};
use imchat_verify::dedup::{
    Claim, ClaimedItems, DedupKey, DedupStore as _, MemoryStore, Settled, UnseenItem, claim_items,
};
use imchat_verify::providers::{LINE, Line, META, Meta, Slack};
use imchat_verify::sign::{SignRequest, Signer};
use imchat_verify::{Provenance, Receipt, Role, Scheme, Verdict, Verifier};

fn signed(scheme: &'static Scheme, body: &str) -> Request {
    let signer = Signer::of(scheme, keys::SLACK).unwrap();
    let headers = signer.sign(SignRequest::post(body.as_bytes(), at(SIGNED_AT))).unwrap();
    Request::post(body).and_all(headers)
}

fn receipt<P>(verifier: &Verifier<P>, request: &Request) -> Receipt<P> {
    let verdict = verifier.verify(request.head(), &request.body, at(SIGNED_AT)).unwrap();
    let Verdict::Event(proved) = verdict else { panic!("it is a handshake") };
    assert_eq!(proved.items().map(|items| items.len()), proved.receipt().items().map(|items| items.len()));
    proved.into_receipt()
}

fn line(body: &str) -> Receipt<Line> {
    receipt(&Line::verifier(keys::SLACK).unwrap(), &signed(&LINE, body))
}

fn meta(body: &str) -> Receipt<Meta> {
    receipt(&Meta::verifier(keys::SLACK).unwrap(), &signed(&META, body))
}

fn keys_of<P>(receipt: &Receipt<P>) -> Vec<DedupKey> {
    receipt.items().unwrap().iter().map(|item| item.identity().dedup_key.unwrap()).collect()
}

fn event(id: &str, again: bool) -> String {
    format!(r#"{{"type":"message","webhookEventId":"{id}","deliveryContext":{{"isRedelivery":{again}}}}}"#)
}

fn events(list: &[String]) -> String {
    format!(r#"{{"destination":"U1","events":[{}]}}"#, list.join(","))
}

#[test]
fn every_item_has_a_key_of_its_own_whatever_it_comes_with() {
    let both = line(&events(&[event("A", false), event("B", false)]));
    let [a, b] = keys_of(&both)[..] else { panic!("two items") };
    let [again] = keys_of(&line(&events(&[event("B", true)])))[..] else { panic!("one item") };
    assert_ne!(a, b);
    assert_eq!(again, b, "alone and sent again it is the same item");
}

#[test]
fn an_item_is_what_it_would_be_had_it_come_alone() {
    let both = line(&events(&[event("A", false), event("B", false)]));
    for (item, id) in both.items().unwrap().iter().zip(["A", "B"]) {
        let alone = line(&events(&[event(id, false)]));
        assert_eq!(item.body(), alone.body());
        assert_eq!(imchat_tests::who(&item.identity()), imchat_tests::who(&alone.identity()));
        let id = Some(Provenance::Signed(id.to_owned()));
        assert_eq!(imchat_tests::who(&item.identity()).event_id, id);
        assert_eq!(item.identity().event_type.unwrap().into_inner(), "message");
        assert_eq!(item.identity().tenant.unwrap().into_inner(), "U1");
    }
}

#[test]
fn a_batch_as_a_whole_is_known_by_its_items() {
    let key = |body: &str| line(body).identity().dedup_key;
    let first = key(&events(&[event("A", false), event("B", false)]));
    assert_eq!(key(&events(&[event("A", true), event("B", true)])), first, "a redelivery is the same batch");
    assert_ne!(key(&events(&[event("B", false), event("A", false)])), first);
    assert_ne!(key(&events(&[event("A", false)])), first);
}

#[test]
fn an_empty_batch_is_proved_and_has_nothing_to_handle() {
    let empty = line(r#"{"destination":"U1","events":[]}"#);
    assert_eq!(empty.items().map(|items| items.len()), Some(0));
    assert!(empty.identity().dedup_key.is_none());
}

#[test]
fn a_body_that_is_no_batch_is_one_delivery_by_its_digest() {
    for body in ["i am not jason", r#"{"hello":"world"}"#, r#"{"events":{}}"#, r#"{"events":[1],"events":[2]}"#] {
        let whole = line(body);
        assert!(whole.items().is_none(), "{body}");
        assert!(whole.identity().dedup_key.is_some(), "{body}");
    }
    let slack = receipt(&Slack::verifier(keys::SLACK).unwrap(), &forge::slack("1700000000", br#"{"events":[1]}"#));
    assert!(slack.items().is_none(), "another platform sends no batches");
}

#[test]
fn whatsapps_messages_and_statuses_are_items_with_their_phone_number() {
    let change =
        |value: &str| format!(r#"{{"field":"messages","value":{{"metadata":{{"phone_number_id":"2"}},{value}}}}}"#);
    let body = |changes: &[String]| {
        format!(r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{}]}}]}}"#, changes.join(","))
    };
    let status = |status: &str| format!(r#"{{"id":"wamid.A","status":"{status}"}}"#);
    let whole = meta(&body(&[
        change(r#""messages":[{"id":"wamid.A"},{"id":"wamid.B"}]"#),
        change(&format!(r#""statuses":[{},{}]"#, status("sent"), status("read"))),
        r#"{"field":"account_update","value":{"event":"VERIFIED"}}"#.to_owned(),
    ]));
    let items = whole.items().unwrap();
    let bodies: Vec<&str> = items.iter().map(|item| std::str::from_utf8(item.body()).unwrap()).collect();
    assert_eq!(
        bodies,
        [
            body(&[change(r#""messages":[{"id":"wamid.A"}]"#)]),
            body(&[change(r#""messages":[{"id":"wamid.B"}]"#)]),
            body(&[change(&format!(r#""statuses":[{}]"#, status("sent")))]),
            body(&[change(&format!(r#""statuses":[{}]"#, status("read")))]),
            body(&[r#"{"field":"account_update","value":{"event":"VERIFIED"}}"#.to_owned()]),
        ]
    );
    let mut keys = keys_of(&whole);
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 5, "one id in two statuses and a message is three items");
}

#[test]
fn a_message_that_is_taken_back_is_another_item_than_the_message() {
    let body = |rest: &str| {
        format!(r#"{{"object":"instagram","entry":[{{"messaging":[{{"message":{{"mid":"m1"{rest}}}}}]}}]}}"#)
    };
    assert_ne!(keys_of(&meta(&body(r#","text":"hi""#))), keys_of(&meta(&body(r#","is_deleted":true"#))));
}

#[test]
fn what_joins_an_id_cannot_be_shifted_between_its_parts() {
    let event = |portal: &str, subscription: &str| {
        format!(r#"[{{"portalId":"{portal}","subscriptionId":"{subscription}","eventId":1,"occurredAt":2}}]"#)
    };
    let key = |body: String| {
        let tag = forge::hex(&forge::sha256(&[keys::SLACK.as_bytes(), body.as_bytes()]));
        let subject = Subject {
            name: body.clone(),
            scheme: &imchat_verify::providers::HUBSPOT_V1,
            secrets: vec![(Role::Sign, keys::SLACK.to_owned())],
            window: None,
            now: at(SIGNED_AT),
            request: Request::post(body).and("X-HubSpot-Signature", tag),
        };
        let Event { who, .. } = outcome(&subject.verifier(), &subject.request, subject.now).event();
        who.key.unwrap()
    };
    let keys = [event("1", "23"), event("12", "3"), event("1", "2:3"), event("1:2", "3"), event("", "123")].map(key);
    for (place, one) in keys.iter().enumerate() {
        assert!(keys.iter().skip(place + 1).all(|other| other != one), "{one}");
    }
}

const LEASE: Duration = Duration::from_secs(15);

async fn unseen(store: &MemoryStore, receipt: &Receipt<Line>) -> Vec<UnseenItem<Line>> {
    match claim_items(store, receipt, LEASE).await.unwrap() {
        ClaimedItems::Unseen(items) => items,
        ClaimedItems::Busy { .. } => panic!("nobody else has one of them"),
    }
}

fn id(item: &UnseenItem<Line>) -> String {
    item.receipt().identity().event_id.unwrap().into_inner().into_owned()
}

#[tokio::test]
async fn only_the_unseen_items_of_a_batch_are_handed_on() {
    let store = MemoryStore::new(|| at(SIGNED_AT));
    let first = line(&events(&[event("A", false), event("B", false)]));
    for item in unseen(&store, &first).await {
        match id(&item).as_str() {
            "A" => assert_eq!(item.complete(&store, LEASE).await.unwrap(), Settled::Ok),
            _ => assert_eq!(item.release(&store).await.unwrap(), Settled::Ok),
        }
    }
    let again = line(&events(&[event("C", false), event("B", true), event("A", true)]));
    let items = unseen(&store, &again).await;
    assert_eq!(items.iter().map(id).collect::<Vec<_>>(), ["C", "B"]);
    for item in items {
        assert_eq!(item.complete(&store, LEASE).await.unwrap(), Settled::Ok);
    }
    assert!(unseen(&store, &again).await.is_empty());
    assert!(unseen(&store, &line(r#"{"destination":"U1","events":[]}"#)).await.is_empty());
}

#[tokio::test]
async fn an_item_in_flight_elsewhere_leaves_the_batch_to_the_next_attempt() {
    let store = MemoryStore::new(|| at(SIGNED_AT));
    let elsewhere = unseen(&store, &line(&events(&[event("B", false)]))).await;
    let both = line(&events(&[event("A", false), event("B", false)]));
    let ClaimedItems::Busy { retry_after } = claim_items(&store, &both, LEASE).await.unwrap() else {
        panic!("B is in flight")
    };
    assert_eq!(retry_after, LEASE);
    assert_eq!(unseen(&store, &line(&events(&[event("A", false)]))).await.len(), 1, "A was given back");
    for item in elsewhere {
        assert_eq!(item.complete(&store, LEASE).await.unwrap(), Settled::Ok);
    }
}

#[tokio::test]
async fn an_item_that_stands_twice_in_a_batch_is_handed_on_once() {
    let store = MemoryStore::new(|| at(SIGNED_AT));
    let twice = line(&events(&[event("A", false), event("B", false), event("A", false)]));
    let items = unseen(&store, &twice).await;
    assert_eq!(items.iter().map(id).collect::<Vec<_>>(), ["A", "B"]);
}

#[tokio::test]
async fn the_claims_of_items_stand_beside_the_layers_own() {
    let store = MemoryStore::new(|| at(SIGNED_AT));
    let one = line(&events(&[event("A", false)]));
    let whole = one.identity().dedup_key.unwrap();
    assert!(matches!(store.claim(&whole, None, LEASE).await.unwrap(), Claim::Granted(_)), "as the layer does");
    assert_eq!(unseen(&store, &one).await.len(), 1);
}

#[tokio::test]
async fn a_request_that_is_no_batch_is_one_item() {
    let store = MemoryStore::new(|| at(SIGNED_AT));
    let whole = line(r#"{"hello":"world"}"#);
    for item in unseen(&store, &whole).await {
        assert_eq!(item.receipt().body(), whole.body());
        assert_eq!(item.complete(&store, LEASE).await.unwrap(), Settled::Ok);
    }
    assert!(unseen(&store, &whole).await.is_empty());
}
