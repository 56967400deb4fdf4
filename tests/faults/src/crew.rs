//! The processes of a run, and what is done to them.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use crate::place::Database;
use crate::point::{OF_INGRESS, OF_LEASE, OF_WORKER};
use crate::process::{Heard, Process, Role};
use crate::random::Random;
use crate::sabotage::Sabotage;
use crate::sender::{PATIENCE, Post};
use crate::worker::LEASE;

/// An inbox has one ingress and two workers; where there is none, whoever takes a delivery works on it.
const fn roles(database: Database) -> [Role; 3] {
    match database {
        Database::Sqlite | Database::Postgres => [Role::Ingress, Role::Worker, Role::Worker],
        Database::Redis => [Role::Ingress; 3],
    }
}

/// What is done next.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    Kill,
    Pause,
    Cut,
    Restart,
}

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// SIGKILL, at points too.
    pub(crate) kills: u64,
    pub(crate) at: BTreeMap<String, u64>,
    pub(crate) pauses: u64,
    pub(crate) cuts: u64,
    pub(crate) restarts: u64,
    /// Processes that ended by themselves, such as those that found no database.
    pub(crate) ended: u64,
}

/// The three processes of a run.
pub(crate) struct Crew {
    database: Database,
    roles: [Role; 3],
    processes: Vec<Process>,
    sabotage: Sabotage,
    address: String,
    folder: String,
    post: Arc<Post>,
    random: Random,
    calm: bool,
    step: u64,
    pub(crate) faults: Faults,
}

impl Crew {
    pub(crate) fn new(
        database: Database,
        sabotage: Sabotage,
        address: &str,
        folder: &Path,
        post: Arc<Post>,
        random: Random,
    ) -> Result<Self> {
        let (address, folder) = (address.to_owned(), folder.display().to_string());
        let (roles, faults) = (roles(database), Faults::default());
        let mut crew = Self {
            database,
            roles,
            processes: Vec::new(),
            sabotage,
            address,
            folder,
            post,
            random,
            calm: false,
            step: 0,
            faults,
        };
        for role in roles {
            let process = crew.started(role)?;
            crew.processes.push(process);
        }
        Ok(crew)
    }

    /// Every third fault is a pause; of the others most are kills.
    pub(crate) fn choose(&mut self) -> Fault {
        self.step = self.step.wrapping_add(1);
        if self.step.is_multiple_of(3) {
            return Fault::Pause;
        }
        // Not drawn, so that the shortest run restarts Redis.
        if self.database == Database::Redis && self.step.is_multiple_of(4) {
            return Fault::Restart;
        }
        match self.random.below(100) {
            0..12 if self.database != Database::Sqlite => Fault::Cut,
            12..18 if self.database == Database::Postgres => Fault::Restart,
            _ => Fault::Kill,
        }
    }

    /// Kills one of them, whatever it does at the time.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        // The ingress half of the time.
        let chosen = if self.random.percent(50) { 0 } else { usize::try_from(self.random.below(2))?.saturating_add(1) };
        self.replace(chosen).await
    }

    /// Stops one that works for longer than its lease, while the others go on.
    pub(crate) async fn pause(&mut self) -> Result<()> {
        let chosen = usize::try_from(self.random.below(2))?.saturating_add(1);
        let mut length = LEASE.saturating_add(Duration::from_millis(self.random.below(300).saturating_add(150)));
        if self.database == Database::Redis {
            // Nobody takes over before the sender has given up and sent again.
            length = length.saturating_add(PATIENCE);
        }
        if let Some(process) = self.processes.get_mut(chosen) {
            process.signal("STOP").await?;
        }
        self.watch_until(async {
            sleep(length).await;
            Ok(())
        })
        .await?;
        if let Some(process) = self.processes.get_mut(chosen) {
            process.signal("CONT").await?;
        }
        self.faults.pauses = self.faults.pauses.saturating_add(1);
        Ok(())
    }

    /// From here on nobody is killed; those that may stop at a point are started again without.
    pub(crate) async fn calm(&mut self) -> Result<()> {
        self.calm = true;
        for index in 0..self.roles.len() {
            self.replace(index).await?;
        }
        Ok(())
    }

    /// Ends all of them.
    pub(crate) async fn end(mut self) -> Result<Faults> {
        for process in &mut self.processes {
            process.kill().await?;
        }
        Ok(self.faults)
    }

    /// Hears the processes for a tenth of a second or three.
    pub(crate) async fn watch_for_a_while(&mut self) -> Result<()> {
        let length = Duration::from_millis(self.random.below(250).saturating_add(100));
        self.watch_until(async {
            sleep(length).await;
            Ok(())
        })
        .await
    }

    /// Hears the processes, and replaces those that end or stand at a point, until something is done.
    pub(crate) async fn watch_until(&mut self, done: impl Future<Output = Result<()>>) -> Result<()> {
        let mut done = pin!(done);
        loop {
            let [ingress, one, other] = self.processes.as_mut_slice() else { return Ok(()) };
            let (index, heard) = tokio::select! {
                ended = &mut done => return ended,
                heard = ingress.hear() => (0, heard?),
                heard = one.hear() => (1, heard?),
                heard = other.hear() => (2, heard?),
            };
            match heard {
                Heard::Port(port) => {
                    if let Some(known) = self.post.ports.get(index) {
                        known.store(port, Ordering::SeqCst);
                    }
                }
                Heard::Ready => {}
                Heard::At(point) => {
                    let times = self.faults.at.entry(point).or_default();
                    *times = times.saturating_add(1);
                    self.replace(index).await?;
                }
                Heard::Ended => {
                    self.faults.ended = self.faults.ended.saturating_add(1);
                    // A database that starts refuses them for some time.
                    sleep(Duration::from_millis(50)).await;
                    self.start(index)?;
                }
            }
        }
    }

    async fn replace(&mut self, index: usize) -> Result<()> {
        let Some(process) = self.processes.get_mut(index) else { return Ok(()) };
        let killed = process.kill().await?;
        self.faults.kills = self.faults.kills.saturating_add(u64::from(killed));
        self.start(index)
    }

    fn start(&mut self, index: usize) -> Result<()> {
        let Some(role) = self.roles.get(index).copied() else { return Ok(()) };
        let process = self.started(role)?;
        if let Some(place) = self.processes.get_mut(index) {
            *place = process;
        }
        Ok(())
    }

    fn started(&mut self, role: Role) -> Result<Process> {
        let points = match (role, self.database) {
            (Role::Ingress, Database::Redis) => OF_LEASE,
            (Role::Ingress, _) => OF_INGRESS,
            (Role::Worker, _) => OF_WORKER,
        };
        let armed = !self.calm && self.random.percent(40);
        let passage = self.random.below(25).saturating_add(1);
        let point = self.random.of(points).filter(|_| armed).map(|point| format!("{point}:{passage}"));
        Process::start(role, &self.address, &self.folder, self.sabotage, point.as_deref())
    }
}
