//! One run: processes, senders and faults, until there were enough kills; then the sum of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use imchat_test_servers::Folder;
use tokio::time::{sleep, timeout};

use crate::crew::{Crew, Fault};
use crate::place::{self, Database};
use crate::random::Random;
use crate::report::Report;
use crate::sabotage::Sabotage;
use crate::sender::{Post, send};
use crate::server::Server;

/// What is asked of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) kills: u64,
    pub(crate) database: Database,
    pub(crate) seed: u64,
    pub(crate) sabotage: Sabotage,
}

/// A run that has not drained by then has stranded something.
const DRAIN: Duration = Duration::from_secs(120);

/// Carries the plan out. Everything that it starts ends with it, also where it fails.
pub(crate) async fn run(plan: Plan) -> Result<Report> {
    let folder = Folder::new("faults")?;
    let mut server = Server::start(plan.database, plan.sabotage)?;
    let address = server.address(folder.path());
    let post = Arc::new(Post::default());
    let mut random = Random::new(plan.seed);
    let sending = tokio::spawn(send(Arc::clone(&post), Random::new(random.next())));
    let mut crew = Crew::new(plan.database, plan.sabotage, &address, folder.path(), Arc::clone(&post), random)?;

    let limit =
        Duration::from_secs(30).saturating_add(Duration::from_millis(2500).saturating_mul(u32::try_from(plan.kills)?));
    timeout(limit, faults(&mut crew, plan.kills, &mut server, &address))
        .await
        .with_context(|| format!("fewer than {} kills in {} seconds", plan.kills, limit.as_secs()))??;
    post.over.store(true, Ordering::SeqCst);
    crew.calm().await?;
    crew.watch_until(async { sending.await? }).await?;
    crew.watch_until(drained(&address)).await?;
    let faults = crew.end().await?;
    Report::of(plan, faults, &post, &address, folder.path()).await
}

async fn faults(crew: &mut Crew, kills: u64, server: &mut Server, address: &str) -> Result<()> {
    while crew.faults.kills < kills {
        crew.watch_for_a_while().await?;
        match crew.choose() {
            Fault::Kill => crew.kill().await?,
            Fault::Pause => crew.pause().await?,
            Fault::Cut => {
                // A server that starts takes no connection: nothing is there to be cut.
                crew.faults.cuts = crew.faults.cuts.saturating_add(u64::from(place::cut(address).await.is_ok()));
            }
            Fault::Restart => {
                server.restart(crew.watch_for_a_while()).await?;
                crew.faults.restarts = crew.faults.restarts.saturating_add(1);
            }
        }
    }
    Ok(())
}

async fn drained(address: &str) -> Result<()> {
    let start = Instant::now();
    loop {
        match place::depth(address).await {
            Ok(0) => return Ok(()),
            Ok(left) if start.elapsed() > DRAIN => bail!("{left} jobs are stranded: nobody finishes them"),
            Err(error) if start.elapsed() > DRAIN => return Err(error),
            _ => sleep(Duration::from_millis(200)).await,
        }
    }
}
