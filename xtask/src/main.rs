//! Everything CI runs: `cargo xtask test`.
//!
//! The steps are the table in [`steps`]; [`run`] runs them one after another and stops at the first failure.
//! There are no dependencies: this program is built before every run.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what a terminal program prints is its interface")]

mod fuzz;
mod packages;
mod packed;
mod run;
mod servers;
mod steps;
mod vendors;

use std::process::ExitCode;

use steps::{BENCH, FAULTS, MODEL, STEPS, Step};

const USAGE: &str = "\
cargo xtask test [STEP…]   run everything CI runs, or only the named steps
cargo xtask bench          measure verify, ingress and dedup beside the peers
cargo xtask model          explore both profiles and the designs that lose, and the memory store's threads
cargo xtask faults --kills N --database sqlite|postgres|redis [--seed N]
                           kill, pause and cut off ingress and workers, or the lease profile and its Redis, and count
                           what was lost
cargo xtask vendors [SDK]  hold every scheme against the vendors' own SDKs, from npm and PyPI
cargo xtask fuzz [TARGET…] [--seconds N]
                           run each fuzz target for a minute, or for N seconds, from the signature vectors on
cargo xtask help           show this text

Steps of `cargo xtask test`, in order:";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["test"] => run::all(STEPS),
        ["test", names @ ..] => match named(names) {
            Ok(chosen) => run::all(&chosen),
            Err(unknown) => misused(&format!("there is no step `{unknown}`")),
        },
        ["bench"] => run::all(&[BENCH]),
        ["model"] => run::all(MODEL),
        ["faults", options @ ..] => run::with(FAULTS, options),
        ["vendors", options @ ..] => vendors::compare(options),
        ["fuzz", options @ ..] => fuzz::all(options),
        [] | ["help" | "--help" | "-h"] => {
            println!("{}", usage());
            ExitCode::SUCCESS
        }
        other => misused(&format!("`cargo xtask {}` is not a command", other.join(" "))),
    }
}

/// Picks steps by name, in the order of the table whatever the order asked for.
fn named<'n>(names: &[&'n str]) -> Result<Vec<Step>, &'n str> {
    match names.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        Some(unknown) => Err(unknown),
        None => Ok(STEPS.iter().filter(|step| names.contains(&step.name)).copied().collect()),
    }
}

fn usage() -> String {
    STEPS.iter().fold(USAGE.to_owned(), |text, step| format!("{text}\n  {:<15}{}", step.name, step.proves))
}

fn misused(what: &str) -> ExitCode {
    eprintln!("{what}.\n\n{}", usage());
    ExitCode::from(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_steps_keep_the_order_of_the_table() {
        let chosen = named(&["docs", "fmt"]).unwrap();
        assert_eq!(chosen.iter().map(|step| step.name).collect::<Vec<_>>(), ["fmt", "docs"]);
    }

    #[test]
    fn an_unknown_step_is_named_and_nothing_is_chosen() {
        assert_eq!(named(&["fmt", "formt"]).err(), Some("formt"));
    }
}
