//! What the same person says in a conversation while a turn waits or runs.
//!
//! The lane gives one job of a conversation at a time, so the messages behind it are looked at, and appended to the session
//! under the keys of their own jobs. Whichever turn takes them answers them; their jobs then find nothing left to do.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use imchat_inbox::Job;
use tracing::warn;

use super::{Executor, NotDone, key_of};
use crate::limits::Verdict;
use crate::platform::{Decoded, Inbound, Platform};
use crate::policy::Meanwhile;

/// Messages that are looked at.
const MOST: u32 = 16;
/// How often a turn looks for what interrupts it.
const EVERY: Duration = Duration::from_millis(250);

impl Executor {
    /// Appends what the same person said since.
    pub(super) async fn take_in(
        &self,
        job: &Job,
        platform: &dyn Platform,
        inbound: &Inbound,
        conversation: &str,
    ) -> Result<(), NotDone> {
        for delivery in self.0.settle.behind(&job.lease, MOST).await? {
            let Ok(Decoded::Message(since)) = platform.decode(&delivery.kind, &delivery.body) else { continue };
            // Whoever used a command waits for an answer of its own.
            let theirs = since.person == inbound.person && since.place.conversation(&since.person) == conversation;
            let key = key_of(&delivery);
            if !theirs || since.reply.is_some() || self.stands(conversation, &key).await? {
                continue;
            }
            // What is over the limit is left to its own job, which says so.
            if self.0.parts.limits.message(&since.person, &since.place).await != Verdict::Within {
                break;
            }
            let mut tx = self.0.parts.state.begin().await?;
            self.0.sessions.append(&mut tx, conversation, &key, &since.person, &since.text).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Sets `interrupted` as soon as the same person has said more, where that ends a turn; never ends by itself.
    pub(super) async fn watch(
        &self,
        job: &Job,
        platform: &dyn Platform,
        inbound: &Inbound,
        conversation: &str,
        interrupted: &AtomicBool,
    ) -> Infallible {
        if self.0.parts.policy.meanwhile() == Meanwhile::Interrupt {
            while !interrupted.load(Ordering::Relaxed) {
                tokio::time::sleep(EVERY).await;
                match self.more(job, platform, inbound, conversation).await {
                    Ok(more) => interrupted.store(more, Ordering::Relaxed),
                    Err(error) => {
                        warn!(
                            error = &error as &dyn std::error::Error,
                            "what is said meanwhile is not looked at for now"
                        );
                    }
                }
            }
        }
        std::future::pending().await
    }

    async fn more(
        &self,
        job: &Job,
        platform: &dyn Platform,
        inbound: &Inbound,
        conversation: &str,
    ) -> Result<bool, NotDone> {
        self.take_in(job, platform, inbound, conversation).await?;
        let mut tx = self.0.parts.state.read().await?;
        Ok(self.0.sessions.more_waits(&mut tx, conversation, &inbound.person).await?)
    }
}
