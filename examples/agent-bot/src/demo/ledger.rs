//! What the demo reads in the bot's own database: whether work is left, and what was done.

use std::path::Path;
use std::time::Duration;

use imchat_inbox::{SqliteInbox, Upkeep};

use super::DemoError;
use crate::config::Config;
use crate::ops::Ops;
use crate::seal::Seal;
use crate::serve::StartError;
use crate::state::State;

const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The database of one bot.
pub(super) struct Ledger {
    state: State,
    inbox: SqliteInbox,
}

impl Ledger {
    /// Beside a bot of this configuration, whose database is this file.
    pub(super) async fn open(config: &Config, file: &Path) -> Result<Self, DemoError> {
        let state = State::open(&config.database).await?;
        let seal = Seal::new(&config.keys.sealing, None).map_err(StartError::from)?;
        let inbox = crate::inbox::sqlite(file, &seal).await.map_err(StartError::from)?;
        Ok(Self { state, inbox })
    }

    /// What was ever changed in the world.
    pub(super) async fn effects(&self) -> Result<i64, DemoError> {
        let mut tx = self.state.read().await?;
        Ok(Ops.effects(&mut tx).await?)
    }

    /// Jobs that wait for an executor, or that one has.
    pub(super) async fn waiting(&self) -> Result<u64, DemoError> {
        Ok(self.inbox.counts().await.map_err(StartError::from)?.depth())
    }

    /// Whether there is nothing left to work on, to do or to say.
    pub(super) async fn at_rest(&self) -> Result<bool, DemoError> {
        const OPEN: [&str; 2] = [
            "SELECT step FROM bot_outbox WHERE state IN ('waiting', 'sending') LIMIT 1",
            "SELECT state FROM bot_plans WHERE state IN ('approved', 'running') LIMIT 1",
        ];
        if self.waiting().await? > 0 {
            return Ok(false);
        }
        // One look at all of it: work goes from one table to the other.
        let mut tx = self.state.read().await?;
        for open in OPEN {
            if tx.query(open).row().await?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Looks until it [rests](Self::at_rest); false when `within` has passed before.
    pub(super) async fn rests(&self, within: Duration) -> Result<bool, DemoError> {
        let resting = async {
            while !self.at_rest().await? {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            Ok(true)
        };
        tokio::time::timeout(within, resting).await.unwrap_or(Ok(false))
    }

    /// Looks until this finds a row; false when `within` has passed before.
    pub(super) async fn finds(&self, sql: &'static str, within: Duration) -> Result<bool, DemoError> {
        let looking = async {
            loop {
                let mut tx = self.state.read().await?;
                if tx.query(sql).row().await?.is_some() {
                    return Ok(true);
                }
                drop(tx);
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(within, looking).await.unwrap_or(Ok(false))
    }

    /// Changes what the bot does not expect to be changed.
    pub(super) async fn change(&self, sql: &'static str) -> Result<(), DemoError> {
        let mut tx = self.state.begin().await?;
        tx.query(sql).run().await?;
        Ok(tx.commit().await?)
    }
}
