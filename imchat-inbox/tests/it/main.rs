//! One suite for both databases, on real files and a real server.
#![cfg_attr(not(all(feature = "postgres", feature = "sqlite")), allow(dead_code, unused_imports, unused_macros))]
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that is broken should stop at once, and a test binary has no outside"
)]

mod conformance;
mod directory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(all(feature = "reconcile", feature = "sqlite"))]
mod reconcile;
mod room;
#[cfg(feature = "sqlite")]
mod sqlite;
mod suite;
mod transactions;
mod worker;
