//! What can go wrong, and what to do about it.

use core::fmt;
use std::sync::Arc;

use redis::{RedisError, ServerErrorKind};

/// Why Redis did not do what was asked, or may not have; never with a password in it.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    /// `host:port` or the socket's path.
    address: Option<Arc<str>>,
    cause: Option<RedisError>,
}

/// What kind of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The URL is none that Redis has.
    Url,
    /// The URL asks for TLS, which this build has not.
    Tls,
    /// No connection, or it was lost before the answer: a verb may have been carried out.
    Unreachable,
    /// No answer in time: a verb may have been carried out.
    TooSlow,
    /// The login or a command was refused.
    Denied,
    /// The server takes no writes: it is loading, a replica, or out of memory.
    NotNow,
    /// The server is one of a cluster, and the key lives on another.
    Elsewhere,
    /// A key holds what was written by something else.
    Foreign,
    /// An answer that was not understood.
    Answer,
    /// More tokens were asked for than the bucket ever holds.
    Cost,
}

impl Error {
    pub(crate) const fn new(kind: ErrorKind) -> Self {
        Self { kind, address: None, cause: None }
    }

    pub(crate) const fn at(kind: ErrorKind, address: Arc<str>) -> Self {
        Self { kind, address: Some(address), cause: None }
    }

    pub(crate) fn of(cause: RedisError, address: Arc<str>) -> Self {
        Self { kind: kind(&cause), address: Some(address), cause: Some(cause) }
    }

    /// What kind of error it is.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }
}

fn kind(cause: &RedisError) -> ErrorKind {
    match (cause.kind(), cause.code().unwrap_or_default()) {
        (redis::ErrorKind::AuthenticationFailed, _) | (_, "NOAUTH" | "WRONGPASS" | "NOPERM") => ErrorKind::Denied,
        (_, "FOREIGN" | "WRONGTYPE") => ErrorKind::Foreign,
        (_, "OOM" | "MISCONF" | "NOREPLICAS" | "BUSY" | "LOADING" | "READONLY" | "MASTERDOWN" | "CLUSTERDOWN") => {
            ErrorKind::NotNow
        }
        (redis::ErrorKind::Server(ServerErrorKind::Moved | ServerErrorKind::Ask), _) => ErrorKind::Elsewhere,
        (redis::ErrorKind::Io, _) => ErrorKind::Unreachable,
        _ => ErrorKind::Answer,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(address) = &self.address {
            write!(f, "Redis at {address} ")?;
        }
        f.write_str(match self.kind {
            ErrorKind::Url => {
                "the Redis URL cannot be read: write redis://user:password@host:port/database or unix:///path/of/the.sock"
            }
            ErrorKind::Tls => "the Redis URL asks for TLS: build imchat-redis with its feature `tls`",
            ErrorKind::Unreachable => "cannot be reached: check that it runs and that this machine may connect to it",
            ErrorKind::TooSlow => {
                "did not answer in time: look at its load and its SLOWLOG, or allow more with `Server::answer_within`"
            }
            ErrorKind::Denied => {
                "refused the login or a command: check user and password, and that the user may run EVAL, EVALSHA, TIME, \
                 GET and SET on the keys of the prefix"
            }
            ErrorKind::NotNow => {
                "takes no writes now: check whether it is still loading, is a replica, or is out of memory"
            }
            ErrorKind::Elsewhere => {
                "is one node of a cluster and does not have the key: connect to the cluster's proxy, or to a server of its own"
            }
            ErrorKind::Foreign => {
                "holds something else under a key of this prefix: choose a prefix that nothing else writes to"
            }
            ErrorKind::Answer => {
                "gave an answer that was not understood: check that it is Redis 5 or later, or Valkey, and see the cause"
            }
            ErrorKind::Cost => {
                "more tokens were asked for than the bucket ever holds: raise the quota's burst, or take fewer at once"
            }
        })
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}
