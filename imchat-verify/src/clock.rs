//! Time as a value: the core never reads a clock of its own.

use time::OffsetDateTime;

/// Tells the time to what needs it between requests, such as the memory store.
///
/// `imchat-tower` has the system's clock; tests bring one that they move by hand.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> OffsetDateTime;

    /// The time now in microseconds since 1970; earlier times count as 1970.
    ///
    /// It says the same as [`now`](Self::now). Implement it where that can be had cheaper than a date.
    fn micros(&self) -> u64 {
        crate::dedup::micros(self.now())
    }
}

impl<F> Clock for F
where
    F: Fn() -> OffsetDateTime + Send + Sync + 'static,
{
    fn now(&self) -> OffsetDateTime {
        self()
    }
}
