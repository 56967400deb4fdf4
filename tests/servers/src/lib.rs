//! Private servers for tests and benches: each in a folder of its own, started on demand, ended with their owner.
//!
//! A machine that lacks a server skips what needs it and says so; with `IMCHAT_REQUIRE_SERVERS=1`, which `cargo xtask
//! test` sets, nothing is skipped.
#![allow(clippy::panic, reason = "a server that must start and does not should stop its test at once")]

mod folder;
mod postgres;
mod redis;

use std::io::Write as _;

pub use folder::Folder;
pub use postgres::PostgresServer;
pub use redis::RedisServer;

/// Set to `1` where a missing server is a failure.
pub const REQUIRED: &str = "IMCHAT_REQUIRE_SERVERS";

/// Why there is no server.
#[derive(Debug)]
pub enum NoServer {
    /// This machine has no such program.
    Missing(String),
    /// It is there and does not run.
    Broken(String),
}

/// The server, or the reason why the caller is skipped, on standard error.
///
/// # Panics
///
/// If a server does not run, or is missing where [`REQUIRED`] says that it must be there.
#[must_use]
pub fn or_skip<S>(server: Result<S, NoServer>) -> Option<S> {
    match server {
        Ok(server) => Some(server),
        Err(NoServer::Missing(reason)) if std::env::var_os(REQUIRED).is_none_or(|value| value != "1") => {
            let thread = std::thread::current();
            // Not `eprintln!`: what a test that passes prints with it is never seen.
            let told = writeln!(std::io::stderr(), "skipped {}: {reason}", thread.name().unwrap_or("a check"));
            drop(told);
            None
        }
        Err(NoServer::Missing(reason) | NoServer::Broken(reason)) => panic!("{reason}"),
    }
}
