//! Times outside the window: by how much, and what that much usually means.

use std::time::Duration;

use imchat_verify::{Error, Window};
use time::OffsetDateTime;

use crate::text::span;

/// What a time outside the window comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The sender writes milliseconds where the scheme has seconds.
    Milliseconds,
    /// The sender writes seconds where the scheme has milliseconds.
    Seconds,
    /// It is off by whole hours.
    TimeZone,
    /// A clock is wrong, or the request is an old one.
    Skew,
    /// The token that proves it has ended.
    Ended,
    /// The token that proves it does not count yet.
    NotBegun,
}

impl Cause {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Milliseconds => "clock-milliseconds",
            Self::Seconds => "clock-seconds",
            Self::TimeZone => "clock-time-zone",
            Self::Skew => "clock-skew",
            Self::Ended => "token-ended",
            Self::NotBegun => "token-not-begun",
        }
    }

    #[cfg(test)]
    pub(super) const ALL: [Self; 6] =
        [Self::Milliseconds, Self::Seconds, Self::TimeZone, Self::Skew, Self::Ended, Self::NotBegun];
}

/// The cause of a time outside the window, as its distance tells it.
pub(super) fn cause(error: Error, now: OffsetDateTime, window: Window) -> Option<Cause> {
    let now = u64::try_from(now.unix_timestamp()).unwrap_or_default();
    let is_near = |time: u64, now: u64| {
        let slack = if time <= now { window.past } else { window.future };
        time.abs_diff(now) <= slack.as_secs()
    };
    let cause = match error {
        Error::Future { ahead } if is_near(now.saturating_add(ahead.as_secs()).checked_div(1000)?, now) => {
            Cause::Milliseconds
        }
        Error::Stale { age } if is_near(now.saturating_sub(age.as_secs()).saturating_mul(1000), now) => Cause::Seconds,
        Error::Stale { age: apart } | Error::Future { ahead: apart } if is_whole_hours(apart, window) => {
            Cause::TimeZone
        }
        Error::Stale { .. } | Error::Future { .. } => Cause::Skew,
        _ => return None,
    };
    Some(cause)
}

/// A time zone's distance: full hours from one to fourteen, give or take what the window forgives.
fn is_whole_hours(apart: Duration, window: Window) -> bool {
    const HOUR: u64 = 3600;
    let slack = window.past.min(window.future).min(Duration::from_secs(60)).as_secs();
    let hours = apart.as_secs().saturating_add(HOUR / 2).checked_div(HOUR).unwrap_or_default();
    (1..=14).contains(&hours) && apart.as_secs().abs_diff(hours.saturating_mul(HOUR)) <= slack
}

/// By how much, as a clause.
pub(super) fn distance(error: Error, window: Window) -> String {
    format!("{error} ({} back, {} ahead)", span(window.past), span(window.future))
}

/// One sentence: by how much, and what to do.
pub(super) fn sentence(cause: Cause, distance: &str, signature: &str) -> String {
    let remedy = match cause {
        Cause::Milliseconds => {
            "its time is in milliseconds where the scheme has seconds: let the sender divide by 1000"
        }
        Cause::Seconds => "its time is in seconds where the scheme has milliseconds: let the sender multiply by 1000",
        Cause::TimeZone => {
            "that is full hours, so one side takes local time for Unix time: correct it, or give the time of its capture \
             with --now"
        }
        Cause::Skew | Cause::Ended | Cause::NotBegun => {
            "give the time of its capture with --now, or --window off; where it was live, set the clocks by NTP"
        }
    };
    format!("{distance}, and {signature}: {remedy}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn told(error: Error) -> Option<Cause> {
        cause(error, OffsetDateTime::from_unix_timestamp(NOW).unwrap(), Window::FIVE_MINUTES)
    }

    #[test]
    fn a_distance_tells_its_cause() {
        let secs = Duration::from_secs;
        assert_eq!(told(Error::Future { ahead: secs(1_700_000_000_123 - 1_700_000_000) }), Some(Cause::Milliseconds));
        assert_eq!(told(Error::Stale { age: secs(1_700_000_000 - 1_700_000) }), Some(Cause::Seconds));
        assert_eq!(told(Error::Stale { age: secs(2 * 3600 + 30) }), Some(Cause::TimeZone));
        assert_eq!(told(Error::Future { ahead: secs(8 * 3600 - 1) }), Some(Cause::TimeZone));
        assert_eq!(told(Error::Stale { age: secs(301) }), Some(Cause::Skew));
        assert_eq!(told(Error::Stale { age: secs(30 * 3600) }), Some(Cause::Skew));
        assert_eq!(told(Error::Mismatch), None);
    }
}
