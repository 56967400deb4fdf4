//! What the writer does for callers that have gone.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use imchat_verify::dedup::DedupKey;
use imchat_verify::inbox::Accepted;
use tokio::sync::{Mutex, Notify, Semaphore, mpsc, oneshot};

use super::batch::Arrivals;
use super::{Backend, Batch, Order, Outcome, run};
use crate::InboxError;
use crate::row::Row;

fn row(key: &str) -> Row {
    Row {
        key: DedupKey::from_bytes(key.as_bytes()),
        digest: [0; 32],
        witness: None,
        same_bytes: false,
        redelivers: false,
        provider: "test".into(),
        endpoint: None,
        kind: "event".into(),
        event_type: None,
        event_id: None,
        tenant: None,
        lane: None,
        headers: Vec::new(),
        body: Bytes::from_static(b"{}"),
        sealed: false,
        sent_at: None,
        received_at: 0,
        trace: None,
        priority: 0,
        run_at: None,
        most_attempts: 1,
    }
}

/// A database that is away until it gets a permit for each batch, and says what it is given.
struct Away {
    asked: Arc<Notify>,
    back: Arc<Semaphore>,
    written: mpsc::UnboundedSender<Vec<DedupKey>>,
}

impl Backend for Away {
    async fn reach(&mut self) -> Result<(), InboxError> {
        self.asked.notify_one();
        self.back.acquire().await.map_err(|_| InboxError::Closed)?.forget();
        Ok(())
    }

    async fn write(&mut self, batch: &Batch) -> Result<Outcome, InboxError> {
        let _gone = self.written.send(batch.enqueues.iter().map(|row| row.key).collect());
        Ok(Outcome::all_new(batch))
    }
}

#[tokio::test]
async fn a_row_whose_caller_gave_up_while_the_database_was_away_is_not_written_later() {
    let (asked, back) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let (written, mut writes) = mpsc::unbounded_channel();
    let (sender, inlet) = mpsc::channel(8);
    let inlet = Arc::new(Mutex::new(Arrivals::new(inlet)));
    let backend = Away { asked: Arc::clone(&asked), back: Arc::clone(&back), written };
    let writer = tokio::spawn(run(backend, inlet, Arc::new(Notify::new()), Arc::new(AtomicU64::new(0))));
    let (given_up, answer) = oneshot::channel();
    let (all_given_up, answers) = oneshot::channel();
    let (patient, waits) = oneshot::channel();
    sender.send(Order::Enqueue(Box::new(row("given up")), given_up)).await.unwrap();
    sender.send(Order::EnqueueAll(vec![row("one"), row("two")], all_given_up)).await.unwrap();
    sender.send(Order::Enqueue(Box::new(row("patient")), patient)).await.unwrap();

    asked.notified().await;
    drop((answer, answers));
    back.add_permits(1);

    assert!(matches!(waits.await.unwrap().unwrap(), Accepted::New));
    assert_eq!(writes.recv().await.unwrap(), [DedupKey::from_bytes(b"patient")]);
    drop(sender);
    writer.await.unwrap();
}
