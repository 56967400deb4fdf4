//! The server of one run, where its database has one.

use std::future::Future;
use std::path::Path;

use anyhow::{Result, anyhow};
use imchat_test_servers::{NoServer, PostgresServer, RedisServer};

use crate::place::Database;
use crate::sabotage::Sabotage;

/// A private server, or none; it ends with this value.
pub(crate) enum Server {
    None,
    Postgres(PostgresServer),
    Redis(RedisServer),
}

/// What the store has answered is written down before: a restart forgets nothing.
const DURABLE: &[&str] = &["--appendonly", "yes", "--appendfsync", "always"];

impl Server {
    pub(crate) fn start(database: Database, sabotage: Sabotage) -> Result<Self> {
        let options = if sabotage == Sabotage::ForgetAtRestart { &[] } else { DURABLE };
        match database {
            Database::Sqlite => Ok(Self::None),
            Database::Postgres => PostgresServer::try_start().map(Self::Postgres).map_err(told),
            Database::Redis => RedisServer::try_start(options).map(Self::Redis).map_err(told),
        }
    }

    /// Where it is; without one, a file in this folder.
    pub(crate) fn address(&self, folder: &Path) -> String {
        match self {
            Self::None => folder.join("inbox.db").display().to_string(),
            Self::Postgres(server) => server.url(),
            Self::Redis(server) => server.url(),
        }
    }

    /// Ends it as a crash does, and starts it again. Redis starts so quickly that it stays away for `meanwhile`.
    pub(crate) async fn restart(&mut self, meanwhile: impl Future<Output = Result<()>>) -> Result<()> {
        match self {
            Self::None => Ok(()),
            Self::Postgres(server) => server.restart().map_err(told),
            Self::Redis(server) => {
                server.stop();
                meanwhile.await?;
                server.try_restart().map_err(told)
            }
        }
    }
}

fn told(none: NoServer) -> anyhow::Error {
    match none {
        NoServer::Missing(reason) | NoServer::Broken(reason) => anyhow!(reason),
    }
}
