//! Why an inbox could not do what it was asked.

use std::error::Error;
use std::fmt;

/// Why an inbox could not do what it was asked; whether it was done is not known.
#[derive(Debug)]
#[non_exhaustive]
pub enum InboxError {
    /// The database did not do it.
    Database(sqlx::Error),
    /// A row does not hold what this version of the library writes.
    Row(&'static str),
    /// The inbox is closed: its process is stopping.
    Closed,
}

impl fmt::Display for InboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(_) => f.write_str("the inbox's database failed: check that it is there and has room"),
            Self::Row(what) => {
                write!(f, "a row of the inbox cannot be read ({what}): was it written by a newer version?")
            }
            Self::Closed => f.write_str("the inbox is closed because the process is stopping: send again"),
        }
    }
}

impl Error for InboxError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Database(error) => Some(error),
            Self::Row(_) | Self::Closed => None,
        }
    }
}

impl From<sqlx::Error> for InboxError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}
