//! A request's time: strictly written, compared both ways.

use core::time::Duration;

use time::OffsetDateTime;

use crate::error::Error;
use crate::scheme::{Source, Unit};
use crate::window::Window;

/// Parses canonical decimals: ASCII digits, no sign, no space, no leading zero.
fn decimal(text: &[u8]) -> Option<i64> {
    match text {
        [] | [b'0', _, ..] => return None,
        _ => {}
    }
    text.iter().try_fold(0_i64, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        number.checked_mul(10)?.checked_add(i64::from(digit))
    })
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
        for text in ["", " 1", "+1", "-1", "01", "1.5", "1e9", "1 ", "99999999999999999999", "\u{661}"] {
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
