//! A 2xx means durable: the contract of inboxes, where the job's row is itself the dedup record.
//!
//! A delivery that is proved is *accepted*: written down in one step that also says whether its key was there before. Only
//! then is the platform answered, and the work is done later by workers that lease the job. Nothing is marked as seen
//! that is not durable, and nothing durable is marked twice.
//!
//! ```
//! use core::convert::Infallible;
//! use core::time::Duration;
//! use std::collections::BTreeSet;
//! use std::sync::Mutex;
//!
//! use imchat_verify::dedup::DedupKey;
//! use imchat_verify::inbox::{Accepted, Delivery, Differs, Inbox};
//!
//! /// Remembers keys only, and only in memory: an inbox in its shape, not in what it promises.
//! #[derive(Default)]
//! struct Seen(Mutex<BTreeSet<DedupKey>>);
//!
//! impl Inbox for Seen {
//!     type Error = Infallible;
//!
//!     fn retention(&self) -> Duration {
//!         Duration::MAX
//!     }
//!
//!     async fn accept(&self, delivery: Delivery) -> Result<Accepted, Infallible> {
//!         let mut seen = self.0.lock().unwrap_or_else(|broken| broken.into_inner());
//!         let new = seen.insert(delivery.key);
//!         Ok(if new { Accepted::New } else { Accepted::Duplicate { differs: Differs::Nothing } })
//!     }
//! }
//! ```

mod delivery;
mod shared;

use alloc::vec::Vec;
use core::error::Error;
use core::future::Future;
use core::time::Duration;

pub use delivery::Delivery;
pub use shared::SharedInbox;

/// An inbox's answer: in every case something is durable, and the platform may be told so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// The delivery is written down, and will be worked on.
    New,
    /// It was written down before, within the retention; the first one stands.
    Duplicate {
        /// What this attempt carried that the first one did not.
        differs: Differs,
    },
    /// The key is taken by another body, from a platform that repeats bodies exactly: this one is kept in quarantine
    /// and not worked on.
    Mismatch,
}

/// What a duplicate carries that the delivery which stands does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differs {
    /// It is the same.
    Nothing,
    /// Another body, from a platform whose bodies may differ between attempts.
    Body,
    /// The same body under another delivery id, which no honest retry has: a replay is suspected.
    DeliveryId,
}

/// Writes proved deliveries down, once for each key.
///
/// [`accept`](Self::accept) is one atomic step. It may say [`Accepted`] only once what it says is durable: after a crash of
/// the process or the machine the job is still there. Where that is in doubt it is an error, and the platform sends again.
pub trait Inbox: Send + Sync + 'static {
    /// Why a delivery could not be written down: the caller does not know whether it was.
    type Error: Error + Send + Sync + 'static;

    /// How long a key is remembered at least, counted from when it was accepted.
    fn retention(&self) -> Duration;

    /// Writes a delivery down, if its key is not there yet.
    fn accept(&self, delivery: Delivery) -> impl Future<Output = Result<Accepted, Self::Error>> + Send;

    /// Writes the items of a batch down, each under its own key, and answers once all that it says is durable.
    ///
    /// Here they are accepted one after the other: where one fails, those before it are durable, and duplicates when the
    /// batch is sent again. An inbox with transactions writes what is unseen in one.
    ///
    /// # Errors
    ///
    /// As of [`accept`](Self::accept): for some of them it is in doubt.
    fn accept_all(&self, deliveries: Vec<Delivery>) -> impl Future<Output = Result<Vec<Accepted>, Self::Error>> + Send {
        async move {
            let mut accepted = Vec::with_capacity(deliveries.len());
            for delivery in deliveries {
                accepted.push(self.accept(delivery).await?);
            }
            Ok(accepted)
        }
    }
}
