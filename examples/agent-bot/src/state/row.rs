//! What goes into a statement, and what comes out.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use super::StateError;

/// What a placeholder stands for.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Text, or no text.
    Text(Option<String>),
    /// A number, or no number.
    Number(Option<i64>),
}

/// Rows hold what people wrote and what is sealed: neither is printed.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(…)",
            Self::Number(_) => "Number(…)",
        })
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(Some(text.clone()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

/// A value as a text column holds it; [`Row::parsed`] reads it.
///
/// # Errors
/// [`StateError::Row`] where JSON has no form for it.
pub fn written(value: &impl Serialize, column: &'static str) -> Result<String, StateError> {
    serde_json::to_string(value).map_err(|_| StateError::Row(column))
}

/// A row that a statement returned; columns go by their names.
pub struct Row(Of);

enum Of {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl From<SqliteRow> for Row {
    fn from(row: SqliteRow) -> Self {
        Self(Of::Sqlite(row))
    }
}

impl From<PgRow> for Row {
    fn from(row: PgRow) -> Self {
        Self(Of::Postgres(row))
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Row(…)")
    }
}

impl Row {
    /// A text.
    ///
    /// # Errors
    /// [`StateError::Row`] where the column holds none.
    pub fn text(&self, column: &'static str) -> Result<String, StateError> {
        self.maybe_text(column)?.ok_or(StateError::Row(column))
    }

    /// A text, or none.
    ///
    /// # Errors
    /// [`StateError::Row`] where the column holds something else.
    pub fn maybe_text(&self, column: &'static str) -> Result<Option<String>, StateError> {
        let read = match &self.0 {
            Of::Sqlite(row) => row.try_get(column),
            Of::Postgres(row) => row.try_get(column),
        };
        read.map_err(|_| StateError::Row(column))
    }

    /// A value that [`written`] made.
    ///
    /// # Errors
    /// [`StateError::Row`] where the column holds something else.
    pub fn parsed<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StateError> {
        self.maybe_parsed(column)?.ok_or(StateError::Row(column))
    }

    /// A value that [`written`] made, or none.
    ///
    /// # Errors
    /// [`StateError::Row`] where the column holds something else.
    pub fn maybe_parsed<T: DeserializeOwned>(&self, column: &'static str) -> Result<Option<T>, StateError> {
        let text = self.maybe_text(column)?;
        text.map(|text| serde_json::from_str(&text).map_err(|_| StateError::Row(column))).transpose()
    }

    /// A number.
    ///
    /// # Errors
    /// [`StateError::Row`] where the column holds none.
    pub fn number(&self, column: &'static str) -> Result<i64, StateError> {
        self.maybe_number(column)?.ok_or(StateError::Row(column))
    }

    /// A number, or none.
    ///
    /// # Errors
    /// [`StateError::Row`] where the column holds something else.
    pub fn maybe_number(&self, column: &'static str) -> Result<Option<i64>, StateError> {
        let read = match &self.0 {
            Of::Sqlite(row) => row.try_get(column),
            Of::Postgres(row) => row.try_get(column),
        };
        read.map_err(|_| StateError::Row(column))
    }
}
