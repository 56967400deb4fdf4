//! Something came to a hook: it is told in the hook's place.

use imchat_inbox::Job;

use super::{Executor, NotDone, key};
use crate::hooks::told;
use crate::outbox::Draft;
use crate::platform::Address;

impl Executor {
    pub(super) async fn hooked(&self, job: &Job, name: &str) -> Result<(), NotDone> {
        let parts = &self.0.parts;
        let hook = parts.policy.hooks().iter().find(|hook| hook.name == name).ok_or(NotDone::NoHook)?;
        let place = hook.say_in.clone();
        // What nobody can send is a dead letter of the inbox, where a replay says it after all.
        parts.platforms.named(place.platform.as_str()).ok_or(NotDone::NoPlatform)?;
        let draft = Draft {
            to: Address { place, only: None, reply: None },
            message: told(hook, &job.delivery),
            step: format!("{}/hook", key(job)),
            edit_of: None,
        };
        let mut tx = parts.state.begin().await?;
        parts.outbox.put(&mut tx, &draft).await?;
        self.0.settle.done_in(&mut tx, &job.lease).await?;
        tx.commit().await?;
        parts.outbox.wake();
        self.count("imchat_bot_hook_events_total", &[("hook", name)], 1);
        Ok(())
    }
}
