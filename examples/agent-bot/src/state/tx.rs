//! A transaction, and the statements in it.

use std::fmt;
use std::sync::Arc;

use imchat_verify::Clock;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, PgConnection, Postgres, Row as _, Sqlite, SqliteConnection, Transaction};

use super::{Row, StateError, Value};

/// A transaction. Dropped without a [`commit`](Self::commit), nothing of it was done.
pub struct Tx(On);

enum On {
    Sqlite(Transaction<'static, Sqlite>, Arc<dyn Clock>),
    Postgres(Transaction<'static, Postgres>),
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            On::Sqlite(..) => "Tx(sqlite)",
            On::Postgres(_) => "Tx(postgres)",
        })
    }
}

impl Tx {
    pub(super) fn on_sqlite(tx: Transaction<'static, Sqlite>, clock: Arc<dyn Clock>) -> Self {
        Self(On::Sqlite(tx, clock))
    }

    pub(super) fn on_postgres(tx: Transaction<'static, Postgres>) -> Self {
        Self(On::Postgres(tx))
    }

    /// The store's time now, in Unix microseconds. Ask after a row is locked, not before: waiting takes time.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn now(&mut self) -> Result<i64, StateError> {
        match &mut self.0 {
            On::Sqlite(_, clock) => {
                let micros = clock.now().unix_timestamp_nanos().div_euclid(1000);
                Ok(i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX }))
            }
            On::Postgres(db) => {
                Ok(sqlx::query("SELECT bot_micros()").fetch_one(&mut **db).await?.try_get::<i64, _>(0)?)
            }
        }
    }

    /// A statement, with `$1` for the first value that is bound.
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        Query { tx: self, sql, values: Vec::new() }
    }

    /// Makes all of it durable.
    ///
    /// # Errors
    /// Where the database fails; whether it was done is then not known.
    pub async fn commit(self) -> Result<(), StateError> {
        match self.0 {
            On::Sqlite(tx, _) => tx.commit().await?,
            On::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Undoes all of it, and gives the connection back before anything else is asked of it.
    ///
    /// # Errors
    /// Where the database fails; nothing was done all the same.
    pub async fn rollback(self) -> Result<(), StateError> {
        match self.0 {
            On::Sqlite(tx, _) => tx.rollback().await?,
            On::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }

    /// The connection to a SQLite file, for `enqueue_in` and `done_in` of an inbox in the same file.
    pub fn sqlite(&mut self) -> Option<&mut SqliteConnection> {
        match &mut self.0 {
            On::Sqlite(tx, _) => Some(tx),
            On::Postgres(_) => None,
        }
    }

    /// The connection to a PostgreSQL database, for `enqueue_in` and `done_in` of an inbox in the same database.
    pub fn postgres(&mut self) -> Option<&mut PgConnection> {
        match &mut self.0 {
            On::Sqlite(..) => None,
            On::Postgres(tx) => Some(tx),
        }
    }
}

/// A statement with its values.
#[derive(Debug)]
#[must_use = "a statement is carried out by `run`, `row` or `rows`"]
pub struct Query<'t> {
    tx: &'t mut Tx,
    sql: &'static str,
    values: Vec<Value>,
}

impl Query<'_> {
    /// The value of the next placeholder.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Carries it out; returns how many rows it changed.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn run(self) -> Result<u64, StateError> {
        let Self { tx, sql, values } = self;
        Ok(match &mut tx.0 {
            On::Sqlite(db, _) => sqlx::query_with(sql, of_sqlite(values)?).execute(&mut **db).await?.rows_affected(),
            On::Postgres(db) => sqlx::query_with(sql, of_postgres(values)?).execute(&mut **db).await?.rows_affected(),
        })
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn row(self) -> Result<Option<Row>, StateError> {
        Ok(self.rows().await?.into_iter().next())
    }

    /// All rows.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn rows(self) -> Result<Vec<Row>, StateError> {
        let Self { tx, sql, values } = self;
        Ok(match &mut tx.0 {
            On::Sqlite(db, _) => {
                let rows = sqlx::query_with(sql, of_sqlite(values)?).fetch_all(&mut **db).await?;
                rows.into_iter().map(Row::from).collect()
            }
            On::Postgres(db) => {
                let rows = sqlx::query_with(sql, of_postgres(values)?).fetch_all(&mut **db).await?;
                rows.into_iter().map(Row::from).collect()
            }
        })
    }
}

fn of_sqlite(values: Vec<Value>) -> Result<SqliteArguments, StateError> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value {
            Value::Text(text) => arguments.add(text),
            Value::Number(number) => arguments.add(number),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

fn of_postgres(values: Vec<Value>) -> Result<PgArguments, StateError> {
    let mut arguments = PgArguments::default();
    for value in values {
        match value {
            Value::Text(text) => arguments.add(text),
            Value::Number(number) => arguments.add(number),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}
