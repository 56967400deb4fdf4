//! imchat: sign, send and verify webhooks from the command line.
//!
//! Results go to stdout, complaints to stderr. Exit codes: 0 all is well, 1 a fault was found, 2 the call itself cannot
//! work (usage, an unreadable file, an unsupported provider).

mod args;
mod clock;
mod diagnosis;
mod file;
mod providers;
mod request;
mod secrets;
mod send;
mod sign;
mod stop;
mod text;
mod vectors;
mod verify;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Args, Command};
use crate::stop::Stop;

fn main() -> ExitCode {
    // The HTTP client takes the process's TLS provider and panics without one; this fails only where one is installed.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return args::explain(&error),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let ended = run(&args, &mut out).and_then(|()| Ok(out.flush()?));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            // What was found so far comes before the complaint, and a closed stdout leaves nothing to say.
            let _flushed = out.flush();
            if let Some(message) = stop.message() {
                stop::remark("error", &message);
            }
            stop.code()
        }
    }
}

fn run(args: &Args, out: &mut dyn Write) -> Result<(), Stop> {
    match &args.command {
        Command::Vectors(args) => vectors::run(args, out),
        Command::Providers(args) => providers::run(args, out),
        Command::Sign(args) => sign::run(args, out),
        Command::Verify(args) => verify::run(args, out),
        Command::Send(args) => send::run(args, out),
    }
}
