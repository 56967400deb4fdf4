//! Ingress and workers as processes that are killed, paused and cut off, and what became of every delivery.
//!
//! One program in three roles: the supervisor starts itself again as *ingress* and as *worker*, plays the platforms, and
//! does the harm. What it does is drawn from a seed; when the processes are hit by it is up to the system, so that a seed
//! repeats a run's shape and not its every step.

mod crew;
mod effects;
mod ingress;
mod lease;
mod place;
mod point;
mod process;
mod random;
mod report;
mod run;
mod sabotage;
mod sender;
mod server;
mod watched;
mod worker;

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};

use effects::Effects;
use place::Database;
use process::Role;
use run::Plan;
use sabotage::Sabotage;
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "imchat-faults --kills N --database sqlite|postgres|redis [--seed N] \
    [--sabotage ack-before-commit|forget-keys|ignore-fences|forget-at-restart (of redis alone)]";

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
        told = told_to_end() => {
            told?;
            bail!("interrupted, and so nothing was proved")
        }
    };
    writeln!(std::io::stdout(), "{report}")?;
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Ends when somebody at the terminal or a supervisor wants the run to end.
async fn told_to_end() -> Result<()> {
    let mut ended = signal(SignalKind::terminate())?;
    let mut gone = signal(SignalKind::hangup())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = ended.recv() => {}
        _ = gone.recv() => {}
    }
    Ok(())
}

fn plan(words: &[&str]) -> Result<Plan> {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
    let mut plan =
        Plan { kills: 300, database: Database::Sqlite, seed: u64::try_from(seed)?, sabotage: Sabotage::None };
    for pair in words.chunks(2) {
        match pair {
            ["--kills", kills] => plan.kills = kills.parse().context(USAGE)?,
            ["--seed", seed] => plan.seed = seed.parse().context(USAGE)?,
            ["--database", name] => plan.database = Database::named(name).context(USAGE)?,
            ["--sabotage", name] => plan.sabotage = Sabotage::named(name).context(USAGE)?,
            _ => bail!(USAGE),
        }
    }
    anyhow::ensure!(plan.sabotage != Sabotage::ForgetAtRestart || plan.database == Database::Redis, USAGE);
    Ok(plan)
}

async fn play(role: Role, address: &str, folder: &Path, sabotage: Sabotage) -> Result<()> {
    std::thread::spawn(|| {
        let _ended = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let effects = Effects::open(folder).await?;
    match (role, Database::at(address)) {
        (Role::Ingress, Database::Sqlite) => ingress::serve(place::sqlite(address).await?, sabotage).await,
        (Role::Ingress, Database::Postgres) => ingress::serve(place::postgres(address).await?, sabotage).await,
        (Role::Ingress, Database::Redis) => lease::serve(address, effects, sabotage).await,
        (Role::Worker, Database::Sqlite) => worker::work(place::sqlite(address).await?, effects, sabotage).await,
        (Role::Worker, Database::Postgres) => worker::work(place::postgres(address).await?, effects, sabotage).await,
        (Role::Worker, Database::Redis) => bail!("on Redis whoever takes a delivery works on it"),
    }
}
