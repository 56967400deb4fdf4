//! The suite on a real server, and what only it can be.

mod server;
mod server_faults;

use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use imchat_inbox::{NewJob, PostgresInbox};
use imchat_verify::inbox::Accepted;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, Row};

use crate::directory::Directory;
use crate::room::{Room, START, Tune, tuned};
use server::Server;

/// The server of this process, started by whoever asks first.
///
/// # Panics
///
/// With `IMCHAT_REQUIRE_SERVERS=1` in the environment, where there is none to be had.
fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    // The suite is about what is written, not about power cuts: without fsync it is done in seconds.
    let start = || match Server::start(Directory::new().keep_name(), "-c fsync=off") {
        Ok(server) => Some(server),
        Err(why) if std::env::var_os("IMCHAT_REQUIRE_SERVERS").is_some_and(|value| value == "1") => {
            panic!("no PostgreSQL for the tests: {why}")
        }
        Err(why) => {
            // Past the capture of the test's output, so that it is seen.
            let _unseen = writeln!(std::io::stderr(), "skipped on PostgreSQL: {why}");
            None
        }
    };
    SERVER.get_or_init(start).as_ref()
}

/// A schema of one test.
pub struct Schema {
    pub options: PgConnectOptions,
}

/// A schema with nothing in it; `None`, with the reason printed, where there is no server to be had.
pub async fn empty_schema() -> Option<PgConnectOptions> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let server = server()?;
    let name = format!("room_{}", NUMBER.fetch_add(1, Ordering::SeqCst));
    let mut db = server.options().connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE SCHEMA {name}"))).execute(&mut db).await.unwrap();
    Some(server.options().options([("search_path", name.as_str())]).application_name(&name))
}

impl Schema {
    /// `None`, with the reason printed, where there is no server to be had.
    pub async fn new() -> Option<Self> {
        let room = Self { options: empty_schema().await? };
        room.open(Tune::default()).await;
        // The tables' clock is put into the test's hands, as the machine's clock cannot be.
        sqlx::raw_sql(AssertSqlSafe(format!(
            "CREATE TABLE hand (micros bigint NOT NULL); INSERT INTO hand VALUES ({START}); \
             CREATE OR REPLACE FUNCTION inbox_micros() RETURNS bigint LANGUAGE sql STABLE \
             AS $$ SELECT micros FROM hand $$"
        )))
        .execute(&mut room.connect().await)
        .await
        .unwrap();
        Some(room)
    }

    /// Ends every connection of this room, as a server that restarts does.
    pub async fn cut_connections(&self) {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
            WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid()";
        sqlx::query(sql).fetch_all(&mut self.connect().await).await.unwrap();
    }

    pub async fn connect(&self) -> PgConnection {
        self.options.connect().await.unwrap()
    }
}

impl Room for Schema {
    type Inbox = PostgresInbox;

    async fn open(&self, tune: Tune) -> PostgresInbox {
        tuned!(PostgresInbox::builder(), tune).open_with(self.options.clone()).await.unwrap()
    }

    async fn set_micros(&self, micros: u64) {
        let micros = i64::try_from(micros).unwrap();
        sqlx::query("UPDATE hand SET micros = $1").bind(micros).execute(&mut self.connect().await).await.unwrap();
    }

    async fn number(&self, sql: &'static str) -> i64 {
        let row = sqlx::query(sql).fetch_one(&mut self.connect().await).await.unwrap();
        row.try_get::<i64, _>(0).unwrap_or_else(|_| row.get::<i32, _>(0).into())
    }

    async fn refuse_bad_rows(&self) {
        let sql = "ALTER TABLE inbox_deliveries ADD CHECK (provider <> 'bad')";
        sqlx::raw_sql(sql).execute(&mut self.connect().await).await.unwrap();
    }

    async fn bodies(&self, table: &str) -> Vec<Vec<u8>> {
        let sql = AssertSqlSafe(format!("SELECT body FROM {table} ORDER BY id"));
        let rows = sqlx::query(sql).fetch_all(&mut self.connect().await).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    async fn enqueue(&self, inbox: &PostgresInbox, job: NewJob) -> Accepted {
        inbox.enqueue(job).await.unwrap()
    }
}

crate::suite::suite!(Schema);
crate::transactions::transactions!(Schema, "BEGIN");
