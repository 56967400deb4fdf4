//! The time of a request, as text.

use std::sync::LazyLock;
use std::time::Duration;

use imchat_verify::scheme::{Part, Scheme, Unit};
use imchat_verify::{AnyProvider, CustomInput, Error, Head, Signature, Source, Verdict, Verifier, Window};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::signed::NOW;

const TIME: Source = Source::Header("x-time");

fn is_signed(_: &CustomInput<'_>) -> bool {
    true
}

const fn timed(name: &'static str, unit: Unit) -> Scheme {
    Scheme::custom(name, Signature::hex("x-sig"), is_signed)
        .timestamp(TIME, unit, Window::FIVE_MINUTES)
        .message(&[Part::Timestamp, Part::Body])
        .build()
}

static SECONDS: Scheme = timed("fuzzed-seconds", Unit::Seconds);
static MILLIS: Scheme = timed("fuzzed-millis", Unit::Millis);
static DATES: Scheme = timed("fuzzed-dates", Unit::Rfc3339);

type Timed = (Unit, Verifier<AnyProvider>);

static ALL: LazyLock<Vec<Timed>> = LazyLock::new(|| {
    let all = [(Unit::Seconds, &SECONDS), (Unit::Millis, &MILLIS), (Unit::Rfc3339, &DATES)];
    all.into_iter().filter_map(|(unit, scheme)| Some((unit, Verifier::of(scheme, "a secret").ok()?))).collect()
});

/// Any text: it is a time where another parser reads the same time and it is written in the one way that counts; it passes
/// where that lies within the window, to the nanosecond of neither side; and without a window it passes where its length
/// is that of all times of our age.
pub fn timestamps(data: &[u8]) {
    for (unit, verifier) in &*ALL {
        let headers = [("x-sig", &b"x"[..]), ("x-time", data)];
        let head = Head::new("POST", "", &headers);
        let theirs = std::str::from_utf8(data).ok().and_then(|text| read(text, *unit));
        for span in [Duration::from_secs(300), Duration::from_secs(u64::MAX)] {
            let window = Window::symmetric(span);
            let verifier = verifier.clone().window(window);
            let verdict = verifier.verify(head, b"{}", NOW);
            match (&verdict, theirs) {
                (Ok(Verdict::Event(proved)), Some(theirs)) => {
                    assert_eq!(proved.sent_at(), Some(theirs), "another time is read");
                    assert!(theirs.unix_timestamp().abs_diff(NOW.unix_timestamp()) <= span.as_secs(), "outside");
                }
                (Ok(_), _) => panic!("what is no time is taken"),
                (Err(Error::Stale { age }), Some(theirs)) => {
                    assert!(theirs < NOW && *age > span, "it is not stale");
                }
                (Err(Error::Future { ahead }), Some(theirs)) => {
                    assert!(theirs > NOW && *ahead > span, "it is not from the future");
                }
                (Err(error), Some(_)) => panic!("a time is refused: {error}"),
                (Err(_), None) => {}
            }
        }
        let verifier = verifier.clone().window(None);
        let verdict = verifier.verify(head, b"{}", NOW);
        assert_eq!(verdict.is_ok(), theirs.is_some() && is_of_our_age(data, *unit), "without a window");
    }
}

/// What another parser reads, where the text is written in the one way that counts.
fn read(text: &str, unit: Unit) -> Option<OffsetDateTime> {
    let number = || text.parse::<i64>().ok().filter(|number| *number >= 0 && number.to_string() == text);
    match unit {
        Unit::Seconds => OffsetDateTime::from_unix_timestamp(number()?).ok(),
        Unit::Millis => OffsetDateTime::from_unix_timestamp_nanos(i128::from(number()?).checked_mul(1_000_000)?).ok(),
        _ => date(text),
    }
}

fn date(text: &str) -> Option<OffsetDateTime> {
    let written = text.as_bytes().get(10) == Some(&b'T') && text.ends_with('Z') && (20..=30).contains(&text.len());
    // The other parser reads a leap second as the one before it, and here that is no time.
    let leaps = text.get(17..19) == Some("60");
    let read = OffsetDateTime::parse(text, &Rfc3339).ok().filter(|_| written && !leaps)?;
    // Kept are microseconds.
    read.replace_nanosecond(read.microsecond().checked_mul(1000)?).ok()
}

fn is_of_our_age(text: &[u8], unit: Unit) -> bool {
    match unit {
        Unit::Seconds => text.len() == 10,
        Unit::Millis => text.len() == 13,
        _ => true,
    }
}
