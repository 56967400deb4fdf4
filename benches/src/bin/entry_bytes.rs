//! Prints the heap bytes of one live entry, for each store that holds a million of them.
//!
//! A program of its own, because its allocator counts and that takes time.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "it counts, and the dedup bench reads its standard output"
)]

use anyhow::{Result, ensure};
use imchat_benches::stores::{Keys, MAKES};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const ENTRIES: usize = 1_000_000;
const LEASE: Duration = Duration::from_secs(3600);

fn main() -> Result<()> {
    for make in MAKES {
        let before = Region::new(ALLOCATOR);
        let Some(mut store) = make(LEASE) else {
            continue;
        };
        let mut keys = Keys::default();
        let mut granted = 0;
        while granted < ENTRIES {
            // Without the repeats of a longer draw.
            store.load(&keys.draw(1));
            granted += store.claim();
        }
        store.load(&[]);
        ensure!(store.held() == ENTRIES, "{} holds {} entries", store.name(), store.held());
        let change = before.change();
        let live = change.bytes_allocated - change.bytes_deallocated;
        println!("{} {}", store.name(), live as f64 / ENTRIES as f64);
    }
    Ok(())
}
