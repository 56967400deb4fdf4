//! Speed and memory, measured beside the peers in one run.
//!
//! Three benches, each a plain `main` over [`rounds`]: `verify` (one signature check), `ingress`
//! (real servers on loopback) and `dedup` (claims on the stores, deliveries in the inboxes, jobs
//! through the worker). What the targets are read from are the lines that start with `ratio`, and
//! those of figures that stand by themselves, such as `worker_sqlite`; lines that start with `#` say
//! how they came about.
//! The crates of others are behind the feature `peers`.
//!
//! Without `--bench` among the arguments, as under `cargo test`, a bench only asserts that every
//! contender does its work and prints no figure.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "these numbers are counts and clock readings of one run, not input from a sender"
)]

pub mod bare;
pub mod by_hand;
pub mod inbox;
pub mod load;
pub mod ours;
#[cfg(feature = "peers")]
pub mod peers;
pub mod process;
pub mod redis;
pub mod requests;
pub mod rounds;
pub mod servers;
pub mod slack_event;
pub mod stores;

/// Whether this run is to measure, as `cargo bench` asks for, rather than only to check.
#[must_use]
pub fn measuring() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// A ratio as the `ratio` lines spell it, with `none` for what was not measured.
#[must_use]
pub fn spell(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "none".to_owned(), |ratio| format!("{ratio:.2}"))
}
