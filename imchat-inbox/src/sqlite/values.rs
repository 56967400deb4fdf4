//! Lists of rows as parameters.

use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Sqlite};

pub(super) type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

/// As many rows as one statement takes: beyond it nothing gets cheaper, and each length is a statement to keep prepared.
pub(super) const ROWS: usize = 64;

/// A statement with a list of rows between two pieces of SQL, kept prepared for each length.
pub(super) fn query(before: &str, rows: usize, columns: usize, after: &str) -> Query<'static> {
    let row = format!("({})", vec!["?"; columns].join(","));
    let list = vec![row.as_str(); rows].join(",");
    // Nothing but the number of rows goes into the text.
    sqlx::query(AssertSqlSafe([before, &list, after].concat()))
}
