//! The times that must not contradict each other, refused with the numbers.

use std::time::Duration;

use imchat_verify::scheme::Facts;
use imchat_verify::{ConfigError, Scheme, Verify};

/// That what is remembered is remembered for longer than it could come again.
pub(super) fn check_retention(verify: &dyn Verify, retain: Duration) -> Result<(), ConfigError> {
    let window = verify.window().map_or(Duration::ZERO, |window| window.past.saturating_add(window.future));
    let horizon = verify.scheme().all_facts().map(Facts::horizon).max().unwrap_or_default();
    shorter(
        ("the window", window),
        ("the retention", retain),
        "a request could be replayed after the store forgot it",
    )?;
    shorter(
        ("the platform's retry horizon", horizon),
        ("the retention", retain),
        "a late attempt would be handled again",
    )
}

/// That a lease ends before the platform gives up, and lasts longer than the call that grants it.
pub(super) fn check_lease(scheme: &Scheme, lease: Duration, store_timeout: Duration) -> Result<(), ConfigError> {
    if let Some(gap) = scheme.all_facts().filter_map(Facts::last_gap).min() {
        shorter(
            ("the lease", lease),
            ("the gap before the platform's last attempt", gap),
            "a delivery whose handler died would still be claimed when it comes for the last time",
        )?;
    }
    shorter(
        ("the store timeout", store_timeout),
        ("the lease", lease),
        "a claim could end before the store says that it was granted",
    )
}

/// A span divided; all of it where there is nothing to divide by.
pub(super) fn part(span: Duration, of: u32) -> Duration {
    span.checked_div(of).unwrap_or(span)
}

pub(super) fn shorter(
    less: (&'static str, Duration),
    more: (&'static str, Duration),
    why: &'static str,
) -> Result<(), ConfigError> {
    if less.1 < more.1 {
        return Ok(());
    }
    Err(ConfigError::Times { shorter: less.0, is: less.1, longer: more.0, limit: more.1, why })
}
