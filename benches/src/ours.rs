//! Our own contenders, all in one place.
//!
//! `None` leaves a contender out of the race, and its ratios say `none`.

use crate::bare::Verify;
use crate::requests::Provider;
use crate::servers::Kind;
use crate::stores::Store;
use anyhow::Result;
use axum::Router;
use std::time::Duration;

/// `Verifier::verify` over the provider's secret, with `now` in Unix seconds.
///
/// # Errors
/// If the verifier cannot be built.
pub const fn verify(_provider: Provider, _now: u64) -> Result<Option<Verify>> {
    Ok(None)
}

/// The server of [`Kind::Verify`] or [`Kind::Dedup`] at [`crate::slack_event::PATH`], over Slack's
/// secret; its handler calls [`crate::servers::count`] and answers 200.
///
/// # Errors
/// If the webhook cannot be built.
pub const fn server(_kind: Kind) -> Result<Option<Router>> {
    Ok(None)
}

/// The memory store, with claims that live for `lease`.
#[must_use]
pub fn store(_lease: Duration) -> Option<Box<dyn Store>> {
    None
}
