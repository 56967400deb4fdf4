//! Why the bot's tables could not do what they were asked.

/// Why the bot's tables could not do what they were asked. Unless it says so, whether it was done is not known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The database cannot be opened or reached, or the connection broke.
    #[error("the bot's database cannot be reached: check that DATABASE_URL names a directory or server that is there")]
    Unreachable(#[source] sqlx::Error),
    /// `DATABASE_URL` is no URL of PostgreSQL.
    #[error("DATABASE_URL is not one of PostgreSQL: write postgres://user:password@host/database")]
    Url,
    /// The database takes no writes. Nothing was done.
    #[error(
        "the bot's database takes no writes: let this process write to its file and directory, or grant its role the tables"
    )]
    ReadOnly(#[source] sqlx::Error),
    /// The disk, or the room that the database was given, is full. Nothing was done.
    #[error("the bot's database is full: make room on its disk, or raise its limit")]
    Full(#[source] sqlx::Error),
    /// Others held what was needed for too long. Nothing was done.
    #[error("the bot's database is held by another process: end it, or run fewer of them on one file")]
    Locked(#[source] sqlx::Error),
    /// The database did not do it, for another reason.
    #[error("the bot's database failed: see its own error, and try again")]
    Database(#[source] sqlx::Error),
    /// What is there is not the bot's. Nothing was done.
    #[error("what is there is {0} and not the bot's database: give the bot a database of its own")]
    Foreign(&'static str),
    /// The tables were written by a newer release. Nothing was done.
    #[error("the bot's tables have migration {found} and this release knows {known}: run the newer release")]
    Version {
        /// The newest migration of the tables.
        found: i64,
        /// The newest one that this release knows.
        known: i64,
    },
    /// A row does not hold what this release writes.
    #[error("a row of the bot's tables cannot be read ({0}): was it written by a newer release, or by hand?")]
    Row(&'static str),
    /// Only what is kept in a file outlives the process.
    #[error("the bot's database is in memory, where a crash loses it: let DATABASE_URL name a file")]
    Memory,
}

impl From<sqlx::Error> for StateError {
    fn from(error: sqlx::Error) -> Self {
        let kind = match &error {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed | sqlx::Error::PoolClosed => {
                Self::Unreachable
            }
            sqlx::Error::PoolTimedOut => Self::Locked,
            sqlx::Error::Database(told) => of_code(told.code().as_deref().unwrap_or_default()),
            _ => Self::Database,
        };
        kind(error)
    }
}

/// The kind of a database's code: a number of SQLite's, or an SQLSTATE of five characters.
fn of_code(code: &str) -> fn(sqlx::Error) -> StateError {
    if code.len() == 5 {
        return match code {
            // A standby, and a role without the right to write.
            "25006" | "42501" => StateError::ReadOnly,
            "53100" | "53200" => StateError::Full,
            "55P03" => StateError::Locked,
            // The connection, the login, the database's name, the server's end, and too many connections.
            "3D000" | "53300" => StateError::Unreachable,
            _ if ["08", "28", "57P"].iter().any(|class| code.starts_with(class)) => StateError::Unreachable,
            _ => StateError::Database,
        };
    }
    // SQLite's low byte is the code, the rest says more about it.
    match code.parse::<u32>().map(|code| code & 0xFF) {
        Ok(5 | 6) => StateError::Locked,
        Ok(8) => StateError::ReadOnly,
        Ok(13) => StateError::Full,
        Ok(10 | 14) => StateError::Unreachable,
        Ok(26) => |_| StateError::Foreign("a file of another kind"),
        _ => StateError::Database,
    }
}
