//! What is over is forgotten, and what is sealed with an old key sealed anew.

use std::time::Duration;

use imchat_inbox::Upkeep;
use tracing::warn;

use crate::outbox::{Outbox, OutboxError};
use crate::state::State;

const EVERY: Duration = Duration::from_secs(600);
/// Rows of one transaction, so that nobody waits long behind it.
const AT_ONCE: u32 = 1000;
/// Longer than the inbox remembers a key: a step that is forgotten could be said again.
const KEEP: Duration = Duration::from_secs(9 * 24 * 3600);

/// Keeps house for as long as it is polled.
pub async fn upkeep(inbox: impl Upkeep, state: State, outbox: Outbox) {
    let mut rounds = tokio::time::interval(EVERY);
    loop {
        rounds.tick().await;
        loop {
            match inbox.purge(AT_ONCE).await {
                Ok(forgotten) if forgotten >= u64::from(AT_ONCE) => {}
                Ok(_) => break,
                Err(error) => {
                    warn!(%error, "what is over stays in the inbox for now");
                    break;
                }
            }
        }
        if let Err(error) = tidy(&state, &outbox).await {
            warn!(error = &error as &dyn std::error::Error, "what is over stays in the outbox for now");
        }
    }
}

async fn tidy(state: &State, outbox: &Outbox) -> Result<(), OutboxError> {
    let mut tx = state.begin().await?;
    outbox.forget(&mut tx, KEEP).await?;
    tx.commit().await?;
    loop {
        let mut tx = state.begin().await?;
        let anew = outbox.reseal(&mut tx, AT_ONCE).await?;
        tx.commit().await?;
        if anew < u64::from(AT_ONCE) {
            return Ok(());
        }
    }
}
