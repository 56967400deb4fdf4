//! The process that empties the inbox.

use std::error::Error;
use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use imchat_inbox::worker::{Backoff, Outcome, Permanent, RetryAfter};
use imchat_inbox::{Job, Worker};
use imchat_verify::dedup::Fence;
use tower::service_fn;

use crate::effects::Effects;
use crate::place::Store;
use crate::point;
use crate::sabotage::Sabotage;
use crate::sender::{HOPELESS, POISON};

/// Short, so that a pause outlives it; no job is at work for nearly as long.
pub(crate) const LEASE: Duration = Duration::from_millis(400);
/// Jobs at work at a time.
const HANDS: usize = 6;

/// Does jobs until it is killed.
pub(crate) async fn work(store: impl Store, effects: Effects, sabotage: Sabotage) -> Result<()> {
    writeln!(std::io::stdout(), "ready")?;
    let service = service_fn(move |job: Job| {
        let effects = effects.clone();
        async move { attempt(&effects, &job, sabotage).await }
    });
    Worker::new(store, service)
        .concurrency(HANDS)
        .lease(LEASE)
        .backoff(Backoff::new(Duration::from_millis(20), Duration::from_millis(200)))
        .on_report(|report| {
            if report.outcome == Outcome::Done {
                point::pass(point::AFTER_DONE);
            }
        })
        .run()
        .await;
    Ok(())
}

/// How long an attempt works: of its own for each, and long enough for a pause to find some at work.
pub(crate) const fn unrest(fence: Fence) -> Duration {
    let mixed = fence.get().wrapping_mul(6_364_136_223_846_793_005);
    Duration::from_millis((mixed >> 58).saturating_add(20))
}

async fn attempt(effects: &Effects, job: &Job, sabotage: Sabotage) -> Result<(), Box<dyn Error + Send + Sync>> {
    point::pass(point::AFTER_TAKE);
    let event = job.delivery.event_id.as_deref().context("a job without its event's id")?;
    let fence = i64::try_from(job.fence().get())?;
    effects.see(event, &job.lease.id().to_string(), fence).await?;
    tokio::time::sleep(unrest(job.fence())).await;
    if event.contains(HOPELESS) {
        return Err(Permanent::new("hopeless").into());
    }
    if event.contains(POISON) {
        return Err(RetryAfter::new(Duration::from_millis(20), "poison").into());
    }
    // Where a higher fence was quicker, the inbox refuses this one too, whatever it says.
    effects.write(event, fence, sabotage != Sabotage::IgnoreFences).await?;
    point::pass(point::AFTER_EFFECT);
    Ok(())
}
