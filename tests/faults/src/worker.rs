//! The process that empties the inbox.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use imchat_inbox::Job;

use crate::effects::Effects;
use crate::place::Store;
use crate::point;
use crate::sabotage::Sabotage;
use crate::sender::{HOPELESS, POISON};

/// Short, so that a pause outlives it; no job is at work for nearly as long.
pub(crate) const LEASE: Duration = Duration::from_millis(400);

/// Takes jobs and does them one by one until it is killed.
pub(crate) async fn work(store: impl Store, effects: Effects, sabotage: Sabotage) -> Result<()> {
    writeln!(std::io::stdout(), "ready")?;
    let mut unrest: u64 = std::process::id().into();
    loop {
        // Where the database is away, the next turn finds it back.
        let jobs = store.take(6, LEASE).await.unwrap_or_default();
        if jobs.is_empty() {
            store.wait().await;
        }
        for job in jobs {
            unrest = unrest.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            point::pass(point::AFTER_TAKE);
            let length = Duration::from_millis((unrest >> 60).saturating_add(6));
            attempt(&store, &effects, &job, length, sabotage).await?;
            point::pass(point::AFTER_DONE);
        }
    }
}

async fn attempt(store: &impl Store, effects: &Effects, job: &Job, length: Duration, sabotage: Sabotage) -> Result<()> {
    let event = job.delivery.event_id.as_deref().context("a job without its event's id")?;
    let lease = &job.lease;
    effects.see(event, lease.id()).await?;
    tokio::time::sleep(length).await;
    // What the inbox answers to a settlement is known to nobody after a kill, and so decides nothing here either: a job
    // that is not settled comes again.
    if event.contains(HOPELESS) {
        let _settled = store.bury(lease, "hopeless").await;
    } else if event.contains(POISON) {
        let _settled = store.retry(lease, Duration::from_millis(20), "poison").await;
    } else {
        let fence = i64::try_from(lease.fence().get())?;
        let written = effects.write(event, fence, sabotage != Sabotage::IgnoreFences).await?;
        point::pass(point::AFTER_EFFECT);
        if written {
            let _settled = store.done(lease).await;
        }
    }
    Ok(())
}
