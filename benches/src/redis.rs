//! Claim and complete through the Redis store, beside the cheapest thing one could do instead: `SET NX PX` as
//! `redis-benchmark` sends it.

use crate::rounds::{median, ratio};
use anyhow::{Context, Result, bail, ensure};
use imchat_redis::{RedisStore, Server};
use imchat_test_servers::{NoServer, RedisServer};
use imchat_verify::dedup::{Claim, DedupKey, DedupStore, Settled};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// Tasks on our side, connections on the other.
const CLIENTS: usize = 64;
const SLICE: Duration = Duration::from_secs(1);
const LEASE: Duration = Duration::from_secs(15);
const KEEP: Duration = Duration::from_secs(600);

/// Both contenders on one server that keeps nothing on disk.
#[derive(Debug)]
pub struct Race {
    server: RedisServer,
    runtime: Runtime,
    store: RedisStore,
    next: Arc<AtomicU64>,
    /// Claims and completions, as pairs in a second, by round.
    pairs: Vec<f64>,
    /// `SET NX PX` in a second, by round.
    sets: Vec<f64>,
}

impl Race {
    /// Starts a server and connects; nothing where this machine has no Redis.
    ///
    /// # Errors
    /// If the server does not come up.
    pub fn start() -> Result<Option<Self>> {
        let server = match RedisServer::try_start(&[]) {
            Ok(server) => server,
            Err(NoServer::Missing(_)) => return Ok(None),
            Err(NoServer::Broken(reason)) => bail!(reason),
        };
        // Two, so that the connection's own task and the 64 do not take turns.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let redis = runtime.block_on(Server::at(&server.url())?.answer_within(Duration::from_secs(5)).connect())?;
        let next = Arc::new(AtomicU64::new(0));
        Ok(Some(Self { server, runtime, store: RedisStore::new(&redis), next, pairs: Vec::new(), sets: Vec::new() }))
    }

    /// Claims and completes a few keys, and asserts that each is then done.
    ///
    /// # Errors
    /// If the store answers otherwise.
    pub fn check(&self) -> Result<()> {
        self.runtime.block_on(async {
            for number in 0..100 {
                handle(&self.store, number).await?;
                let again = self.store.claim(&key(number), None, LEASE).await?;
                ensure!(again == Claim::Done { digest: None }, "a key that was completed is {again:?}");
            }
            self.next.fetch_add(100, Ordering::Relaxed);
            Ok(())
        })
    }

    /// One slice of each.
    ///
    /// # Errors
    /// If a contender does not do its work.
    pub fn round(&mut self) -> Result<()> {
        let pairs = self.pairs()?;
        // So many that it takes about a slice too.
        let sets = self.sets(self.sets.last().map_or(50_000, |rate| (rate * SLICE.as_secs_f64()) as u64))?;
        self.pairs.push(pairs);
        self.sets.push(sets);
        Ok(())
    }

    /// Pairs in a second and `SET`s in a second, and the ratio of the two within a round.
    #[must_use]
    pub fn result(&self) -> (f64, f64, f64) {
        (median(self.pairs.clone()), median(self.sets.clone()), ratio(&self.pairs, &self.sets))
    }

    fn pairs(&self) -> Result<f64> {
        self.runtime.block_on(async {
            let start = Instant::now();
            let mut tasks = JoinSet::new();
            for _ in 0..CLIENTS {
                let (store, next) = (self.store.clone(), self.next.clone());
                tasks.spawn(async move {
                    let mut done = 0_u64;
                    while start.elapsed() < SLICE {
                        handle(&store, next.fetch_add(1, Ordering::Relaxed)).await?;
                        done += 1;
                    }
                    anyhow::Ok(done)
                });
            }
            let mut done = 0;
            while let Some(task) = tasks.join_next().await {
                done += task??;
            }
            Ok(done as f64 / start.elapsed().as_secs_f64())
        })
    }

    fn sets(&self, count: u64) -> Result<f64> {
        let mut command = Command::new("redis-benchmark");
        command.arg("-s").arg(self.server.socket()).args([
            "-c",
            &CLIENTS.to_string(),
            "-n",
            &count.to_string(),
            "--csv",
        ]);
        // As long a key as ours, and fresh ones but for a few in a million.
        command.args(["-r", "999999999999", "SET", "{imchat:dedup:__rand_int__}", "1", "NX", "PX", "600000"]);
        let output = command.output().context("redis-benchmark, which comes with Redis")?;
        ensure!(output.status.success(), "redis-benchmark failed: {}", String::from_utf8_lossy(&output.stderr));
        let told = String::from_utf8(output.stdout)?;
        // The name of the test, then the rate: each in quotes.
        let fields: Vec<&str> = told.lines().last().unwrap_or_default().split("\",\"").collect();
        fields.get(1).and_then(|rate| rate.parse().ok()).with_context(|| format!("no rate in {told}"))
    }
}

fn key(number: u64) -> DedupKey {
    DedupKey::from_bytes(format!("{number:012}").as_bytes())
}

/// One delivery: a claim that is granted, and its completion.
async fn handle(store: &RedisStore, number: u64) -> Result<()> {
    let Claim::Granted(lease) = store.claim(&key(number), None, LEASE).await? else {
        bail!("a fresh key was not granted")
    };
    ensure!(store.complete(&lease, KEEP).await? == Settled::Ok, "the lease was lost");
    Ok(())
}
