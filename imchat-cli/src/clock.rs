//! Times as the command line and the vectors write them.

use std::time::Duration;

use time::OffsetDateTime;

/// How far a request's time may lie from now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Tolerance {
    /// It is not looked at.
    Off,
    /// This far, both ways.
    Both(Duration),
}

/// The given time, or the system clock's.
pub(crate) fn or_now(given: Option<OffsetDateTime>) -> OffsetDateTime {
    given.unwrap_or_else(OffsetDateTime::now_utc)
}

/// Unix seconds, whole or with a fraction.
pub(crate) fn parse(text: &str) -> Result<OffsetDateTime, &'static str> {
    const EXPECTED: &str = "expected Unix seconds, such as 1700000000";
    match text.parse::<i64>() {
        Ok(seconds) => from_seconds(seconds),
        Err(_) => text.parse::<f64>().ok().and_then(from_fraction),
    }
    .ok_or(EXPECTED)
}

pub(crate) fn from_seconds(seconds: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}

pub(crate) fn from_fraction(seconds: f64) -> Option<OffsetDateTime> {
    let since = time::Duration::checked_seconds_f64(seconds)?;
    OffsetDateTime::UNIX_EPOCH.checked_add(since)
}

/// Seconds, or `off`.
pub(crate) fn parse_tolerance(text: &str) -> Result<Tolerance, &'static str> {
    match text {
        "off" => Ok(Tolerance::Off),
        _ => match text.parse::<u32>() {
            Ok(seconds) => Ok(Tolerance::Both(Duration::from_secs(u64::from(seconds)))),
            Err(_) => Err("expected whole seconds, or off"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_and_fractional_seconds_are_times() {
        assert_eq!(parse("1700000000").unwrap().unix_timestamp(), 1_700_000_000);
        let fraction = parse("1700000000.5").unwrap();
        assert_eq!((fraction.unix_timestamp(), fraction.millisecond()), (1_700_000_000, 500));
        for text in ["", "now", "1e300", "NaN", "99999999999999999"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_tolerance_is_seconds_or_off() {
        assert_eq!(parse_tolerance("off"), Ok(Tolerance::Off));
        assert_eq!(parse_tolerance("10"), Ok(Tolerance::Both(Duration::from_secs(10))));
        assert!(parse_tolerance("-1").is_err() && parse_tolerance("").is_err());
    }
}
