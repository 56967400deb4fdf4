//! What the bot operates: services, deployments and merges, in its own database, so that effects can be counted.
//!
//! 1. Whatever is read here changes nothing, and may be read by anybody who may ask.
//! 2. Whatever changes something takes a permit, and is written in the transaction in which the plan ends: both are there
//!    after a crash, or neither.
//! 3. A plan has one row in `bot_effects`. Whoever tries it again changes nothing and reads what came of it.

mod effects;
mod reads;

pub use effects::{Effect, OpsError};
pub use reads::Desk;

use crate::state::{StateError, Tx};

/// What the bot operates.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ops;

/// A service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// `healthy`, `degraded` or `down`.
    pub health: String,
    /// What runs.
    pub version: String,
    /// Who is on call for it.
    pub on_call: String,
    /// How often it was restarted.
    pub restarts: i64,
}

impl Ops {
    /// Puts a service there, unless there is one of this name; returns whether it did.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn found(&self, tx: &mut Tx, service: &Service) -> Result<bool, StateError> {
        let sql = "INSERT INTO bot_services (name, health, version, on_call, restarts) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (name) DO NOTHING";
        let Service { name, health, version, on_call, restarts } = service;
        Ok(tx.query(sql).bind(name).bind(health).bind(version).bind(on_call).bind(*restarts).run().await? == 1)
    }

    /// The service of this name.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn service(&self, tx: &mut Tx, name: &str) -> Result<Option<Service>, StateError> {
        let sql = "SELECT name, health, version, on_call, restarts FROM bot_services WHERE name = $1";
        let Some(row) = tx.query(sql).bind(name).row().await? else { return Ok(None) };
        Ok(Some(Service {
            name: row.text("name")?,
            health: row.text("health")?,
            version: row.text("version")?,
            on_call: row.text("on_call")?,
            restarts: row.number("restarts")?,
        }))
    }

    /// The names of all services.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn services(&self, tx: &mut Tx) -> Result<Vec<String>, StateError> {
        let rows = tx.query("SELECT name FROM bot_services ORDER BY name").rows().await?;
        rows.iter().map(|row| row.text("name")).collect()
    }
}

#[cfg(test)]
mod tests;
