//! The whole bot on loopback ports, driven and observed by simulated platforms.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that is broken should stop at once, and a test binary has no outside"
)]

mod answering;
mod approvals;
mod bad_input;
mod bot;
mod chats;
mod cli;
mod deciding;
mod hooks;
mod injections;
mod interleaved;
mod model;
mod passcodes;
mod platforms;
mod play;
mod postgres;
mod program;
mod sources;
mod teams;
