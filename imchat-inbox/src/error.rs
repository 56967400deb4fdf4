//! Why an inbox could not do what it was asked.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Why an inbox could not do what it was asked; unless it says so, whether it was done is not known.
///
/// Those that come of the database keep its own error as their source. One commit can fail many callers, hence the
/// shared source.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum InboxError {
    /// The database cannot be opened or reached, or the connection broke.
    Unreachable(Arc<sqlx::Error>),
    /// The database takes no writes. Nothing was done.
    ReadOnly(Arc<sqlx::Error>),
    /// The disk, or the room that the database was given, is full. Nothing was done.
    Full(Arc<sqlx::Error>),
    /// Another process held the database for longer than the busy timeout. Nothing was done.
    Locked(Arc<sqlx::Error>),
    /// The database did not do it, for another reason.
    Database(Arc<sqlx::Error>),
    /// What is there is not an inbox; the text says what it is instead. Nothing was done.
    Foreign(&'static str),
    /// The tables were written by a newer release. Nothing was done.
    Version {
        /// The version of the tables.
        found: i64,
        /// The newest version that this release knows.
        known: i64,
    },
    /// The body is over the inbox's limit. Nothing was done.
    TooLarge {
        /// The body's bytes.
        bytes: usize,
        /// The most that is taken.
        most: usize,
    },
    /// A setting of the builder cannot be; the text says which and what would. Nothing was done.
    Setting(&'static str),
    /// A row does not hold what this version of the library writes.
    Row(&'static str),
    /// The writer panicked over the orders of which this is one, and goes on with the others.
    Panicked,
    /// The inbox is closed: its process is stopping.
    Closed,
}

impl InboxError {
    /// Whether what was asked may have been done all the same.
    pub(crate) const fn leaves_doubt(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Database(_) | Self::Row(_) | Self::Panicked | Self::Closed)
    }

    /// Whether it is the matter of one row, so that the others of its batch may fare better alone.
    pub(crate) fn may_be_one_rows(&self) -> bool {
        match self {
            // An answer that was not understood may have been that of the commit.
            Self::Database(error) => !matches!(**error, sqlx::Error::Protocol(_)),
            Self::Row(_) | Self::TooLarge { .. } => true,
            _ => false,
        }
    }
}

#[cfg(feature = "postgres")]
impl InboxError {
    /// Whether the database ended this transaction for the sake of another one.
    pub(crate) fn is_deadlock(&self) -> bool {
        match self {
            Self::Database(error) => {
                let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
                matches!(code.as_deref(), Some("40P01" | "40001"))
            }
            _ => false,
        }
    }
}

impl fmt::Display for InboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable(_) => {
                "the inbox's database cannot be reached: check that its directory or server is there and may be used"
            }
            Self::ReadOnly(_) => {
                "the inbox's database takes no writes: let this process write to its file and directory"
            }
            Self::Full(_) => "the inbox's database is full: make room on its disk, or raise its limit",
            Self::Locked(_) => "the inbox's database is held by another process: end it, or raise the busy timeout",
            Self::Database(_) => "the inbox's database failed: see its own error, and send again",
            Self::Closed => "the inbox is closed because the process is stopping: send again",
            Self::Panicked => {
                "the inbox's writer panicked over this: the process's own output says where; mend it, and send again"
            }
            Self::Foreign(what) => {
                return write!(f, "what is there is {what} and not an inbox: give the inbox a database of its own");
            }
            Self::Version { found, known } => {
                return write!(
                    f,
                    "the inbox's tables are of version {found} and this release knows {known}: run the newer release"
                );
            }
            Self::TooLarge { bytes, most } => {
                return write!(f, "the body has {bytes} bytes and the inbox takes {most}: raise the inbox's limit");
            }
            Self::Setting(what) => return write!(f, "the inbox cannot be opened like this: {what}"),
            Self::Row(what) => {
                return write!(f, "a row of the inbox cannot be read ({what}): was it written by a newer release?");
            }
        })
    }
}

impl Error for InboxError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreachable(error)
            | Self::ReadOnly(error)
            | Self::Full(error)
            | Self::Locked(error)
            | Self::Database(error) => Some(&**error),
            Self::Foreign(_)
            | Self::Version { .. }
            | Self::TooLarge { .. }
            | Self::Setting(_)
            | Self::Row(_)
            | Self::Panicked
            | Self::Closed => None,
        }
    }
}

impl From<sqlx::Error> for InboxError {
    fn from(error: sqlx::Error) -> Self {
        let kind = match &error {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => {
                Self::Unreachable
            }
            sqlx::Error::PoolClosed => return Self::Closed,
            sqlx::Error::Database(told) => of_code(&told.code().unwrap_or(Cow::Borrowed(""))),
            _ => Self::Database,
        };
        kind(Arc::new(error))
    }
}

/// The kind of a database's code: a number of SQLite's, or an SQLSTATE of five characters.
fn of_code(code: &str) -> fn(Arc<sqlx::Error>) -> InboxError {
    if code.len() == 5 {
        return match code {
            // A standby, and a role without the right to write.
            "25006" | "42501" => InboxError::ReadOnly,
            "53100" => InboxError::Full,
            "55P03" => InboxError::Locked,
            // The connection, the login, the database's name, the server's end, too many connections, and an end of which
            // nothing is known.
            "3D000" | "40003" | "53300" => InboxError::Unreachable,
            _ if ["08", "28", "57P"].iter().any(|class| code.starts_with(class)) => InboxError::Unreachable,
            _ => InboxError::Database,
        };
    }
    // SQLite's low byte is the code, the rest says more about it.
    match code.parse::<u32>().map(|code| code & 0xFF) {
        Ok(5 | 6) => InboxError::Locked,
        Ok(8) => InboxError::ReadOnly,
        Ok(13) => InboxError::Full,
        Ok(10 | 14) => InboxError::Unreachable,
        Ok(26) => |_| InboxError::Foreign("a file of another kind"),
        _ => InboxError::Database,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{InboxError, of_code};

    fn is(code: &str) -> InboxError {
        of_code(code)(Arc::new(sqlx::Error::RowNotFound))
    }

    #[test]
    fn a_server_without_memory_is_not_told_to_be_given_disk() {
        assert!(matches!(is("53100"), InboxError::Full(_)));
        // A smaller batch may do.
        assert!(matches!(is("53200"), InboxError::Database(_)) && is("53200").may_be_one_rows());
    }

    /// What was settled in a commit that was not heard of would be told to be lost, and what was taken would be nobody's.
    #[test]
    fn a_batch_that_may_have_been_committed_is_not_tried_again() {
        let unheard = sqlx::Error::Protocol("an answer to something else".into());
        assert!(!InboxError::from(unheard).may_be_one_rows());
        assert!(!is("40003").may_be_one_rows());
        assert!(InboxError::from(sqlx::Error::RowNotFound).may_be_one_rows());
    }
}
