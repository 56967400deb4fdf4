//! Any inbox, behind one type.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::time::Duration;

use super::{Accepted, Delivery, Inbox};
use crate::dedup::StoreError;

type Answer<'a, T = Accepted> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

trait Verbs: Send + Sync {
    fn retention(&self) -> Duration;
    fn accept(&self, delivery: Delivery) -> Answer<'_>;
    fn accept_all(&self, deliveries: Vec<Delivery>) -> Answer<'_, Vec<Accepted>>;
}

impl<I: Inbox> Verbs for I {
    fn retention(&self) -> Duration {
        Inbox::retention(self)
    }

    fn accept(&self, delivery: Delivery) -> Answer<'_> {
        Box::pin(async move { Inbox::accept(self, delivery).await.map_err(StoreError::new) })
    }

    fn accept_all(&self, deliveries: Vec<Delivery>) -> Answer<'_, Vec<Accepted>> {
        Box::pin(async move { Inbox::accept_all(self, deliveries).await.map_err(StoreError::new) })
    }
}

/// Any [`Inbox`], behind one type that is cheap to clone.
#[derive(Clone)]
pub struct SharedInbox(Arc<dyn Verbs>);

impl SharedInbox {
    /// Shares an inbox.
    pub fn new(inbox: impl Inbox) -> Self {
        Self(Arc::new(inbox))
    }
}

impl fmt::Debug for SharedInbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedInbox")
    }
}

impl Inbox for SharedInbox {
    type Error = StoreError;

    fn retention(&self) -> Duration {
        self.0.retention()
    }

    async fn accept(&self, delivery: Delivery) -> Result<Accepted, StoreError> {
        self.0.accept(delivery).await
    }

    async fn accept_all(&self, deliveries: Vec<Delivery>) -> Result<Vec<Accepted>, StoreError> {
        self.0.accept_all(deliveries).await
    }
}

impl<I: Inbox> Inbox for Arc<I> {
    type Error = I::Error;

    fn retention(&self) -> Duration {
        (**self).retention()
    }

    async fn accept(&self, delivery: Delivery) -> Result<Accepted, I::Error> {
        (**self).accept(delivery).await
    }

    async fn accept_all(&self, deliveries: Vec<Delivery>) -> Result<Vec<Accepted>, I::Error> {
        (**self).accept_all(deliveries).await
    }
}
