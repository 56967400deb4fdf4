//! imchat: sign, send, verify and explain webhooks from the command line.
//!
//! Results go to stdout, complaints to stderr; with `--json` stdout gets one JSON document instead, whatever happens.
//! Exit codes: 0 all is well, 1 a fault was found, 2 the call itself cannot work (usage, an unreadable file, an
//! unsupported provider).

mod args;
mod capture;
mod clock;
mod completions;
mod explain;
mod file;
mod providers;
mod report;
mod secrets;
mod send;
mod sign;
mod stop;
mod text;
mod vectors;
mod verify;

use std::io::{self, BufWriter};
use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Args, Command};
use crate::report::{Notes, Outcome};

fn main() -> ExitCode {
    // The HTTP client takes the process's TLS provider and panics without one; this fails only where one is installed.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let mut out = BufWriter::new(io::stdout().lock());
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return args::complain(&error, &mut out),
    };
    let mut notes = Notes::default();
    let outcome = run(&args.command, &mut notes);
    if args.json {
        report::tell_json(Some(args.command.name()), &outcome, &notes, &mut out)
    } else {
        report::tell(&outcome, &notes, &mut out)
    }
}

fn run(command: &Command, notes: &mut Notes) -> Outcome {
    match command {
        Command::Vectors(args) => vectors::run(args),
        Command::Providers(args) => providers::run(args),
        Command::Sign(args) => sign::run(args, notes),
        Command::Verify(args) => verify::run(args, notes),
        Command::Explain(args) => explain::run(args, notes),
        Command::Send(args) => send::run(args),
        Command::Completions(args) => completions::run(args),
    }
}
