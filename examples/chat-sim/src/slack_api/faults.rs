//! Answers on demand.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;

/// What to answer instead of doing the call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// 429 `ratelimited` with this `Retry-After`, whole seconds.
    RateLimited {
        /// `Retry-After` in seconds.
        retry_after: u64,
    },
    /// HTTP 200, `"ok": false` and this error, for instance `not_in_channel`.
    Error(&'static str),
    /// This status with an empty body, as a broken proxy answers.
    Status(StatusCode),
    /// Nothing for this long, then as ever.
    Hang(Duration),
    /// The call is done and its answer lost: the caller sees 502.
    LostResponse,
}

/// Faults in the order they were asked for.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<VecDeque<Fault>>);

impl Faults {
    pub(super) fn push(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(fault);
    }

    /// Takes the next one, where it is about the way and not the call.
    pub(super) fn take_on_the_way(&self) -> Option<Fault> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        faults.pop_front_if(|fault| matches!(fault, Fault::Hang(_) | Fault::LostResponse))
    }

    pub(super) fn take(&self) -> Option<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}
