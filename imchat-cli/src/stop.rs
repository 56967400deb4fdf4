//! Why a command ends otherwise than well, and the exit code that says so.

use std::io::{self, Write as _};
use std::process::ExitCode;

/// Why a command ends otherwise than well.
#[derive(Debug)]
pub(crate) enum Stop {
    /// What was asked for was looked at and is not in order; the message is printed where nothing else said so.
    Found(Option<String>),
    /// The call itself cannot work: arguments, files, secrets, or a provider that this build does not have.
    Usage(String),
    /// Stdout is gone or full.
    Output(io::Error),
}

impl Stop {
    pub(crate) fn found(message: impl Into<String>) -> Self {
        Self::Found(Some(message.into()))
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    pub(crate) fn message(&self) -> Option<String> {
        match self {
            Self::Found(message) => message.clone(),
            Self::Usage(message) => Some(message.clone()),
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => None,
            Self::Output(error) => Some(format!("cannot write the results: {error}; send them elsewhere")),
        }
    }

    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Found(_) => 1,
            Self::Usage(_) => 2,
            // What a shell reports of a program whose reader went away.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 141,
            Self::Output(_) => 1,
        })
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Says something on stderr; where that is closed, nobody wanted to hear it.
pub(crate) fn remark(what: &str, text: &str) {
    let _written = writeln!(io::stderr(), "{what}: {text}");
}
