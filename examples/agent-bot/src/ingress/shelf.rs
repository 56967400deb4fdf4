//! An inbox for tests.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use imchat_verify::inbox::{Accepted, Delivery, Inbox};

/// Keeps what it is given, or fails.
#[derive(Clone, Default)]
pub(super) struct Shelf {
    pub(super) kept: Arc<Mutex<Vec<Delivery>>>,
    pub(super) broken: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("the shelf is broken")]
pub(super) struct Broken;

impl Inbox for Shelf {
    type Error = Broken;

    fn retention(&self) -> Duration {
        Duration::MAX
    }

    async fn accept(&self, delivery: Delivery) -> Result<Accepted, Broken> {
        if self.broken {
            return Err(Broken);
        }
        self.kept.lock().expect("no panic").push(delivery);
        Ok(Accepted::New)
    }
}
