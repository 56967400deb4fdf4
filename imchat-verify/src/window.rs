//! How far a request's time may lie from now.

use core::time::Duration;

/// How old, and how far ahead of the receiver's clock, a request may be; exactly that far still passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How old a request may be.
    pub past: Duration,
    /// How far ahead of the receiver's clock its time may lie.
    pub future: Duration,
}

impl Window {
    /// 300 seconds both ways: what most platforms use.
    pub const FIVE_MINUTES: Self = Self::symmetric(Duration::from_secs(300));

    /// The same span both ways.
    #[must_use]
    pub const fn symmetric(span: Duration) -> Self {
        Self { past: span, future: span }
    }

    /// A span for each way.
    #[must_use]
    pub const fn new(past: Duration, future: Duration) -> Self {
        Self { past, future }
    }
}
