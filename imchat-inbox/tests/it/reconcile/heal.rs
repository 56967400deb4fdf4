//! A GitHub delivery that was lost while the receiver was down comes after all, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use imchat_inbox::reconcile::Reconcile;
use imchat_inbox::{Queue, SqliteInbox, Upkeep};
use imchat_verify::inbox::{Accepted, Delivery, Inbox as _};
use imchat_verify::providers::{GITHUB, GitHub as Provider};
use imchat_verify::sign::{SignRequest, Signer};
use imchat_verify::{Head, Verdict, Verifier};
use tokio::sync::mpsc;

use super::github_server::{GitHub, Payload};
use super::server::Server;
use super::{Inbox, now, span};

const SECRET: &str = "It's a Secret to Everybody";

/// A receiver as a service has one: verified, accepted, and only then answered.
#[derive(Clone)]
struct Receiver {
    verifier: Arc<Verifier<Provider>>,
    inbox: SqliteInbox,
    down: Arc<AtomicBool>,
    accepted: mpsc::UnboundedSender<Accepted>,
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if receiver.down.load(Ordering::SeqCst) {
        // What a gateway says while nothing is behind it.
        return StatusCode::BAD_GATEWAY;
    }
    let Ok(Verdict::Event(proved)) = receiver.verifier.verify(Head::post(&headers), &body, now()) else {
        return StatusCode::UNAUTHORIZED;
    };
    let delivery = Delivery::of(&proved.receipt(), now()).unwrap();
    let Ok(accepted) = receiver.inbox.accept(delivery).await else { return StatusCode::SERVICE_UNAVAILABLE };
    receiver.accepted.send(accepted).unwrap();
    StatusCode::ACCEPTED
}

/// GitHub's own example of a signature.
/// <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation>
fn githubs_own(guid: &'static str) -> Payload {
    let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    Payload { guid, body: b"Hello, World!".to_vec(), signature: signature.into() }
}

fn signed(guid: &'static str, body: &str) -> Payload {
    let headers = Signer::of(&GITHUB, SECRET).unwrap().sign(SignRequest::post(body.as_bytes(), now())).unwrap();
    Payload { guid, body: body.into(), signature: headers[0].1.clone() }
}

#[tokio::test]
async fn a_delivery_lost_in_downtime_is_sent_again_by_github_and_is_new_at_the_door_alone() {
    let (platform, room) = (GitHub::start().await, Inbox::new().await);
    let (sender, mut accepted) = mpsc::unbounded_channel();
    let down = Arc::new(AtomicBool::new(false));
    let receiver = Receiver {
        verifier: Arc::new(Provider::verifier(SECRET).unwrap()),
        inbox: room.inbox.clone(),
        down: Arc::clone(&down),
        accepted: sender,
    };
    let front = Server::start(Router::new().route("/github", post(receive)).with_state(receiver)).await;
    platform.receiver(format!("{}/github", front.base));

    assert_eq!(platform.happens(signed("came", "{\"ref\":\"refs/heads/one\"}"), 300).await, 202);
    assert_eq!(accepted.try_recv(), Ok(Accepted::New));
    down.store(true, Ordering::SeqCst);
    assert_eq!(platform.happens(githubs_own("lost"), 200).await, 502);
    // Spaced as no program would write it anew: its key is in these bytes.
    let odd = "{ \"ref\" :\t\"refs\\/heads\\/two\" }\n";
    assert_eq!(platform.happens(signed("lost too", odd), 100).await, 502);
    assert!(accepted.try_recv().is_err());

    // While it is still down, a run asks, GitHub tries, and nothing is lost by it.
    let run = Reconcile::new(&room.inbox);
    let in_vain = run.poll_once(&platform.source(), span()).await.unwrap();
    assert_eq!((in_vain.found, in_vain.new, in_vain.asked_again), (3, 0, 2));
    assert!(accepted.try_recv().is_err());

    down.store(false, Ordering::SeqCst);
    let healed = run.poll_once(&platform.source(), span()).await.unwrap();
    assert_eq!((healed.found, healed.new, healed.asked_again), (3, 0, 2));
    assert_eq!((accepted.try_recv(), accepted.try_recv()), (Ok(Accepted::New), Ok(Accepted::New)));
    assert!(accepted.try_recv().is_err());

    let after = run.poll_once(&platform.source(), span()).await.unwrap();
    assert_eq!((after.found, after.asked_again), (3, 0));
    assert_eq!(platform.asked_again(), ["lost", "lost too", "lost", "lost too"]);
    assert_eq!(room.inbox.counts().await.unwrap().ready, 3);
    let mut bodies: Vec<_> =
        room.inbox.take(10, Duration::from_secs(60)).await.unwrap().into_iter().map(|job| job.delivery.body).collect();
    bodies.sort();
    assert_eq!(bodies, [&b"Hello, World!"[..], odd.as_bytes(), b"{\"ref\":\"refs/heads/one\"}"]);
}

#[tokio::test]
async fn a_delivery_that_came_although_github_saw_no_answer_is_a_duplicate_at_the_door() {
    let (platform, room) = (GitHub::start().await, Inbox::new().await);
    let (sender, mut accepted) = mpsc::unbounded_channel();
    let receiver = Receiver {
        verifier: Arc::new(Provider::verifier(SECRET).unwrap()),
        inbox: room.inbox.clone(),
        down: Arc::default(),
        accepted: sender,
    };
    let front = Server::start(Router::new().route("/github", post(receive)).with_state(receiver)).await;
    platform.receiver(format!("{}/github", front.base));
    platform.happens(githubs_own("slow"), 100).await;
    assert_eq!(accepted.try_recv(), Ok(Accepted::New));
    // Its log has the timeout, and not that it came.
    platform.rewrite("slow", 504);

    let outcome = Reconcile::new(&room.inbox).poll_once(&platform.source(), span()).await.unwrap();
    assert_eq!((outcome.found, outcome.asked_again), (1, 1));
    assert!(matches!(accepted.try_recv(), Ok(Accepted::Duplicate { .. })));
    assert_eq!(room.inbox.counts().await.unwrap().ready, 1);
}
