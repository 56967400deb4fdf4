//! Real servers on loopback: axum alone, ours, the least that one writes by hand, and slack-morphism's layer.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "the numbers are of one run, and standard output is where they go"
)]

use anyhow::{Context, Result, ensure};
use imchat_benches::load::{Load, Slice};
use imchat_benches::process::{self, Server, Share};
use imchat_benches::rounds::{self, median};
use imchat_benches::servers::{self, Kind};
use imchat_benches::slack_event::{BYTES, Sender};
use imchat_benches::{measuring, spell};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const LANES: usize = 64;
const SLICE: Duration = Duration::from_millis(300);
const BUDGET: Duration = Duration::from_secs(45);
const SERVER_CORE: usize = 0;
const LOAD_CORE: usize = 1;

/// One server, its load, and what each round came to.
struct Racer {
    server: Server,
    load: Load,
    rounds: Vec<Round>,
}

/// One slice of load, and what the scheduler gave to either side meanwhile.
#[derive(Clone, Copy)]
struct Round {
    slice: Slice,
    server: Share,
    load: Share,
}

impl Round {
    fn per_second(&self) -> f64 {
        self.slice.per_second
    }

    fn p99(&self) -> f64 {
        self.slice.p99
    }

    /// Microseconds of the server's core for one request.
    fn cost(&self) -> f64 {
        self.server.busy.as_secs_f64() * 1e6 / self.slice.requests as f64
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", kind] => servers::serve(Kind::named(kind).context("a kind of server")?),
        ["load", ..] => load(true),
        _ if process::can_pin() => {
            // The load generator is this program again, so that it can be pinned as well.
            let mut pinned = process::again(Some(LOAD_CORE))?;
            let status = pinned.arg("load").args(arguments).status()?;
            ensure!(status.success(), "the load generator failed: see above");
            Ok(())
        }
        _ => load(false),
    }
}

fn load(pinned: bool) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(race(pinned))
}

