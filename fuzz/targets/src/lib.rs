//! What the fuzzers call: one function a target, over the public interface of `imchat-verify`.
//!
//! Bytes that mean nothing to a target are left alone. Everything else must not panic, and must keep what the function's
//! words say. `cargo xtask fuzz` runs each of them from the signature vectors on; the tests here run all seeds once.
#![expect(clippy::panic, reason = "a fuzzer is told of a fault by a panic")]
#![expect(clippy::missing_panics_doc, reason = "the same")]

mod candidates;
mod case;
mod decryption;
mod engine;
mod forms;
mod jwt;
mod mutations;
mod pointers;
mod queries;
pub mod seeds;
mod signed;
mod timestamps;
mod xml;

pub use candidates::candidates;
pub use case::Case;
pub use decryption::decryption;
pub use engine::engine;
pub use forms::forms;
pub use jwt::jwt;
pub use mutations::mutations;
pub use pointers::pointers;
pub use queries::queries;
pub use timestamps::timestamps;
pub use xml::xml;

/// A target by its name, as the fuzzers and the folders of seeds are called.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("engine", engine),
    ("mutations", mutations),
    ("candidates", candidates),
    ("timestamps", timestamps),
    ("queries", queries),
    ("forms", forms),
    ("pointers", pointers),
    ("xml", xml),
    ("decryption", decryption),
    ("jwt", jwt),
];
