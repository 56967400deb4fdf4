//! One signature check, beside the bare digest and the peers.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "the numbers are of one run, and standard output is where they go"
)]

use anyhow::{Result, ensure};
use imchat_benches::bare::{self, Verify};
use imchat_benches::requests::{Delivery, Provider};
use imchat_benches::rounds::{self, Contender, Timing};
use imchat_benches::{by_hand, measuring, ours, spell};
use std::hint::black_box;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SIZES: [usize; 4] = [256, 2 * 1024, 16 * 1024, 256 * 1024];
/// For one contender at one size; there are about seventy of them.
const BUDGET: Duration = Duration::from_millis(600);
const SLICE: Duration = Duration::from_millis(4);

const OURS: &str = "ours";
const BARE: &str = "bare";
const BY_HAND: &str = "by hand";

fn main() -> Result<()> {
    println!("# verify: eight headers, one secret; nanoseconds for one check, median of rounds");
    println!("# over_bare = ours / bare time; peer_over_ours = fastest peer / ours time");
    println!("# the clock is injected but for slack-morphism, standardwebhooks and svix");
    println!("# async-stripe-webhook cannot verify without parsing: its time has the parse in it");
    if cfg!(not(feature = "peers")) {
        println!("# built without the feature `peers`");
    }
    // `cargo bench … -- slack github` measures these two only.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let is_wanted = |provider: &Provider| wanted.is_empty() || wanted.iter().any(|name| name == provider.name());
    for provider in Provider::ALL.into_iter().filter(is_wanted) {
        for bytes in SIZES {
            measure(provider, bytes)?;
        }
    }
    Ok(())
}

fn measure(provider: Provider, bytes: usize) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let delivery = Delivery::signed(provider, bytes, now)?;
    let checks = contenders(&delivery, now)?;
    for (name, verify) in &checks {
        ensure!(
            verify(&delivery.headers, &delivery.body),
            "{name} refuses a signed {} request of {bytes} bytes",
            provider.name()
        );
        ensure!(
            !verify(&delivery.headers, &delivery.flipped()),
            "{name} accepts a forged {} request of {bytes} bytes",
            provider.name()
        );
    }
    if !measuring() {
        println!("# {} {bytes}: {} contenders checked", provider.name(), checks.len());
        return Ok(());
    }
    let delivery = &delivery;
    let mut racers: Vec<Contender<'_>> = checks
        .iter()
        .map(|(name, verify)| {
            Contender::new(name, move || {
                let accepted = verify(black_box(&delivery.headers), black_box(&delivery.body));
                assert!(black_box(accepted), "{name} refuses now what it accepted before");
            })
        })
        .collect();
    let budget = BUDGET * u32::try_from(racers.len())?;
    report(provider, bytes, &rounds::race(&mut racers, budget, SLICE));
    Ok(())
}

fn contenders(delivery: &Delivery, now: u64) -> Result<Vec<(&'static str, Verify)>> {
    let mut all = vec![(BARE, bare::verify(delivery)?)];
    if let Some(verify) = ours::verify(delivery.provider, now)? {
        all.push((OURS, verify));
    }
    if delivery.provider == Provider::StandardWebhooks {
        all.push((BY_HAND, by_hand::standard_webhooks(now)?));
    }
    #[cfg(feature = "peers")]
    all.extend(imchat_benches::peers::verify(delivery, now)?);
    Ok(all)
}

fn report(provider: Provider, bytes: usize, timings: &[Timing]) {
    let named = |name: &str| timings.iter().find(|timing| timing.name == name);
    let best = timings
        .iter()
        .filter(|timing| ![OURS, BARE, BY_HAND].contains(&timing.name))
        .min_by(|a, b| a.median().total_cmp(&b.median()));
    let over = |above: Option<&Timing>, below: Option<&Timing>| Some(rounds::ratio(&above?.ns, &below?.ns));
    println!(
        "ratio {} {bytes} over_bare={} best_peer={} peer_over_ours={}",
        provider.name(),
        spell(over(named(OURS), named(BARE))),
        best.map_or("none", |timing| timing.name),
        spell(over(best, named(OURS))),
    );
    for timing in timings {
        println!(
            "#   {:<22} {:>12.0} ns  {:>6}x bare  {} rounds",
            timing.name,
            timing.median(),
            spell(over(Some(timing), named(BARE))),
            timing.ns.len(),
        );
    }
}
