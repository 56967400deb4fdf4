#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "an overflow in a test is a failed test"))]

extern crate alloc;

#[cfg(feature = "batches")]
mod batch;
#[cfg(not(feature = "batches"))]
#[path = "batch/none.rs"]
mod batch;
mod clock;
mod config;
pub mod dedup;
mod engine;
mod error;
mod head;
mod identity;
pub mod inbox;
#[cfg(feature = "jwt")]
mod jwks;
mod pending;
mod proved;
pub mod providers;
mod receipt;
mod reply;
mod scan;
pub mod scheme;
mod secrets;
#[cfg(feature = "sign")]
pub mod sign;
#[cfg(feature = "testing")]
pub mod testing;
mod verifier;
mod window;

pub use clock::Clock;
pub use config::{ConfigError, ConfigWarning};
pub use engine::{CustomCheck, CustomInput, Open, OpenInput, Question, Undecryptable, Unsigned};
pub use error::Error;
pub use head::{Head, Headers};
pub use identity::{Identity, Provenance, Stated, Witness};
#[cfg(feature = "jwt")]
pub use jwks::{Jwks, PublishedKeys};
pub use pending::Pending;
pub use proved::Proved;
pub use receipt::Receipt;
pub use reply::Reply;
pub use scheme::{Scheme, Signature, Source};
pub use secrets::{Form, Role, Secret, Secrets};
pub use verifier::{AnyProvider, Provider, Verdict, Verifier, Verify};
pub use window::Window;

/// A SHA-256 digest.
pub type Digest = [u8; 32];

// Every test binary sees all dependencies; the crate itself needs only some of the dev ones.
#[cfg(test)]
use {proptest as _, serde_json as _, tokio as _};
