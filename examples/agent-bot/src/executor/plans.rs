//! What was approved is carried out, once, and what nobody decided expires: a loop, in every executor.

use std::time::Duration;

use tokio::sync::watch;
use tracing::warn;

use super::Executor;

/// How often to look for what other processes approved or left behind, and for what expired.
const EVERY: Duration = Duration::from_secs(1);

impl Executor {
    /// Tends the plans until told to stop.
    pub async fn tend(&self, mut stop: watch::Receiver<bool>) {
        let parts = &self.0.parts;
        while !*stop.borrow() {
            match parts.approvals.tend(&parts.state).await {
                Ok(0) => {}
                Ok(_) => parts.outbox.wake(),
                Err(error) => {
                    warn!(error = &error as &dyn std::error::Error, "plans wait for now; they are looked at again");
                }
            }
            tokio::select! {
                () = self.0.approved.notified() => {}
                () = tokio::time::sleep(EVERY) => {}
                changed = stop.changed() => if changed.is_err() { return },
            }
        }
    }
}
