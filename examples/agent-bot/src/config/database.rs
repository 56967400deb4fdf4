//! `DATABASE_URL`: where the inbox lives.

use std::path::PathBuf;

use super::{ConfigError, Lookup, Secret, text};

const NAME: &str = "DATABASE_URL";
/// One file in the working directory.
const FILE: &str = "agent-bot.db";

/// Where the inbox lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// A SQLite file, created where it is not there.
    Sqlite(PathBuf),
    /// The URL of a PostgreSQL database: whole, since it may hold a password anywhere.
    Postgres(Secret),
}

pub(super) fn read(lookup: Lookup<'_>) -> Result<Database, ConfigError> {
    let Some(url) = text(lookup, NAME)? else { return Ok(Database::Sqlite(FILE.into())) };
    let refused = |problem| Err(ConfigError::Unusable { name: NAME, problem });
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Database::Postgres(Secret::new(url)));
    }
    let Some(path) = url.strip_prefix("sqlite:") else {
        return refused("is neither sqlite: with a path nor postgres://: write for instance sqlite:agent-bot.db");
    };
    let path = path.strip_prefix("//").unwrap_or(path);
    match path {
        "" => refused("names no file: write for instance sqlite:agent-bot.db"),
        ":memory:" => refused("is in memory, where a crash loses what was acknowledged: name a file"),
        _ if path.contains('?') => refused("has options after a question mark: write the path alone"),
        _ => Ok(Database::Sqlite(path.into())),
    }
}
