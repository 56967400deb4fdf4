//! Stale, future and oddly written times, all of them rightly signed.

use core::time::Duration;

use imchat_tests::{SIGNED_AT, at, forge, outcome};
use imchat_verify::{Error, Source, Window};
use time::OffsetDateTime;

use super::{feishu, github, judge, slack, standard, stripe};

/// Texts that some parser somewhere takes for 1700000000.
const ODD: &[&str] = &[
    "+1700000000",
    "-1700000000",
    " 1700000000",
    "1700000000 ",
    "\t1700000000",
    "01700000000",
    "1700000000.0",
    "1700000000.5",
    "1.7e9",
    "17e8",
    "1_700_000_000",
    "1,700,000,000",
    "0x6553F100",
    "1700000000s",
    "1700000000\0",
    "\u{661}\u{667}\u{660}\u{660}\u{660}\u{660}\u{660}\u{660}\u{660}\u{660}",
    "2023-11-14T22:13:20Z",
    "now",
    "null",
    "-",
];

/// Times far from any window, up to what no integer holds.
const HUGE: &[&str] = &[
    "0",
    "1",
    "1700000000000",
    "2147483648",
    "4294967296",
    "253402300800",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999999999999999",
    "-9223372036854775808",
    "-1",
];

#[test]
fn a_time_that_is_not_plain_decimals_is_refused_though_it_is_signed() {
    for text in ODD {
        let verdict = judge(&slack(), &forge::slack(text, b"{}"));
        let source = Source::Header("x-slack-request-timestamp");
        assert!(
            matches!(verdict.clone().error(), Error::Malformed(place, _) if place == source),
            "{text:?}: {verdict:?}"
        );
        assert!(!judge(&stripe(), &forge::stripe(text, b"{}")).is_accepted(), "stripe: {text:?}");
        assert!(!judge(&standard(), &forge::standard("msg_1", text, b"{}")).is_accepted(), "standard: {text:?}");
        assert!(!judge(&feishu(), &forge::feishu(text, "1", b"{}")).is_accepted(), "feishu: {text:?}");
    }
}

#[test]
fn a_time_far_from_now_is_refused_whatever_its_size() {
    for text in HUGE {
        assert!(!judge(&slack(), &forge::slack(text, b"{}")).is_accepted(), "slack: {text}");
        assert!(!judge(&stripe(), &forge::stripe(text, b"{}")).is_accepted(), "stripe: {text}");
        assert!(!judge(&standard(), &forge::standard("msg_1", text, b"{}")).is_accepted(), "standard: {text}");
        assert!(!judge(&feishu(), &forge::feishu(text, "1", b"{}")).is_accepted(), "feishu: {text}");
    }
}

/// Whether a time passes, computed in numbers so wide that nothing overflows.
fn passes(text: &str, now: i64, window: Window) -> bool {
    let Ok(sent) = text.parse::<u64>() else { return false };
    let distance = i128::from(sent) - i128::from(now);
    let reach = if distance > 0 { window.future } else { window.past };
    let in_calendar = i64::try_from(sent).is_ok_and(|sent| OffsetDateTime::from_unix_timestamp(sent).is_ok());
    distance.unsigned_abs() <= u128::from(reach.as_secs()) && in_calendar
}

#[test]
fn no_clock_and_no_window_makes_a_huge_time_overflow() {
    for text in HUGE {
        for now in [0, -1, -62_135_596_800, SIGNED_AT, 253_402_300_799] {
            for span in [Duration::MAX, Duration::from_secs(u64::MAX / 2), Duration::ZERO, Duration::from_secs(300)] {
                let window = Window::symmetric(span);
                let verdict = outcome(&slack().window(window), &forge::slack(text, b"{}"), at(now));
                assert_eq!(verdict.is_accepted(), passes(text, now, window), "{text} at {now} within {span:?}");
            }
        }
    }
}

#[test]
fn the_future_is_refused_like_the_past() {
    assert!(matches!(judge(&slack(), &forge::slack("1700000301", b"{}")).error(), Error::Future { .. }));
    assert!(matches!(judge(&slack(), &forge::slack("1699999699", b"{}")).error(), Error::Stale { .. }));
}

#[test]
fn a_window_has_a_span_for_each_way() {
    let verifier = slack().window(Window::new(Duration::from_secs(10), Duration::from_secs(2)));
    for (text, passes) in [("1699999989", false), ("1699999990", true), ("1700000002", true), ("1700000003", false)] {
        assert_eq!(judge(&verifier, &forge::slack(text, b"{}")).is_accepted(), passes, "{text}");
    }
}

#[test]
fn without_a_window_the_time_still_is_part_of_what_is_signed() {
    let verifier = slack().window(None);
    let request = forge::slack("1", b"{}");
    assert_eq!(judge(&verifier, &request).event().sent_at, None);
    assert_eq!(judge(&verifier, &request.clone().with("x-slack-request-timestamp", "2")).error(), Error::Mismatch);
    assert!(matches!(judge(&verifier, &request.without("x-slack-request-timestamp")).error(), Error::Missing(_)));
}

#[test]
fn a_window_over_a_time_that_nobody_sends_is_not_in_force() {
    let verifier = github().window(Window::FIVE_MINUTES);
    assert_eq!(verifier.current_window(), None);
    assert_eq!(verifier.any().current_window(), None);
    assert_eq!(slack().window(None).window(Window::FIVE_MINUTES).current_window(), Some(Window::FIVE_MINUTES));
}
