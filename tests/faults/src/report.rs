//! What became of every delivery.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::atomic::Ordering;

use anyhow::Result;

use crate::crew::Faults;
use crate::effects::Effects;
use crate::place;
use crate::run::Plan;
use crate::sender::Post;

/// The sum of a run.
#[derive(Debug)]
pub(crate) struct Report {
    plan: Plan,
    faults: Faults,
    sent: u64,
    acked: usize,
    executed: usize,
    dead: usize,
    lost: usize,
    doubled: usize,
    stale_writes: u64,
    refused: u64,
    repeated: u64,
}

impl Report {
    pub(crate) async fn of(plan: Plan, faults: Faults, post: &Post, address: &str, folder: &Path) -> Result<Self> {
        let effects = Effects::open(folder).await?;
        effects.index().await?;
        let acked = post.acked();
        let executed: BTreeSet<String> = effects.executed().await?.into_iter().collect();
        let dead: BTreeSet<String> = place::dead(address).await?.into_iter().collect();
        let mut doubled: BTreeSet<String> = place::doubled(address).await?.into_iter().collect();
        doubled.extend(effects.doubled().await?);
        Ok(Self {
            plan,
            faults,
            sent: post.sent.load(Ordering::SeqCst),
            lost: acked.iter().filter(|event| !executed.contains(*event) && !dead.contains(*event)).count(),
            acked: acked.len(),
            executed: executed.len(),
            dead: dead.len(),
            doubled: doubled.len(),
            stale_writes: effects.stale_writes().await?,
            refused: effects.refused().await?,
            repeated: effects.repeated().await?,
        })
    }

    /// Whether all held, under as many kills as were asked for.
    pub(crate) fn holds(&self) -> bool {
        self.lost == 0
            && self.doubled == 0
            && self.stale_writes == 0
            && self.faults.kills >= self.plan.kills
            && self.executed > 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plan, faults, sent, acked, executed, dead, lost, doubled, stale_writes, refused, repeated } = self;
        let (pauses, cuts, restarts, ended, kills) =
            (faults.pauses, faults.cuts, faults.restarts, faults.ended, faults.kills);
        for (point, times) in &faults.at {
            writeln!(f, "killed {times} times {point}")?;
        }
        writeln!(
            f,
            "{pauses} pauses past the lease, {cuts} cuts, {restarts} server restarts; {ended} processes ended by themselves"
        )?;
        writeln!(f, "{sent} sent; {repeated} effects written again, {refused} late ones refused by their fence")?;
        let database = plan.database.name();
        write!(
            f,
            "faults database={database} kills={kills} acked={acked} executed={executed} dead={dead} lost={lost} \
             doubled={doubled} stale_writes={stale_writes}"
        )
    }
}
