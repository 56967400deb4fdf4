//! Calls to the queue that must not hang the worker.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use tokio::time::timeout;

use crate::InboxError;

/// Why nothing was heard of the queue.
#[derive(Debug)]
pub(super) enum Unheard {
    Failed(InboxError),
    Late,
}

/// What the queue says within this time.
pub(super) async fn within<T>(most: Duration, call: impl Future<Output = Result<T, InboxError>>) -> Result<T, Unheard> {
    match timeout(most, call).await {
        Ok(told) => told.map_err(Unheard::Failed),
        Err(_) => Err(Unheard::Late),
    }
}

impl Unheard {
    /// Whether it may have been done all the same.
    pub(super) const fn leaves_doubt(&self) -> bool {
        match self {
            Self::Failed(error) => error.leaves_doubt(),
            Self::Late => true,
        }
    }
}

impl fmt::Display for Unheard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Late => f.write_str("the inbox's database does not answer: see what holds it, or give longer leases"),
        }
    }
}
