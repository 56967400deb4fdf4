//! The arguments of the commands that look at a captured request.

use std::path::PathBuf;

use time::OffsetDateTime;

use super::Credentials;
use crate::clock;

/// A captured request and the circumstances that it is looked at under.
#[derive(Debug, clap::Args)]
pub(crate) struct CaptureArgs {
    #[command(flatten)]
    pub(crate) credentials: Credentials,
    /// The captured request, its form told by its content: raw HTTP/1.1 text (request line, headers, an empty line, the
    /// body byte for byte), what curl -v prints with the body behind it, a HAR file, or the JSON of a signature vector;
    /// - is stdin
    #[arg(long, value_name = "FILE", visible_alias = "file", value_hint = clap::ValueHint::FilePath)]
    pub(crate) request: PathBuf,
    /// Which request of a HAR file or a list of vectors, counted from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) entry: Option<u32>,
    /// The time to verify at, in Unix seconds; now unless given
    #[arg(long, value_name = "UNIX", value_parser = clock::parse, allow_hyphen_values = true)]
    pub(crate) now: Option<OffsetDateTime>,
    /// How many seconds the request's time may lie from now, both ways; `off` checks the signature alone
    #[arg(long, value_name = "SECS|off", value_parser = clock::parse_tolerance)]
    pub(crate) window: Option<clock::Tolerance>,
    /// The public URL that the platform was given, for schemes that sign it
    #[arg(long, value_hint = clap::ValueHint::Url)]
    pub(crate) url: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example, a request that was written to a file as it arrived:
  export SLACK_SIGNING_SECRET=...
  imchat verify --provider slack --secret-env SLACK_SIGNING_SECRET --request captured.http --now 1700000000")]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) capture: CaptureArgs,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
It tries what usually goes wrong, one by one, and says which one makes the signature fit: a body that was parsed and \
serialised again, a line end, a character set, a form, a secret in another encoding or of another role, another \
provider's headers, a clock, a URL that a proxy changed. Nothing is accepted because of it.

Example, the third request of a browser's or proxy's recording:
  export STRIPE_WEBHOOK_SECRET=whsec_...
  imchat explain --provider stripe --secret-env STRIPE_WEBHOOK_SECRET --request recording.har --entry 3")]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) capture: CaptureArgs,
}
