//! Any store, behind one type.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::error::Error;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::time::Duration;

use super::{Claim, DedupKey, DedupStore, Lease, Settled};
use crate::Digest;

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The own error of a store or an inbox, kept whole as the source.
#[derive(Debug)]
pub struct StoreError(Box<dyn Error + Send + Sync>);

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the store or inbox failed: see its own error, and check that it is reachable")
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

impl StoreError {
    /// Wraps a store's own error.
    pub fn new(error: impl Error + Send + Sync + 'static) -> Self {
        Self(Box::new(error))
    }
}

/// The verbs with their arguments by value: what they return then borrows the store alone.
trait Verbs: Send + Sync {
    fn claim(&self, key: DedupKey, digest: Option<Digest>, lease: Duration) -> Answer<'_, Claim>;
    fn renew(&self, lease: Lease, length: Duration) -> Answer<'_, Settled>;
    fn complete(&self, lease: Lease, retain: Duration) -> Answer<'_, Settled>;
    fn release(&self, lease: Lease) -> Answer<'_, Settled>;
}

impl<S: DedupStore> Verbs for S {
    fn claim(&self, key: DedupKey, digest: Option<Digest>, lease: Duration) -> Answer<'_, Claim> {
        Box::pin(async move { DedupStore::claim(self, &key, digest, lease).await.map_err(StoreError::new) })
    }

    fn renew(&self, lease: Lease, length: Duration) -> Answer<'_, Settled> {
        Box::pin(async move { DedupStore::renew(self, &lease, length).await.map_err(StoreError::new) })
    }

    fn complete(&self, lease: Lease, retain: Duration) -> Answer<'_, Settled> {
        Box::pin(async move { DedupStore::complete(self, &lease, retain).await.map_err(StoreError::new) })
    }

    fn release(&self, lease: Lease) -> Answer<'_, Settled> {
        Box::pin(async move { DedupStore::release(self, &lease).await.map_err(StoreError::new) })
    }
}

/// Any [`DedupStore`], behind one type that is cheap to clone.
#[derive(Clone)]
pub struct SharedStore(Arc<dyn Verbs>);

impl SharedStore {
    /// Shares a store.
    pub fn new(store: impl DedupStore) -> Self {
        Self(Arc::new(store))
    }
}

impl fmt::Debug for SharedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedStore")
    }
}

// Handed on as they are: an async fn around each would only make callers' futures larger.
impl DedupStore for SharedStore {
    type Error = StoreError;

    fn claim(
        &self,
        key: &DedupKey,
        digest: Option<Digest>,
        lease: Duration,
    ) -> impl Future<Output = Result<Claim, StoreError>> + Send {
        self.0.claim(*key, digest, lease)
    }

    fn renew(&self, lease: &Lease, length: Duration) -> impl Future<Output = Result<Settled, StoreError>> + Send {
        self.0.renew(*lease, length)
    }

    fn complete(&self, lease: &Lease, retain: Duration) -> impl Future<Output = Result<Settled, StoreError>> + Send {
        self.0.complete(*lease, retain)
    }

    fn release(&self, lease: &Lease) -> impl Future<Output = Result<Settled, StoreError>> + Send {
        self.0.release(*lease)
    }
}

impl<S: DedupStore> DedupStore for Arc<S> {
    type Error = S::Error;

    async fn claim(&self, key: &DedupKey, digest: Option<Digest>, lease: Duration) -> Result<Claim, S::Error> {
        (**self).claim(key, digest, lease).await
    }

    async fn renew(&self, lease: &Lease, length: Duration) -> Result<Settled, S::Error> {
        (**self).renew(lease, length).await
    }

    async fn complete(&self, lease: &Lease, retain: Duration) -> Result<Settled, S::Error> {
        (**self).complete(lease, retain).await
    }

    async fn release(&self, lease: &Lease) -> Result<Settled, S::Error> {
        (**self).release(lease).await
    }
}
