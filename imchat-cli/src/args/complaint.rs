//! What is wrong with the arguments themselves.

use std::ffi::OsStr;
use std::io::Write;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::report::{self, Notes};
use crate::stop::{Stop, remark};

const STRAY: &str = "an argument stands where none is expected: secrets and files are named by options; see --help";

/// Prints what is wrong with the arguments, or the help. A stray word may be a secret that was put in the wrong place,
/// so it is not repeated.
pub(crate) fn complain(error: &clap::Error, out: &mut dyn Write) -> ExitCode {
    let is_stray = error.kind() == ErrorKind::UnknownArgument
        && matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(word)) if !word.starts_with('-'));
    let is_wrong = error.exit_code() != 0;
    // The arguments could not be read, so whether JSON is wanted is seen in the words.
    if is_wrong && std::env::args_os().any(|word| word == OsStr::new("--json")) {
        let message = if is_stray { STRAY.into() } else { plain(error) };
        return report::tell_json(None, &Err(Stop::Usage(message)), &Notes::default(), out);
    }
    if is_stray {
        remark("error", STRAY);
    } else if error.print().is_err() {
        return ExitCode::from(2);
    }
    if is_wrong { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// The complaint's own sentences, without usage and tips.
fn plain(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let lines = text.lines().take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    words.join(" ").trim_start_matches("error: ").to_owned()
}
