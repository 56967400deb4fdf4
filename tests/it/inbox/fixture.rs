//! An inbox in memory that yields at every step, keeps count, and fails as it is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use imchat_verify::dedup::DedupKey;
use imchat_verify::inbox::{Accepted, Delivery, Differs, Inbox};
use imchat_verify::scheme::Attempts;
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::tower::fixture::{Down, seconds};

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing is written, and the inbox says that it failed.
    Fails,
    /// Nothing is written, and the inbox never answers.
    Hangs,
    /// Nothing is written, and the inbox panics.
    Panics,
    /// The row is durable, and the inbox answers after this long.
    Late(Duration),
    /// The row is durable, and the inbox says that it failed.
    FailsAfter,
    /// The row is durable, and the inbox panics.
    PanicsAfter,
}

#[derive(Debug, Default)]
struct State {
    faults: Vec<Fault>,
    asked: usize,
    rows: BTreeMap<DedupKey, Delivery>,
    quarantine: Vec<Delivery>,
}

/// An inbox whose clones share everything.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    state: Arc<Mutex<State>>,
    retention: Duration,
}

impl Written {
    pub(crate) fn new() -> Self {
        Self { state: Arc::default(), retention: seconds(8 * 24 * 3600) }
    }

    pub(super) fn remembering(retention: Duration) -> Self {
        Self { retention, ..Self::new() }
    }

    /// What the next calls suffer, one after another; later ones are carried out.
    pub(super) fn suffering(self, faults: impl IntoIterator<Item = Fault>) -> Self {
        let mut faults: Vec<_> = faults.into_iter().collect();
        faults.reverse();
        self.state.lock().unwrap().faults = faults;
        self
    }

    /// From now on all is carried out.
    pub(super) fn heal(&self) {
        self.state.lock().unwrap().faults.clear();
    }

    /// How often it was called.
    pub(super) fn asked(&self) -> usize {
        self.state.lock().unwrap().asked
    }

    /// The rows that are durable.
    pub(super) fn rows(&self) -> Vec<Delivery> {
        self.state.lock().unwrap().rows.values().cloned().collect()
    }

    pub(crate) fn row(&self) -> Delivery {
        let rows = self.rows();
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.into_iter().next().unwrap()
    }

    pub(super) fn quarantine(&self) -> Vec<Delivery> {
        self.state.lock().unwrap().quarantine.clone()
    }

    fn write(&self, delivery: Delivery) -> Accepted {
        let State { rows, quarantine, .. } = &mut *self.state.lock().unwrap();
        let Some(first) = rows.get(&delivery.key) else {
            rows.insert(delivery.key, delivery);
            return Accepted::New;
        };
        let other_id = first.witness.zip(delivery.witness).is_some_and(|(one, other)| one != other);
        let differs = match (first.digest == delivery.digest, delivery.attempts) {
            (true, _) if other_id => Differs::DeliveryId,
            (true, _) => Differs::Nothing,
            (false, Attempts::MayDiffer) => Differs::Body,
            (false, _) => {
                quarantine.push(delivery);
                return Accepted::Mismatch;
            }
        };
        Accepted::Duplicate { differs }
    }
}

impl Inbox for Written {
    type Error = Down;

    fn retention(&self) -> Duration {
        self.retention
    }

    async fn accept(&self, delivery: Delivery) -> Result<Accepted, Down> {
        let fault = {
            let mut state = self.state.lock().unwrap();
            state.asked += 1;
            state.faults.pop()
        };
        // Twice: a call is polled once more at once when a timer is set for it.
        yield_now().await;
        yield_now().await;
        match fault {
            Some(Fault::Fails) => return Err(Down),
            Some(Fault::Hangs) => std::future::pending().await,
            Some(Fault::Panics) => panic!("the inbox panics, as it is told"),
            _ => {}
        }
        let accepted = self.write(delivery);
        yield_now().await;
        match fault {
            Some(Fault::Late(by)) => sleep(by).await,
            Some(Fault::FailsAfter) => return Err(Down),
            Some(Fault::PanicsAfter) => panic!("the inbox panics, as it is told"),
            _ => {}
        }
        Ok(accepted)
    }
}

/// What the inbox said of the delivery, as the response tells it to metrics.
pub(super) fn accepted<B>(response: &http::Response<B>) -> Option<Accepted> {
    response.extensions().get().copied()
}
