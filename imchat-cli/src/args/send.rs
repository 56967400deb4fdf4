//! The arguments of `imchat send`.

use std::ffi::OsString;
use std::path::PathBuf;

use super::Credentials;

/// More deliveries than this are a load test, which wants another tool.
pub(crate) const MOST_REQUESTS: u64 = 100_000;
/// More connections than this exhaust the file descriptors of most machines.
pub(crate) const MOST_CONCURRENT: u64 = 256;
/// More than any platform sends one delivery again.
pub(crate) const MOST_REPEATS: u64 = 1000;
/// Ten years.
const LONGEST_AGO: u64 = 315_360_000;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
All is well where every answer is the one that a receiver owes: 2xx, or 4xx to what --tamper and --stale have made \
unacceptable.

Examples, a burst, its duplicates, and what must be refused:
  export GITHUB_WEBHOOK_SECRET=...
  imchat send --provider github --secret-env GITHUB_WEBHOOK_SECRET --body push.json --url http://127.0.0.1:3000/github \
--header 'X-GitHub-Event: push' --count 100 --concurrency 8 --repeat=2
  imchat send --provider github --secret-env GITHUB_WEBHOOK_SECRET --body push.json --url http://127.0.0.1:3000/github \
--tamper")]
pub(crate) struct SendArgs {
    #[command(flatten)]
    pub(crate) credentials: Credentials,
    /// The body, byte for byte; - is stdin
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) body: PathBuf,
    /// Where to send it
    #[arg(long, value_hint = clap::ValueHint::Url)]
    pub(crate) url: String,
    /// The URL to sign, for schemes that sign it and a receiver behind a proxy; --url unless given
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    pub(crate) public_url: Option<String>,
    /// The method
    #[arg(long, default_value = "POST")]
    pub(crate) method: String,
    /// A header to send along, such as 'X-GitHub-Event: push'; may be repeated
    #[arg(long, value_name = "NAME: VALUE")]
    pub(crate) header: Vec<OsString>,
    /// The id or nonce, where the scheme signs one; every request has its own unless given
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// How many requests to sign, each afresh
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=MOST_REQUESTS))]
    pub(crate) count: u64,
    /// How many of them at a time
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=MOST_CONCURRENT))]
    pub(crate) concurrency: u64,
    /// Send every signed request this many times more, byte for byte the same; once more unless told
    #[arg(long, value_name = "TIMES", num_args = 0..=1, require_equals = true, default_missing_value = "1",
          default_value_t = 0, hide_default_value = true, value_parser = clap::value_parser!(u64).range(0..=MOST_REPEATS))]
    pub(crate) repeat: u64,
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
