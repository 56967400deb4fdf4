//! Fixtures that the behaviour tests share: keys, requests, archived payloads, signature vectors and a clock that is
//! moved by hand.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a fixture that is broken should stop its test at once"
)]

mod clock;
#[cfg(doctest)]
mod docs;
pub mod forge;
pub mod keys;
mod payload;
pub mod providers_page;
mod request;
mod subject;
mod vector;

pub use clock::{Hands, at, now_or_never};
pub use payload::{Payload, payload, payloads};
pub use request::Request;
pub use subject::{Event, Outcome, Subject, Who, outcome, who};
pub use vector::{Case, Expect, vectors};

/// When the archived requests were signed, in Unix seconds.
pub const SIGNED_AT: i64 = 1_700_000_000;
