//! The two profiles and the designs that lose, explored state by state.
//!
//! A *receiver* is one [`design`](designs) in one [`world`](platform): the attempts that a platform makes, and how many
//! faults may strike. The checker walks every order of steps that these allow: crashes, pauses past a lease, leases that
//! end, answers that are lost, stores that commit and do not say so, failures, duplicates, a process that is told to stop.
//! At every moment the [`properties`] must hold, by the names that the documentation uses.
//!
//! A checker that cannot fail is no check. The nine designs that the documentation calls unsafe are rows of the same
//! table as the safe ones, and each must lose; and each slip that is put into a safe one must be noticed.
//!
//! | room | what happens there |
//! |---|---|
//! | [`platform`] | the sending side: attempts, ladders, the worlds |
//! | [`designs`] | the safe profiles, the nine that lose, the slips |
//! | [`store`] | dedup records; with fences it is the library's own `Entry` |
//! | [`lease`] | how a handler goes from delivery to answer |
//! | [`inbox`] | the row that is inserted once, and the workers that lease it |
//! | [`watch`] | an observer who sees all systems at once and acts on nothing |
//! | [`properties`] | what must hold |
//! | [`action`], [`state`], [`model`] | the steps, the moments, and what leads from one to the next |
//! | [`check`], [`trace`], [`report`] | running it, a run in words, the whole printed |
//!
//! What is left out: clocks that disagree, retention that ends, and stores that forget what they were told to keep.

mod action;
mod check;
mod designs;
mod inbox;
mod lease;
mod model;
mod platform;
mod properties;
mod report;
mod state;
mod store;
#[cfg(test)]
mod tests;
mod trace;
mod watch;

use std::io;
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    let good = report::print(&mut io::stdout().lock())?;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