async fn race(pinned: bool) -> Result<()> {
    let numbers = Arc::new(AtomicU64::new(0));
    let mut sender = Sender::new()?;
    sender.stamp(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    let mut racers = Vec::new();
    for kind in Kind::available()? {
        let server = Server::start(kind, pinned.then_some(SERVER_CORE))?;
        server.check(&mut sender, numbers.fetch_add(1, Ordering::Relaxed))?;
        let mut load = Load::connect(server.port, LANES, &numbers).await?;
        let before = server.handled()?;
        let warm = load.run(SLICE).await?;
        ensure_all_handled(&server, before, warm.requests)?;
        racers.push(Racer { server, load, rounds: Vec::new() });
    }
    if !measuring() {
        println!("# ingress: {} servers checked", racers.len());
        return Ok(());
    }
    let start = Instant::now();
    let mut round = 0;
    while start.elapsed() < BUDGET {
        for place in rounds::order(round, racers.len()) {
            if let Some(racer) = racers.get_mut(place) {
                racer.slice().await?;
            }
        }
        round += 1;
    }
    report(&racers, pinned, signing(&mut sender)?);
    Ok(())
}

impl Racer {
    async fn slice(&mut self) -> Result<()> {
        let before = self.server.handled()?;
        let (server, load) = (self.server.share(), Share::of(None));
        let slice = self.load.run(SLICE).await?;
        let (server, load) = (self.server.share().since(server), Share::of(None).since(load));
        ensure_all_handled(&self.server, before, slice.requests)?;
        self.rounds.push(Round { slice, server, load });
        Ok(())
    }

    fn figures(&self, figure: impl Fn(&Round) -> f64) -> Vec<f64> {
        self.rounds.iter().map(figure).collect()
    }

    fn median(&self, figure: impl Fn(&Round) -> f64) -> f64 {
        median(self.figures(figure))
    }
}

fn ensure_all_handled(server: &Server, before: u64, requests: u64) -> Result<()> {
    let handled = server.handled()? - before;
    ensure!(handled == requests, "{} answered {requests} requests and handled {handled}", server.kind.name());
    Ok(())
}

/// What signing one event costs the load generator, in nanoseconds.
fn signing(sender: &mut Sender) -> Result<f64> {
    const EVENTS: u32 = 100_000;
    let start = Instant::now();
    for number in 0..EVENTS {
        black_box(sender.event(u64::from(number))?);
    }
    Ok(start.elapsed().as_secs_f64() * 1e9 / f64::from(EVENTS))
}

fn report(racers: &[Racer], pinned: bool, signing: f64) {
    println!("# ingress: {LANES} keep-alive connections, one signed {BYTES}-byte event at a time on each");
    if pinned {
        println!("# server on core {SERVER_CORE}, load on core {LOAD_CORE}; every request ran its handler");
    } else {
        println!("# not pinned: taskset or a second core is missing; every request ran its handler");
    }
    println!("# the load generator signs each event in {signing:.0} ns; all figures are medians of rounds");
    println!("# busy: time on a core; waits: time ready, but with another program on the core");
    println!("# verify, dedup: requests/s over those of bare (of slack-morphism); p99: dedup's over bare's");
    let share = |of: Duration| 100.0 * of.as_secs_f64() / SLICE.as_secs_f64();
    for racer in racers {
        println!(
            "#   {:<15} {:>7.0} requests/s  p50 {:>5.0} us  p99 {:>5.0} us  server {:>5.2} us/request, busy {:>3.0} %, waits {:>3.0} %  load busy {:>3.0} %, waits {:>3.0} %  {} rounds",
            racer.server.kind.name(),
            racer.median(Round::per_second),
            racer.median(|round| round.slice.p50),
            racer.median(Round::p99),
            racer.median(Round::cost),
            racer.median(|round| share(round.server.busy)),
            racer.median(|round| share(round.server.waiting)),
            racer.median(|round| share(round.load.busy)),
            racer.median(|round| share(round.load.waiting)),
            racer.rounds.len(),
        );
    }
    let waits = |racer: &Racer| racer.median(|round| share(round.server.waiting.max(round.load.waiting)));
    if racers.iter().any(|racer| waits(racer) > 5.0) {
        println!("# disturbed: another program ran on these cores; latencies and requests/s are not the servers'");
    }
    let over = |above: Kind, below: Kind, figure: fn(&Round) -> f64| {
        let of = |kind| racers.iter().find(|racer| racer.server.kind == kind);
        Some(rounds::ratio(&of(above)?.figures(figure), &of(below)?.figures(figure)))
    };
    println!(
        "ratio ingress verify_over_bare={} dedup_over_bare={} dedup_over_slack_morphism={} p99_over_bare={}",
        spell(over(Kind::Verify, Kind::Bare, Round::per_second)),
        spell(over(Kind::Dedup, Kind::Bare, Round::per_second)),
        spell(over(Kind::Dedup, Kind::SlackMorphism, Round::per_second)),
        spell(over(Kind::Dedup, Kind::Bare, Round::p99)),
    );
    println!(
        "# floor: hand_verify_over_bare={} hand_dedup_over_bare={} hand_dedup_over_slack_morphism={} hand_p99_over_bare={}",
        spell(over(Kind::HandVerify, Kind::Bare, Round::per_second)),
        spell(over(Kind::HandDedup, Kind::Bare, Round::per_second)),
        spell(over(Kind::HandDedup, Kind::SlackMorphism, Round::per_second)),
        spell(over(Kind::HandDedup, Kind::Bare, Round::p99)),
    );
    println!(
        "# the same by server time for one request, bare's over theirs: verify {} dedup {} slack-morphism {}",
        spell(over(Kind::Bare, Kind::Verify, Round::cost)),
        spell(over(Kind::Bare, Kind::Dedup, Round::cost)),
        spell(over(Kind::Bare, Kind::SlackMorphism, Round::cost)),
    );
}
