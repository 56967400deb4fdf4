//! Why a run ended early.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use imchat_verify::dedup::StoreError;

/// Why a run ended early. What it had accepted until then stays accepted, and is a duplicate for the next run.
///
/// No variant holds a token, a URL or what the platform wrote.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReconcileError {
    /// A setting of the source cannot be; the text says which and what would.
    Setting(&'static str),
    /// No answer: no connection, no TLS, or not within the timeout. Its source is the client's error, without the URL.
    Unreachable(Box<dyn Error + Send + Sync>),
    /// The platform answered with another status than success.
    Status {
        /// The status.
        status: u16,
        /// How long the platform wants to be left alone, where it says so.
        wait: Option<Duration>,
    },
    /// This attempt cannot be made again: the platform has forgotten it, or the token may not ask for it.
    Gone {
        /// The status.
        status: u16,
    },
    /// A page cannot be read; the text says what is wrong with it. Nothing of it was accepted.
    Page(&'static str),
    /// A page has more bytes than a run takes. Nothing of it was accepted.
    PageTooLarge {
        /// The most that is taken.
        most: usize,
    },
    /// The pages lead back to one that was read already.
    Circle,
    /// The inbox did not take a delivery.
    Inbox(StoreError),
}

impl ReconcileError {
    /// How long the platform wants to be left alone, where it says so: run again no sooner.
    #[must_use]
    pub const fn wait(&self) -> Option<Duration> {
        match self {
            Self::Status { wait, .. } => *wait,
            _ => None,
        }
    }
}

impl fmt::Display for ReconcileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(what) => write!(f, "the platform cannot be asked like this: {what}"),
            Self::Unreachable(_) => f.write_str(
                "the platform did not answer: check the network, the base URL, the timeout, and that the client has TLS",
            ),
            Self::Status { status, wait: Some(wait) } => {
                write!(f, "the platform answered {status} and wants a pause: run again after {} seconds", wait.as_secs())
            }
            Self::Status { status: status @ (401 | 403), .. } => {
                write!(f, "the platform answered {status}: check the token, that it has not expired, and what it may do")
            }
            Self::Status { status: 404, .. } => f.write_str(
                "the platform answered 404: check the base URL, the names and the hook's id, and that the token sees them",
            ),
            Self::Status { status, .. } => write!(f, "the platform answered {status}: run again later"),
            Self::Gone { status } => write!(
                f,
                "the platform answered {status} and will not send this again: check that the token may write webhooks, or \
                 fetch what was missed by hand"
            ),
            Self::Page(what) => write!(f, "a page of the platform's cannot be read ({what}): run again"),
            Self::PageTooLarge { most } => {
                write!(f, "a page of the platform's is over {most} bytes: is the base URL that of the platform's API?")
            }
            Self::Circle => f.write_str("the platform's pages lead in a circle: run again with a later `since`"),
            Self::Inbox(_) => f.write_str("the inbox did not take what was found: see its own error, and run again"),
        }
    }
}

impl Error for ReconcileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreachable(error) => Some(&**error),
            Self::Inbox(error) => Some(error),
            _ => None,
        }
    }
}
