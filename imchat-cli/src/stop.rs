//! Why a command ends otherwise than well, and the exit code that says so.

use std::io::{self, Write as _};
use std::process::ExitCode;

/// Why a command ends otherwise than well.
#[derive(Debug, Clone)]
pub(crate) enum Stop {
    /// What was asked for was looked at and is not in order.
    Fault(String),
    /// The call itself cannot work: arguments, files, secrets, or a provider that this build does not have.
    Usage(String),
}

impl Stop {
    pub(crate) fn fault(message: impl Into<String>) -> Self {
        Self::Fault(message.into())
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// The sentence for the user.
    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Fault(message) | Self::Usage(message) => message,
        }
    }

    /// What kind of failure it is, as JSON documents name it.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Fault(_) => "fault",
            Self::Usage(_) => "usage",
        }
    }

    /// The exit code.
    pub(crate) const fn exit(&self) -> u8 {
        match self {
            Self::Fault(_) => 1,
            Self::Usage(_) => 2,
        }
    }
}

/// Stdout is gone or full.
pub(crate) fn unwritable(error: &io::Error) -> ExitCode {
    if error.kind() == io::ErrorKind::BrokenPipe {
        // What a shell reports of a program whose reader went away, which wants no complaint.
        return ExitCode::from(141);
    }
    remark("error", &format!("cannot write the results: {error}; send them elsewhere"));
    ExitCode::FAILURE
}

/// Says something on stderr; where that is closed, nobody wanted to hear it.
pub(crate) fn remark(what: &str, text: &str) {
    let _written = writeln!(io::stderr(), "{what}: {text}");
}
