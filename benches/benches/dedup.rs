//! Claims on the memory store beside concurrent maps, on Redis beside what `redis-benchmark` makes of a bare `SET`,
//! deliveries in the inboxes beside plain INSERTs, jobs through the worker, and the whole ingress before a SQLite inbox.
//!
//! `-- worker`, and likewise `memory`, `redis`, `inboxes`, `acks` and `syncs`, is that part alone.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "the numbers are of one run, and standard output is where they go"
)]

use anyhow::{Context, Result, ensure};
use imchat_benches::redis::Race;
use imchat_benches::rounds::{self, median};
use imchat_benches::stores::{self, Keys, Store};
use imchat_benches::{inbox, measuring, spell};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Short, so that every slice expires about as many keys as it claims.
const LEASE: Duration = Duration::from_millis(100);
/// Twice a lease: sweeps fall into every slice.
const SLICE: Duration = Duration::from_millis(200);
const BUDGET: Duration = Duration::from_secs(20);
/// Long enough for hundreds of commits.
const INBOX_SLICE: Duration = Duration::from_millis(400);
const BATCH: usize = 4096;
const REDIS_ROUNDS: usize = 7;

const OURS: &str = "ours";

struct Racer {
    store: Box<dyn Store>,
    keys: Keys,
    /// Claims in a second, by round.
    rates: Vec<f64>,
}

