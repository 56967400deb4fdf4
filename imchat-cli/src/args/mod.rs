//! The command line's arguments.

mod capture;
mod complaint;
mod provider;
mod send;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgGroup, Parser, Subcommand};
use time::OffsetDateTime;

pub(crate) use self::capture::{CaptureArgs, ExplainArgs, VerifyArgs};
pub(crate) use self::complaint::complain;
pub(crate) use self::send::SendArgs;
use crate::clock;

const EXIT_CODES: &str = "\
Exit codes: 0 all is well; 1 a fault was found (a refused request, a failed vector, an answer that should have been \
another); 2 the call itself cannot work (arguments, files, secrets, an unsupported provider).
Secrets come from environment variables and files, never from arguments, and are never printed.";

/// Sign, send, verify and explain webhooks from the command line.
#[derive(Debug, Parser)]
#[command(name = "imchat", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Args {
    /// Print one JSON document instead of text, for failures too
    #[arg(long, global = true)]
    pub(crate) json: bool,
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
    /// Find out why a captured request does not verify, by trying the usual mistakes
    Explain(ExplainArgs),
    /// Sign a body and post it to a URL, once or often
    Send(SendArgs),
    /// Print a script that lets a shell complete imchat's words
    Completions(CompletionsArgs),
}

impl Command {
    /// What it is called on the command line.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Vectors(_) => "vectors",
            Self::Providers(_) => "providers",
            Self::Sign(_) => "sign",
            Self::Verify(_) => "verify",
            Self::Explain(_) => "explain",
            Self::Send(_) => "send",
            Self::Completions(_) => "completions",
        }
    }
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example, an implementation of your own against the published cases:
  imchat vectors --verbose tests/vectors/slack.json tests/vectors/stripe.json")]
pub(crate) struct VectorsArgs {
    /// Files of cases, one JSON list each
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Print one line for every case
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example, what a platform's signature does not cover and which secrets its scheme takes:
  imchat providers --json | jq '.providers[] | {name, not_signed, secrets}'")]
pub(crate) struct ProvidersArgs {
    /// Print the table as Markdown
    #[arg(long, conflicts_with = "json")]
    pub(crate) markdown: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example, for the completions of this session:
  source <(imchat completions bash)")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

/// Which scheme, and where its secrets are. Their values never stand in an argument: other users of the machine could
/// read them there.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("secret").required(true).multiple(true).args(["secret_env", "secret_file"]))]
pub(crate) struct Credentials {
    /// The provider, as `imchat providers` names it
    #[arg(long, value_name = "NAME", value_parser = provider::Names, hide_possible_values = true)]
    pub(crate) provider: String,
    /// The environment variable that holds a secret, byte for byte; the signing role unless a role is named. Repeat it
    /// for other roles and for earlier secrets
    #[arg(long, value_name = "[ROLE=]NAME")]
    pub(crate) secret_env: Vec<OsString>,
    /// The file that holds a secret; one line end at its end does not count
    #[arg(long, value_name = "[ROLE=]FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) secret_file: Vec<OsString>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example, a command that posts a body as Stripe would:
  export STRIPE_WEBHOOK_SECRET=whsec_...
  imchat sign --provider stripe --secret-env STRIPE_WEBHOOK_SECRET --body event.json --curl --url http://127.0.0.1:3000/stripe")]
pub(crate) struct SignArgs {
    #[command(flatten)]
    pub(crate) credentials: Credentials,
    /// The body, byte for byte; - is stdin
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
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
