//! The command line's arguments.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgGroup, Parser, Subcommand};
use time::OffsetDateTime;

use crate::clock;
use crate::stop::remark;

/// Sign, send and verify webhooks from the command line.
#[derive(Debug, Parser)]
#[command(name = "imchat", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run signature vectors and count what passes
    Vectors(VectorsArgs),
    /// Show the providers: what is signed, replay protection, ack, retries, dedup key
    Providers(ProvidersArgs),
    /// Print the headers that sign a body as a provider does
    Sign(SignArgs),
    /// Verify a captured request and say which input is wrong
    Verify(VerifyArgs),
    /// Sign a body and post it to a URL, once or often
    Send(SendArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct VectorsArgs {
    /// Files of cases, one JSON list each
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Print one line for every case
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ProvidersArgs {
    /// Print the table as Markdown
    #[arg(long)]
    pub(crate) markdown: bool,
}

/// Which scheme, and where its secrets are. Their values never stand in an argument: other users of the machine could
/// read them there.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("secret").required(true).multiple(true).args(["secret_env", "secret_file"]))]
pub(crate) struct Credentials {
    /// The provider, as `imchat providers` names it
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: String,
    /// The environment variable that holds a secret, byte for byte; the signing role unless a role is named. Repeat it
    /// for other roles and for earlier secrets
    #[arg(long, value_name = "[ROLE=]NAME")]
    pub(crate) secret_env: Vec<OsString>,
    /// The file that holds a secret; one line end at its end does not count
    #[arg(long, value_name = "[ROLE=]FILE")]
    pub(crate) secret_file: Vec<OsString>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SignArgs {
    #[command(flatten)]
    pub(crate) credentials: Credentials,
    /// The body, byte for byte; - is stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) body: PathBuf,
    /// The time to sign at, in Unix seconds; now unless given
    #[arg(long, value_name = "UNIX", value_parser = clock::parse, allow_hyphen_values = true)]
    pub(crate) now: Option<OffsetDateTime>,
    /// The public URL, for schemes that sign it and for --curl
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// The method
    #[arg(long, default_value = "POST")]
    pub(crate) method: String,
    /// The id or nonce, where the scheme signs one; derived from body and time unless given
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// Print a whole curl command instead of the headers
    #[arg(long)]
    pub(crate) curl: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) credentials: Credentials,
    /// The captured request: raw HTTP/1.1 text, or the request object of a signature vector; - is stdin
    #[arg(long, value_name = "FILE", visible_alias = "file")]
    pub(crate) request: PathBuf,
    /// The time to verify at, in Unix seconds; now unless given
    #[arg(long, value_name = "UNIX", value_parser = clock::parse, allow_hyphen_values = true)]
    pub(crate) now: Option<OffsetDateTime>,
    /// How many seconds the request's time may lie from now, both ways; `off` checks the signature alone
    #[arg(long, value_name = "SECS|off", value_parser = clock::parse_tolerance)]
    pub(crate) window: Option<clock::Tolerance>,
    /// The public URL that the platform was given, for schemes that sign it
    #[arg(long)]
    pub(crate) url: Option<String>,
}

/// More deliveries than this are a load test, which wants another tool.
pub(crate) const MOST_REQUESTS: u64 = 100_000;
/// More connections than this exhaust the file descriptors of most machines.
pub(crate) const MOST_CONCURRENT: u64 = 256;
/// Ten years.
const LONGEST_AGO: u64 = 315_360_000;

#[derive(Debug, clap::Args)]
pub(crate) struct SendArgs {
    #[command(flatten)]
    pub(crate) credentials: Credentials,
    /// The body, byte for byte; - is stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) body: PathBuf,
    /// Where to send it
    #[arg(long)]
    pub(crate) url: String,
    /// The method
    #[arg(long, default_value = "POST")]
    pub(crate) method: String,
    /// A header to send along, such as 'X-GitHub-Event: push'; may be repeated
    #[arg(long, value_name = "NAME: VALUE")]
    pub(crate) header: Vec<OsString>,
    /// The id or nonce, where the scheme signs one; every request has its own unless given
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// How many requests to send, each signed afresh
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=MOST_REQUESTS))]
    pub(crate) count: u64,
    /// How many of them at a time
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=MOST_CONCURRENT))]
    pub(crate) concurrency: u64,
    /// Change the body after signing it: a receiver must refuse it
    #[arg(long)]
    pub(crate) tamper: bool,
    /// Sign at a time this many seconds ago; a minute outside the provider's window unless told
    #[arg(long, value_name = "SECS", num_args = 0..=1, require_equals = true,
          value_parser = clap::value_parser!(u64).range(1..=LONGEST_AGO))]
    pub(crate) stale: Option<Option<u64>>,
    /// How many seconds to wait for an answer
    #[arg(long, value_name = "SECS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) timeout: u64,
}

/// Prints what is wrong with the arguments, or the help. A stray word may be a secret that was put in the wrong place,
/// so it is not repeated.
pub(crate) fn explain(error: &clap::Error) -> ExitCode {
    let stray = error.kind() == ErrorKind::UnknownArgument
        && matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(word)) if !word.starts_with('-'));
    let printed = if stray {
        remark(
            "error",
            "an argument stands where none is expected: secrets and files are named by options; see --help",
        );
        Ok(())
    } else {
        error.print()
    };
    match (printed, error.exit_code()) {
        (Ok(()), 0) => ExitCode::SUCCESS,
        _ => ExitCode::from(2),
    }
}