fn main() -> Result<()> {
    type Part = (&'static str, fn() -> Result<()>);
    const PARTS: [Part; 6] = [
        ("memory", memory),
        ("redis", redis),
        ("inboxes", inboxes),
        ("worker", worker),
        ("acks", acks),
        ("syncs", syncs),
    ];
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    if let ["accepts", file] = *words.as_slice() {
        let (accepts, commits) = runtime()?.block_on(inbox::accept_for(Path::new(file), 2 * INBOX_SLICE))?;
        println!("{accepts} {commits}");
        return Ok(());
    }
    for (name, part) in PARTS {
        if words.is_empty() || words.contains(&name) {
            part()?;
        }
    }
    Ok(())
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

/// A directory of a part, on the disk that the target directory is on.
fn directory(part: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{part}-{}", std::process::id()))
}

/// A directory for a server, whose user may have no way into the target directory.
fn own_directory(part: &str) -> PathBuf {
    std::env::temp_dir().join(format!("imchat-benches-{part}-{}", std::process::id()))
}

/// Jobs from accepted to done, with a handler that does nothing.
fn worker() -> Result<()> {
    let (rounds, slice, starts) = if measuring() { (5, 2 * INBOX_SLICE, 300) } else { (1, INBOX_SLICE / 20, 3) };
    runtime()?.block_on(async {
        let sqlite = inbox::worker_on_sqlite(&directory("worker"), rounds, slice, starts).await?;
        let postgres = inbox::worker_on_postgres(own_directory("worker"), rounds, slice, starts).await?;
        if !measuring() {
            println!("# worker: checked");
            return Ok(());
        }
        println!(
            "# worker: one, 64 jobs at a time, an empty handler; jobs from before they are accepted to the tombstone,"
        );
        println!("#   with 64 accepts in flight; a start is from before the accept to the handler, one job at a time");
        for (name, figures) in [("sqlite", Ok(sqlite)), ("postgres", postgres)] {
            match figures {
                Ok(figures) => println!(
                    "worker_{name} jobs_per_s={:.0} start_p99_ms={:.1}",
                    median(figures.jobs.clone()),
                    figures.start_p99()
                ),
                Err(why) => println!("# worker_{name} is not measured: {why}"),
            }
        }
        Ok(())
    })
}

/// Requests on a clock, whether or not the ones before are answered.
fn acks() -> Result<()> {
    const RATE: u32 = 500;
    let length = if measuring() { Duration::from_secs(8) } else { Duration::from_millis(200) };
    let slice = runtime()?.block_on(inbox::acks(&directory("acks"), RATE, length))?;
    if !measuring() {
        println!("# acks: checked");
        return Ok(());
    }
    println!("# ingress_sqlite: {} signed events over loopback, each a row before its 200", slice.requests);
    println!("ingress_sqlite rate={RATE} ack_p50_ms={:.1} ack_p99_ms={:.1}", slice.p50 / 1e3, slice.p99 / 1e3);
    Ok(())
}

/// Accepts to an fsync, with 64 of them in flight.
fn syncs() -> Result<()> {
    let counted = inbox::syncs(&directory("syncs"))?;
    if !measuring() {
        println!("# syncs: checked");
        return Ok(());
    }
    let (accepts, per) = (counted.accepts, |calls: u64| counted.accepts as f64 / calls.max(1) as f64);
    if let Some(fsyncs) = counted.fsyncs {
        println!("fsyncs_sqlite accepts={accepts} fsyncs={fsyncs} accepts_per_fsync={:.1}", per(fsyncs));
    } else {
        println!("# without strace, which counts fsyncs: a commit is one, and a checkpoint is two");
    }
    println!(
        "commits_sqlite accepts={accepts} commits={} accepts_per_commit={:.1}",
        counted.commits,
        per(counted.commits)
    );
    Ok(())
}

/// The race on a Redis server of its own.
fn redis() -> Result<()> {
    let Some(mut race) = Race::start()? else {
        println!("# redis: skipped, for redis-server is not on the PATH; install Redis");
        println!("ratio redis claim_complete_over_set=none");
        return Ok(());
    };
    race.check()?;
    if !measuring() {
        println!("# redis: the store checked");
        return Ok(());
    }
    for _ in 0..REDIS_ROUNDS {
        race.round()?;
    }
    let (pairs, sets, over) = race.result();
    println!("# redis: one server on a socket, 64 tasks on one connection; 64 clients of redis-benchmark, unpipelined");
    println!("#   store    {pairs:>9.0} claims and completions/s");
    println!("#   set      {sets:>9.0} SET NX PX/s");
    println!("ratio redis claim_complete_over_set={}", spell(Some(over)));
    Ok(())
}

/// Deliveries written down for good, beside what one would write without an inbox.
fn inboxes() -> Result<()> {
    let directory = directory("inboxes");
    std::fs::create_dir_all(&directory)?;
    let (rounds, slice) = if measuring() { (7, INBOX_SLICE) } else { (1, INBOX_SLICE / 20) };
    let rows = if measuring() { inbox::MANY } else { inbox::FEW };
    let in_flight = inbox::IN_FLIGHT;
    runtime()?.block_on(async {
        let sqlite = inbox::sqlite(&directory.join("sqlite"), rounds, slice).await?;
        let postgres = inbox::postgres(own_directory("inboxes"), rounds, slice).await?;
        let (many, few) = inbox::growth(&directory.join("growth"), rows, rounds, 2 * slice).await?;
        std::fs::remove_dir_all(&directory)?;
        if !measuring() {
            println!("# inboxes: checked");
            return Ok(());
        }
        println!("# inboxes: {in_flight} accepts in flight, 600-byte bodies, synchronous; peers write the same rows");
        told("sqlite", &sqlite);
        println!(
            "ratio inbox_sqlite accepts_per_s={:.0} over_one_each={:.2} over_many_rows={:.2} accepts_per_commit={:.1} \
             drained_per_s={:.0}",
            median(sqlite.ours.clone()),
            rounds::ratio(&sqlite.ours, &sqlite.one_each),
            rounds::ratio(&sqlite.ours, &sqlite.many_rows),
            median(sqlite.to_a_commit.clone()),
            sqlite.drained,
        );
        match postgres {
            Ok(postgres) => {
                told("postgres", &postgres);
                println!(
                    "ratio inbox_postgres accepts_per_s={:.0} over_one_each={:.2} accepts_per_commit={:.1} \
                     drained_per_s={:.0}",
                    median(postgres.ours.clone()),
                    rounds::ratio(&postgres.ours, &postgres.one_each),
                    median(postgres.to_a_commit.clone()),
                    postgres.drained,
                );
            }
            Err(why) => println!("# inbox_postgres is not measured: {why}"),
        }
        println!(
            "ratio inbox_growth accepts_per_s_at_{rows}={:.0} over_at_{}={:.2}",
            median(many.clone()),
            inbox::FEW,
            rounds::ratio(&many, &few),
        );
        Ok(())
    })
}

fn told(name: &str, figures: &inbox::Figures) {
    for (of, rates) in [("one each", &figures.one_each), ("many rows", &figures.many_rows)] {
        if !rates.is_empty() {
            println!("#   {name:<8} {of:<9} {:>7.0} deliveries/s", median(rates.clone()));
        }
    }
}

fn memory() -> Result<()> {
    let mut racers: Vec<Racer> =
        stores::all(LEASE).into_iter().map(|store| Racer { store, keys: Keys::default(), rates: Vec::new() }).collect();
    // The warm-up and the check: claims are counted in every slice.
    for racer in &mut racers {
        racer.slice()?;
        racer.rates.clear();
    }
    if !measuring() {
        println!("# dedup: {} stores checked", racers.len());
        return Ok(());
    }
    let start = Instant::now();
    let mut round = 0;
    while start.elapsed() < BUDGET && !racers.is_empty() {
        for place in rounds::order(round, racers.len()) {
            if let Some(racer) = racers.get_mut(place) {
                racer.slice()?;
            }
        }
        round += 1;
    }
    // A slice more, so that what a store holds is counted before it has had time to expire.
    let mut held = Vec::new();
    for racer in &mut racers {
        racer.slice()?;
        racer.rates.pop();
        held.push(racer.store.held());
    }
    report(&racers, &held, &entry_bytes()?);
    Ok(())
}

impl Racer {
    /// Claims batch after batch for a slice; only the claims and the housekeeping are timed.
    fn slice(&mut self) -> Result<()> {
        let start = Instant::now();
        let (mut claims, mut again, mut timed) = (0, 0, Duration::ZERO);
        while start.elapsed() < SLICE {
            self.store.load(&self.keys.draw(BATCH));
            let before = Instant::now();
            let granted = self.store.claim();
            timed += before.elapsed();
            claims += BATCH;
            again += granted
                .checked_sub(Keys::fresh(BATCH))
                .with_context(|| format!("{} refused a key that nobody holds", self.store.name()))?;
        }
        // The repeats come so soon that only a pause of this process could let one expire first.
        ensure!(again * 1000 <= claims, "{} granted {again} keys twice", self.store.name());
        self.rates.push(claims as f64 / timed.as_secs_f64());
        Ok(())
    }
}

/// Bytes for one entry by store, from a process whose allocator counts: here it would slow the race.
fn entry_bytes() -> Result<Vec<(String, f64)>> {
    let output = Command::new(env!("CARGO_BIN_EXE_entry-bytes")).output()?;
    ensure!(output.status.success(), "the count of bytes failed");
    let told = String::from_utf8(output.stdout)?;
    let line = |line: &str| {
        let (name, bytes) = line.split_once(' ')?;
        Some((name.to_owned(), bytes.parse().ok()?))
    };
    told.lines().map(|told| line(told).context("a name and a number of bytes")).collect()
}

fn report(racers: &[Racer], held: &[usize], bytes: &[(String, f64)]) {
    let ours = racers.iter().find(|racer| racer.store.name() == OURS);
    let rate = |racer: &Racer| median(racer.rates.clone());
    let fastest = racers.iter().filter(|racer| racer.store.name() != OURS).max_by(|a, b| rate(a).total_cmp(&rate(b)));
    let bytes_of = |name: &str| bytes.iter().find(|(of, _)| of == name).map(|(_, bytes)| *bytes);
    println!("# dedup: one thread, 24-byte keys, one in sixteen a repeat, {LEASE:?} leases expiring");
    println!("# over_fastest_peer = our claims/s over theirs; bytes: the allocator's at 1,000,000 live entries");
    for (racer, held) in racers.iter().zip(held) {
        let name = racer.store.name();
        println!(
            "#   {name:<8} {:>9.0} claims/s  {:>4} bytes/entry  {:>7} entries held after a slice  {} rounds",
            rate(racer),
            bytes_of(name).map_or_else(|| "none".to_owned(), |bytes| format!("{bytes:.0}")),
            held,
            racer.rates.len(),
        );
    }
    let over = ours.zip(fastest).map(|(ours, peer)| rounds::ratio(&ours.rates, &peer.rates));
    let whole = |figure: Option<f64>| figure.map_or_else(|| "none".to_owned(), |figure| format!("{figure:.0}"));
    println!(
        "ratio dedup claims_per_s={} over_fastest_peer={} bytes_per_entry={}",
        whole(ours.map(rate)),
        spell(over),
        whole(bytes_of(OURS)),
    );
    if let Some(peer) = fastest {
        println!("# the fastest peer is {}", peer.store.name());
    }
}
