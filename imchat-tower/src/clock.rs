//! The system's clock, for production; the core itself reads none.

use imchat_verify::Clock;
use time::OffsetDateTime;

/// The system's clock, in UTC.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}
