//! Ingress and workers as processes that are killed, paused and cut off, and what became of every delivery.
//!
//! One program in three roles: the supervisor starts itself again as *ingress* and as *worker*, plays the platforms, and
//! does the harm. What it does is drawn from a seed; when the processes are hit by it is up to the system, so that a seed
//! repeats a run's shape and not its every step.

mod crew;
mod effects;
mod ingress;
mod place;
mod point;
mod process;
mod random;
mod report;
mod run;
mod sabotage;
mod sender;
mod worker;

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};

use effects::Effects;
use process::Role;
use run::Plan;
use sabotage::Sabotage;

const USAGE: &str = "imchat-faults --kills N --database sqlite|postgres [--seed N] \
    [--sabotage ack-before-commit|forget-keys|ignore-fences]";

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let [role, address, folder, sabotage] = words.as_slice()
        && let (Some(role), Some(sabotage)) = (Role::named(role), Sabotage::named(sabotage))
    {
        play(role, address, Path::new(folder), sabotage).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let plan = plan(&words)?;
    writeln!(std::io::stdout(), "seed {}", plan.seed)?;
    // Dropped, a run ends its processes and removes its folder; ended by the signal, it would leave them.
    let report = tokio::select! {
        report = run::run(plan) => report?,
        _ = tokio::signal::ctrl_c() => bail!("interrupted, and so nothing was proved"),
    };
    writeln!(std::io::stdout(), "{report}")?;
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn plan(words: &[&str]) -> Result<Plan> {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
    let mut plan = Plan { kills: 300, postgres: false, seed: u64::try_from(seed)?, sabotage: Sabotage::None };
    for pair in words.chunks(2) {
        match pair {
            ["--kills", kills] => plan.kills = kills.parse().context(USAGE)?,
            ["--seed", seed] => plan.seed = seed.parse().context(USAGE)?,
            ["--database", "sqlite"] => plan.postgres = false,
            ["--database", "postgres"] => plan.postgres = true,
            ["--sabotage", name] => plan.sabotage = Sabotage::named(name).context(USAGE)?,
            _ => bail!(USAGE),
        }
    }
    Ok(plan)
}

async fn play(role: Role, address: &str, folder: &Path, sabotage: Sabotage) -> Result<()> {
    std::thread::spawn(|| {
        let _ended = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    match role {
        Role::Ingress if place::is_postgres(address) => ingress::serve(place::postgres(address).await?, sabotage).await,
        Role::Ingress => ingress::serve(place::sqlite(address).await?, sabotage).await,
        Role::Worker => {
            let effects = Effects::open(folder).await?;
            if place::is_postgres(address) {
                worker::work(place::postgres(address).await?, effects, sabotage).await
            } else {
                worker::work(place::sqlite(address).await?, effects, sabotage).await
            }
        }
    }
}
