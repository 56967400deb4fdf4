//! The store and the limiter against real servers, each test with its own.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that is broken should stop at once"
)]

mod answers;
mod common;
mod conformance;
mod connection;
mod entries;
mod limiter;
