//! Times of the tables, as programs and people read them.

use time::OffsetDateTime;

/// The time that so many microseconds since 1970 are.
#[must_use]
pub fn instant(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros).saturating_mul(1000))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// As a list shows it: `2026-11-26 12:04:05`.
#[must_use]
pub fn stamp(at: OffsetDateTime) -> String {
    let (year, month, day) = at.to_calendar_date();
    format!("{year:04}-{:02}-{day:02} {:02}:{:02}:{:02}", u8::from(month), at.hour(), at.minute(), at.second())
}
