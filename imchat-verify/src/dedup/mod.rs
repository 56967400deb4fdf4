//! Handled once, though platforms retry: keys, claims with leases and fences, and the contract of the stores.
//!
//! A delivery is *claimed* before the work and *completed* after it. A claim is a lease: if its holder dies, the lease
//! ends and the platform's next attempt gets a new one. Every lease carries a [`Fence`], a number that only grows: a
//! holder that lost its lease can be told from the one that has it, by the store and by anything downstream that keeps
//! the highest fence it has seen.
//!
//! What this promises is *at least once, fenced*. It is safe only where the work is enqueued and the claim completed in
//! one transaction, or where the queue keeps a tombstone per key: with the digest, where attempts must carry the same body,
//! for a holder that lost its lease may be the first to enqueue.

mod entry;
mod fence;
mod items;
mod key;
#[cfg(feature = "memory")]
mod memory;
mod shared;
mod store;

pub use entry::Entry;
#[cfg(feature = "testing")]
pub(crate) use entry::State;
pub use fence::Fence;
pub(crate) use fence::micros;
pub use items::{ClaimedItems, UnseenItem, claim_items};
pub use key::DedupKey;
pub(crate) use key::Scope;
#[cfg(feature = "memory")]
pub use memory::MemoryStore;
pub use shared::{SharedStore, StoreError};
pub use store::{Claim, DedupStore, Lease, Settled};
