//! Every scheme against the vendors' own SDKs, in both directions: what they sign is taken here, what is signed here they
//! take, and on changed requests the verdicts agree, or the difference is a policy that `docs/vendors.md` names.
//!
//! Run by `cargo xtask vendors`, which installs the SDKs; the one argument is the folder where they are.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what a terminal program prints is its interface")]

mod bodies;
mod driver;
mod mutation;
mod policy;
mod request;
mod table;
mod trial;
mod vendor;

use std::path::Path;
use std::process::ExitCode;

use crate::trial::Tally;
use crate::vendor::VENDORS;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(folder) = arguments.next() else {
        eprintln!("the folder of the installed SDKs is missing; run `cargo xtask vendors`");
        return ExitCode::from(2);
    };
    let only = arguments.next();
    let mut tallies = Vec::new();
    for vendor in VENDORS.iter().filter(|vendor| only.as_ref().is_none_or(|name| vendor.sdk == name)) {
        eprintln!("{} {} …", vendor.provider, vendor.sdk);
        match trial::run(vendor, Path::new(&folder)) {
            Ok(tally) => tallies.push(tally),
            Err(problem) => {
                eprintln!("{} could not be tried: {problem}; run `cargo xtask vendors` again", vendor.sdk);
                return ExitCode::FAILURE;
            }
        }
    }
    print!("{}", table::of(&tallies));
    let stale = if only.is_none() { policy::unused(&tallies) } else { Vec::new() };
    for name in &stale {
        println!("the policy {name} explains nothing any more: take it out of policy.rs and docs/vendors.md");
    }
    let unexplained: usize =
        tallies.iter().map(|tally| tally.unexplained.len()).fold(stale.len(), usize::saturating_add);
    for line in tallies.iter().flat_map(Tally::complaints) {
        println!("{line}");
    }
    println!("{unexplained} unexplained");
    if unexplained == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
