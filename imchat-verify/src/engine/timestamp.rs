//! A request's time: strictly written, compared both ways.

use core::time::Duration;

use time::OffsetDateTime;

use crate::error::Error;
use crate::scheme::{Source, Unit};
use crate::window::Window;

/// More digits than this are no 64-bit number; this many never overflow an unsigned one.
const MAX_DIGITS: usize = 19;

/// Parses canonical decimals: ASCII digits, no sign, no space, no leading zero.
fn decimal(text: &[u8]) -> Option<i64> {
    let canonical = matches!(text, [b'0'] | [b'1'..=b'9', ..]) && text.len() <= MAX_DIGITS;
    if !canonical {
        return None;
    }
    let (number, plain) = text.iter().fold((0_u64, true), |(number, plain), byte| {
        let digit = byte.wrapping_sub(b'0');
        (number.wrapping_mul(10).wrapping_add(u64::from(digit)), plain & (digit <= 9))
    });
    i64::try_from(number).ok().filter(|_| plain)
}

/// From 1970 to the last second that a date can hold.
const CALENDAR: Duration = Duration::from_secs(253_402_300_799);

/// A request's time as it was written; made a date only for who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SentAt {
    units: i64,
    unit: Unit,
}

impl SentAt {
    pub(crate) fn date(self) -> Option<OffsetDateTime> {
        match self.unit {
            Unit::Seconds => OffsetDateTime::from_unix_timestamp(self.units).ok(),
            Unit::Millis => {
                let nanos = i128::from(self.units).checked_mul(1_000_000)?;
                OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()
            }
        }
    }
}

fn in_unit(now: OffsetDateTime, unit: Unit) -> i64 {
    match unit {
        Unit::Seconds => now.unix_timestamp(),
        Unit::Millis => now.unix_timestamp().saturating_mul(1000).saturating_add(i64::from(now.millisecond())),
    }
}

fn span(units: u64, unit: Unit) -> Duration {
    match unit {
        Unit::Seconds => Duration::from_secs(units),
        Unit::Millis => Duration::from_millis(units),
    }
}

/// Checks that the time lies inside the window; exactly the window's edge passes.
pub(super) fn check(
    source: Source,
    text: &[u8],
    unit: Unit,
    window: Window,
    now: OffsetDateTime,
) -> Result<SentAt, Error> {
    let sent = decimal(text).ok_or(Error::Malformed(source, "a Unix time in canonical decimals"))?;
    let now = in_unit(now, unit);
    let distance = span(now.abs_diff(sent), unit);
    if sent <= now && distance > window.past {
        return Err(Error::Stale { age: distance });
    }
    if sent > now && distance > window.future {
        return Err(Error::Future { ahead: distance });
    }
    if span(sent.unsigned_abs(), unit) > CALENDAR {
        return Err(Error::Malformed(source, "a time before the year 10000"));
    }
    Ok(SentAt { units: sent, unit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_decimals_are_a_time() {
        assert_eq!(decimal(b"1531420618"), Some(1_531_420_618));
        assert_eq!(decimal(b"0"), Some(0));
        assert_eq!(decimal(b"9223372036854775807"), Some(i64::MAX));
        let too_large = ["9223372036854775808", "9999999999999999999", "18446744073709551617", "99999999999999999999"];
        for text in
            ["", " 1", "+1", "-1", "00", "01", "1.5", "1e9", "1 ", "1/", "1:", "\u{661}"].iter().chain(&too_large)
        {
            assert_eq!(decimal(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_edge_of_the_window_passes_and_one_second_more_does_not() {
        let at = |text: &str| {
            let now = OffsetDateTime::from_unix_timestamp(1000).unwrap();
            check(Source::Header("t"), text.as_bytes(), Unit::Seconds, Window::FIVE_MINUTES, now)
        };
        assert!(at("700").is_ok() && at("1300").is_ok());
        assert_eq!(at("699"), Err(Error::Stale { age: Duration::from_secs(301) }));
        assert_eq!(at("1301"), Err(Error::Future { ahead: Duration::from_secs(301) }));
        assert!(matches!(at("9223372036854775807"), Err(Error::Future { .. })));
    }
}
