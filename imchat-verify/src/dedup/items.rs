//! The items of a batch, each claimed on its own.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::time::Duration;

use super::{Claim, DedupKey, DedupStore, Fence, Lease, Settled};
use crate::receipt::Receipt;

/// What a claim of a batch's items came to.
#[derive(Debug)]
pub enum ClaimedItems<P> {
    /// These are the caller's to handle, none of them where all were handled before. The others were handled.
    Unseen(Vec<UnseenItem<P>>),
    /// Someone is handling one of the items, so nothing was kept: to acknowledge the batch would lose that one if they fail.
    /// Answer 503.
    Busy {
        /// Until their lease ends.
        retry_after: Duration,
    },
}

/// An item of a batch that is the caller's to handle, and to settle.
#[derive(Debug)]
#[must_use = "an item that is not completed is handled again"]
pub struct UnseenItem<P> {
    receipt: Receipt<P>,
    lease: Lease,
}

impl<P> UnseenItem<P> {
    /// The item, as if it had come alone.
    #[must_use]
    pub const fn receipt(&self) -> &Receipt<P> {
        &self.receipt
    }

    /// The fence of its claim: give it to every effect that can refuse a lower one.
    #[must_use]
    pub const fn fence(&self) -> Fence {
        self.lease.fence()
    }

    /// Ends the claim with the work done: the item is left out of further attempts for `retain`.
    ///
    /// # Errors
    ///
    /// The store's: whether it is done is in doubt.
    pub async fn complete<S: DedupStore>(self, store: &S, retain: Duration) -> Result<Settled, S::Error> {
        store.complete(&self.lease, retain).await
    }

    /// Ends the claim with the work not done: the next attempt hands the item on at once. Answer this one with an error.
    ///
    /// # Errors
    ///
    /// The store's: the claim ends with its lease then.
    pub async fn release<S: DedupStore>(self, store: &S) -> Result<Settled, S::Error> {
        store.release(&self.lease).await
    }
}

/// Claims the items of a batch and hands on those that nobody handled yet, for handlers that do their work before they
/// answer. A request that is no batch is one item; an item that stands in a batch twice is handed on once.
///
/// These claims stand beside the layer's own, which is of the request as a whole, and may be in the same store.
///
/// # Errors
///
/// The store's. What was claimed until then is given back, or ends with its lease.
pub async fn claim_items<S: DedupStore, P>(
    store: &S,
    receipt: &Receipt<P>,
    lease: Duration,
) -> Result<ClaimedItems<P>, S::Error> {
    let mut unseen = Vec::new();
    let mut met = BTreeSet::new();
    for receipt in receipt.items().unwrap_or_else(|| alloc::vec![receipt.clone()]) {
        let Some(key) = receipt.identity().dedup_key.map(of_item) else { continue };
        // It stands in this batch twice: its first claim may be over by now.
        if !met.insert(key) {
            continue;
        }
        match store.claim(&key, None, lease).await {
            Ok(Claim::Granted(lease)) => unseen.push(UnseenItem { receipt, lease }),
            // Without a digest no body is another one's.
            Ok(Claim::Done { .. } | Claim::Mismatch) => {}
            Ok(Claim::Busy { retry_after }) => {
                give_back(store, unseen).await;
                return Ok(ClaimedItems::Busy { retry_after });
            }
            Err(error) => {
                give_back(store, unseen).await;
                return Err(error);
            }
        }
    }
    Ok(ClaimedItems::Unseen(unseen))
}

async fn give_back<S: DedupStore, P>(store: &S, items: Vec<UnseenItem<P>>) {
    for item in items {
        // Where this fails the lease ends by itself.
        let _ended = item.release(store).await;
    }
}

/// A key of its own: the layer claims a request of one item under that item's key.
fn of_item(key: DedupKey) -> DedupKey {
    let mut bytes = alloc::vec![0];
    bytes.extend_from_slice(key.as_bytes());
    DedupKey::from_bytes(&bytes)
}
