//! Behaviour tests, one binary: they link once and share their fixtures.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that is broken should stop at once"
)]

mod allocation;
mod attacks;
mod axum;
mod batches;
mod conformance;
mod docs;
mod entry_model;
mod facts;
mod inbox;
mod mutations;
mod no_std;
mod parsers;
mod payloads;
mod peers;
mod schemes;
mod secrets;
mod streaming;
mod tower;
mod vectors;
