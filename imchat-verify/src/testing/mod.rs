//! The conformance kit: every store and every inbox, whoever wrote it, is held to the same cases.
//!
//! [`dedup_store_conformance!`](crate::dedup_store_conformance) and [`inbox_conformance!`](crate::inbox_conformance)
//! expand to one `#[test]` for each case of [`dedup`] and [`inbox`]. They bring no runtime: you say how a future is run
//! to its end, and each case gets a store of its own.
//!
//! # Time
//!
//! Leases and retentions end, so the kit has to let time pass. A store that is given a [`Clock`](crate::Clock) is tested
//! [`ByHand`]: hours pass at once, and every answer is held against [`Entry`](crate::dedup::Entry) to the microsecond. A
//! store that has its own clock, such as a database, is tested with [`OwnClock`]: leases of some hundredths of a second
//! really end. There a verb happens at some time between its call and its answer, and the kit judges only what is
//! certain at every such time; a machine that stalls makes it judge less, and fail nothing that is right.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "a case that fails has to stop its test, and an overflow in one is a failed test"
)]

mod by_hand;
pub mod dedup;
pub mod inbox;
mod own_clock;
mod random;
mod subject;
mod tasks;

pub use by_hand::{ByHand, HandClock};
pub use own_clock::OwnClock;
pub use subject::{Pace, Subject};
pub use tasks::{Task, block_on};
