//! A request's time: strictly written, compared both ways.

use core::time::Duration;

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

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

/// Parses RFC 3339 in UTC as Unix microseconds. Only `Z` ends it, and every field has its fixed place: the text has no
/// border that could move. Out of line: most platforms send numbers, and what a date takes is not to weigh on them.
#[cold]
#[inline(never)]
fn rfc3339(text: &[u8]) -> Option<i64> {
    let fraction = match text.get(19..)? {
        b"Z" => &[][..],
        [b'.', digits @ .., b'Z'] if (1..=9).contains(&digits.len()) => digits,
        _ => return None,
    };
    let marks = [4, 7, 10, 13, 16].map(|at: usize| text.get(at).copied().unwrap_or_default());
    let two = |at: usize| u8::try_from(digits(text.get(at..at.checked_add(2)?)?)?).ok();
    let year = i32::try_from(digits(text.get(..4)?)?).ok().filter(|_| marks == *b"--T::")?;
    let date = Date::from_calendar_date(year, Month::try_from(two(5)?).ok()?, two(8)?).ok()?;
    // Microseconds are what is kept; what stands behind them must be digits too.
    digits(fraction)?;
    let mut micros = [b'0'; 6];
    let shown = fraction.len().min(micros.len());
    micros.get_mut(..shown)?.copy_from_slice(fraction.get(..shown)?);
    let time = Time::from_hms_micro(two(11)?, two(14)?, two(17)?, digits(&micros)?).ok()?;
    i64::try_from(PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp_nanos().div_euclid(1000)).ok()
}

/// The number that these few digits write, with leading zeros.
fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0_u32, |sum, byte| {
        let digit = char::from(*byte).to_digit(10)?;
        Some(sum.saturating_mul(10).saturating_add(digit))
    })
}

/// Whether the text is a time that is written alike for all times of our age, so that its border with a neighbour in the
/// message cannot move.
pub(super) fn is_strict(text: &[u8], unit: Unit) -> bool {
    let long = |digits| text.len() == digits && text.iter().all(u8::is_ascii_digit) && text.first() != Some(&b'0');
    match unit {
        Unit::Seconds => long(10),
        Unit::Millis => long(13),
        Unit::Rfc3339 => rfc3339(text).is_some(),
    }
}

/// How a time of this unit is written, for the error that says what was expected.
pub(super) const fn expected(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds | Unit::Millis => "a Unix time in canonical decimals",
        Unit::Rfc3339 => "an RFC 3339 time that ends in Z",
    }
}

/// The year 10000, with which the times end that a date can hold.
const fn end_of_calendar(unit: Unit) -> u64 {
    const SECONDS: u64 = 253_402_300_800;
    match unit {
        Unit::Seconds => SECONDS,
        Unit::Millis => SECONDS * 1000,
        Unit::Rfc3339 => SECONDS * 1_000_000,
    }
}

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
            Unit::Rfc3339 => {
                let nanos = i128::from(self.units).checked_mul(1000)?;
                OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()
            }
        }
    }
}

fn in_unit(now: OffsetDateTime, unit: Unit) -> i64 {
    match unit {
        Unit::Seconds => now.unix_timestamp(),
        Unit::Millis => now.unix_timestamp().saturating_mul(1000).saturating_add(i64::from(now.millisecond())),
        Unit::Rfc3339 => now.unix_timestamp().saturating_mul(1_000_000).saturating_add(i64::from(now.microsecond())),
    }
}

fn span(units: u64, unit: Unit) -> Duration {
    match unit {
        Unit::Seconds => Duration::from_secs(units),
        Unit::Millis => Duration::from_millis(units),
        Unit::Rfc3339 => Duration::from_micros(units),
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
    let sent = if unit == Unit::Rfc3339 { rfc3339(text) } else { decimal(text) };
    let sent = sent.ok_or(Error::Malformed(source, expected(unit)))?;
    let now = in_unit(now, unit);
    let distance = span(now.abs_diff(sent), unit);
    if sent <= now && distance > window.past {
        return Err(Error::Stale { age: distance });
    }
    if sent > now && distance > window.future {
        return Err(Error::Future { ahead: distance });
    }
    if sent.unsigned_abs() >= end_of_calendar(unit) {
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
    fn only_a_whole_time_in_utc_is_rfc3339() {
        assert_eq!(rfc3339(b"1970-01-01T00:00:01Z"), Some(1_000_000));
        assert_eq!(rfc3339(b"2021-02-19T23:47:00.8091512Z"), Some(1_613_778_420_809_151));
        assert_eq!(rfc3339(b"2021-02-19T23:47:00.000000009Z"), Some(1_613_778_420_000_000));
        for text in [
            "",
            "Z",
            "2021-02-19T23:47:00",
            "2021-02-19T23:47:00.Z",
            "2021-02-19T23:47:00.0000000001Z",
            "2021-02-19T23:47:00.12345678xZ",
            "2021-02-19T23:47:00.1x345678Z",
            "2021-02-19T23:47:00+00:00",
            "2021-02-19t23:47:00z",
            "2021-02-19 23:47:00Z",
            "2021-02-29T23:47:00Z",
            "2021-13-19T23:47:00Z",
            "2021-02-19T24:00:00Z",
            "2021-02-19T23:47:60Z",
            "02021-02-19T23:47:00Z",
            "+021-02-19T23:47:00Z",
            "2021-02-19T23:47:00ZZ",
            " 2021-02-19T23:47:00Z",
        ] {
            assert_eq!(rfc3339(text.as_bytes()), None, "{text}");
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

    #[test]
    fn the_last_moment_of_the_calendar_passes_and_the_next_does_not() {
        let check = |text: &str, unit| {
            let window = Window::symmetric(Duration::MAX);
            check(Source::Header("t"), text.as_bytes(), unit, window, OffsetDateTime::UNIX_EPOCH)
        };
        let last = |nanos| PrimitiveDateTime::MAX.replace_nanosecond(nanos).unwrap().assume_utc();
        for (text, next, unit, nanos) in [
            ("253402300799", "253402300800", Unit::Seconds, 0),
            ("253402300799999", "253402300800000", Unit::Millis, 999_000_000),
        ] {
            assert_eq!(check(text, unit).unwrap().date(), Some(last(nanos)), "{text}");
            assert!(matches!(check(next, unit), Err(Error::Malformed(..))), "{next}");
        }
        let written = check("9999-12-31T23:59:59.999999Z", Unit::Rfc3339).unwrap();
        assert_eq!(written.date(), Some(last(999_999_000)));
    }

    #[test]
    fn what_is_no_time_is_told_how_a_time_is_written() {
        let told = |unit| {
            check(Source::Header("t"), b"now", unit, Window::FIVE_MINUTES, OffsetDateTime::UNIX_EPOCH)
                .unwrap_err()
                .to_string()
        };
        assert!(
            told(Unit::Seconds).contains("canonical decimals") && told(Unit::Millis).contains("canonical decimals")
        );
        assert!(told(Unit::Rfc3339).contains("RFC 3339"));
    }
}
