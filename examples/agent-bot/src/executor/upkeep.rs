//! What is over is forgotten, and what is sealed with an old key sealed anew.

use std::time::Duration;

use imchat_inbox::Upkeep;
use tracing::warn;

use super::{Executor, NotDone};

const EVERY: Duration = Duration::from_secs(600);
/// Rows of one transaction, so that nobody waits long behind it.
const AT_ONCE: u32 = 1000;
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Longer than the inbox remembers a key: a step that is forgotten could be said again.
const KEEP: Duration = DAY.saturating_mul(9);
/// How long a conversation is remembered in which nothing is said.
const REMEMBER: Duration = DAY.saturating_mul(30);

impl Executor {
    /// Keeps house for as long as it is polled.
    pub async fn upkeep(&self, inbox: impl Upkeep) {
        let mut rounds = tokio::time::interval(EVERY);
        loop {
            rounds.tick().await;
            if let Err(error) = purge(&inbox).await {
                warn!(error = &error as &dyn std::error::Error, "what is over stays in the inbox for now");
            }
            if let Err(error) = self.tidy().await {
                warn!(error = &error as &dyn std::error::Error, "what is over stays in the bot's tables for now");
            }
        }
    }

    async fn tidy(&self) -> Result<(), NotDone> {
        let parts = &self.0.parts;
        // One after the other: each waits for nobody, and nobody waits long for it.
        let mut tx = parts.state.begin().await?;
        parts.outbox.forget(&mut tx, KEEP).await?;
        tx.commit().await?;
        let mut tx = parts.state.begin().await?;
        parts.approvals.forget(&mut tx, KEEP).await?;
        tx.commit().await?;
        let mut tx = parts.state.begin().await?;
        self.0.sessions.forget(&mut tx, REMEMBER).await?;
        tx.commit().await?;
        loop {
            let mut tx = parts.state.begin().await?;
            let anew = parts.outbox.reseal(&mut tx, AT_ONCE).await?;
            tx.commit().await?;
            if anew < u64::from(AT_ONCE) {
                return Ok(());
            }
        }
    }
}

async fn purge(inbox: &impl Upkeep) -> Result<(), NotDone> {
    while inbox.purge(AT_ONCE).await? >= u64::from(AT_ONCE) {}
    Ok(())
}
