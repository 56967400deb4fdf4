//! A batch is written down item by item.

use http::StatusCode;
use imchat_verify::inbox::{Accepted, Differs};
use imchat_verify::providers::{self, Line};
use tower::ServiceExt as _;

use super::fixture::{Fault, Written, accepted};
use crate::tower::fixture::{SLACK_SECRET, layer, seen, signed};

fn batch(ids: &[&str]) -> http::Request<http_body_util::Full<bytes::Bytes>> {
    let events: Vec<_> = ids.iter().map(|id| format!(r#"{{"webhookEventId":"{id}"}}"#)).collect();
    signed(&providers::LINE, SLACK_SECRET, format!(r#"{{"destination":"U1","events":[{}]}}"#, events.join(",")))
}

fn line(inbox: &Written) -> imchat_tower::WebhookInbox {
    let lane = |receipt: &imchat_verify::Receipt| receipt.identity().event_id.map(|id| id.into_inner().into_owned());
    layer(Line::verifier(SLACK_SECRET).unwrap()).lane(lane).inbox(inbox.clone()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_unseen_item_is_a_row_of_its_own() {
    let inbox = Written::new();
    let first = line(&inbox).oneshot(batch(&["A", "B"])).await.unwrap();
    assert_eq!((first.status(), accepted(&first)), (StatusCode::OK, Some(Accepted::New)));
    let rows = inbox.rows();
    assert_eq!(rows.len(), 2);
    let mut told: Vec<_> =
        rows.iter().map(|row| (row.event_id.as_deref(), row.lane.as_deref(), &row.body[..])).collect();
    told.sort_unstable();
    assert_eq!(told[0], (Some("A"), Some("A"), &br#"{"destination":"U1","events":[{"webhookEventId":"A"}]}"#[..]));
    assert_eq!(told[1], (Some("B"), Some("B"), &br#"{"destination":"U1","events":[{"webhookEventId":"B"}]}"#[..]));

    let some = line(&inbox).oneshot(batch(&["B", "C"])).await.unwrap();
    assert_eq!((some.status(), accepted(&some)), (StatusCode::OK, Some(Accepted::New)));
    assert_eq!(inbox.rows().len(), 3, "only the unseen one was written");

    let none = line(&inbox).oneshot(batch(&["C", "A"])).await.unwrap();
    assert_eq!(accepted(&none), Some(Accepted::Duplicate { differs: Differs::Nothing }));
    assert_eq!((none.status(), inbox.rows().len()), (StatusCode::OK, 3));
}

#[tokio::test(start_paused = true)]
async fn an_empty_batch_is_200_and_stores_nothing() {
    let inbox = Written::new();
    let response = line(&inbox).oneshot(batch(&[])).await.unwrap();
    assert_eq!((response.status(), accepted(&response)), (StatusCode::OK, None));
    assert!(inbox.rows().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_which_one_item_is_in_doubt_is_503_and_whole_when_it_comes_again() {
    let inbox = Written::new().suffering([Fault::Fails]);
    let response = line(&inbox).oneshot(batch(&["A", "B"])).await.unwrap();
    assert_eq!(seen(response).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(line(&inbox).oneshot(batch(&["A", "B"])).await.unwrap().status(), StatusCode::OK);
    assert_eq!(inbox.rows().len(), 2);
}
