//! From rows to platforms.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::row::Taken;
use super::settle::{Came, record};
use super::unsaid::Route;
use super::{Outbox, keys};
use crate::message::Outbound;
use crate::platform::{Address, Platform, SendError, Sent};
use crate::state::{State, StateError};

/// How long a sender has a row.
const LEASE: Duration = Duration::from_secs(20);
/// How long a platform has to answer; below the lease, so that nobody sends while another one does.
const DEADLINE: Duration = Duration::from_secs(15);
/// How often to look for what other processes wrote down.
const POLL: Duration = Duration::from_secs(1);

type Random = dyn Fn() -> u32 + Send + Sync;

/// Sends what the outbox holds; cheap to clone.
#[derive(Clone)]
pub struct Sender {
    state: State,
    outbox: Outbox,
    platforms: Arc<[Arc<dyn Platform>]>,
    random: Arc<Random>,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").field("state", &self.state).finish_non_exhaustive()
    }
}

/// What one turn came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// One attempt was made and recorded.
    Did,
    /// Nothing is due for so long, as far as is known; `None` where nothing waits.
    Idle(Option<Duration>),
}

impl Sender {
    /// Over these platforms.
    #[must_use]
    pub fn new(state: State, outbox: Outbox, platforms: Vec<Arc<dyn Platform>>) -> Self {
        let random = || {
            let mut bytes = [0; 4];
            // Without randomness there is no jitter, and all else is the same.
            let _plain = getrandom::fill(&mut bytes);
            u32::from_ne_bytes(bytes)
        };
        Self { state, outbox, platforms: platforms.into(), random: Arc::new(random) }
    }

    /// With another source of jitter: the whole range of `u32` is the whole jitter.
    #[must_use]
    pub fn with_random(self, random: impl Fn() -> u32 + Send + Sync + 'static) -> Self {
        Self { random: Arc::new(random), ..self }
    }

    /// Sends with so many at a time until told to stop, then ends what is under way.
    pub async fn run(&self, senders: usize, stop: watch::Receiver<bool>) {
        let mut running = JoinSet::new();
        let work = || {
            let (sender, stop) = (self.clone(), stop.clone());
            async move { sender.work(stop).await }
        };
        for _ in 0..senders.max(1) {
            running.spawn(work());
        }
        while let Some(ended) = running.join_next().await {
            // Its message is taken again when the lease is over, and so often that it becomes a dead letter.
            if let Err(error) = ended
                && error.is_panic()
            {
                tracing::error!(%error, "a message ended its sender: another one goes on");
                let work = work();
                running.spawn(async move {
                    tokio::time::sleep(POLL).await;
                    work.await;
                });
            }
        }
    }

    async fn work(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let wait = match self.turn().await {
                Ok(Turn::Did) => continue,
                Ok(Turn::Idle(next)) => next.map_or(POLL, |next| next.clamp(Duration::from_millis(5), POLL)),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "nothing is sent for now");
                    POLL
                }
            };
            tokio::select! {
                () = self.outbox.due.notified() => {}
                () = tokio::time::sleep(wait) => {}
                changed = stop.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Makes one attempt at what is due, if anything is.
    ///
    /// # Errors
    /// Where the database fails. What was sent and not recorded is sent again under the same key.
    pub async fn turn(&self) -> Result<Turn, StateError> {
        // Looking costs nobody anything; only taking holds up others who write.
        let mut tx = self.state.read().await?;
        if !self.outbox.is_due(&mut tx).await? {
            return Ok(Turn::Idle(self.outbox.idle(&mut tx).await?));
        }
        drop(tx);
        let mut tx = self.state.begin().await?;
        let apart = |platform: &str| self.platform(platform).map_or(Duration::ZERO, |of| of.limits().apart);
        let Some(taken) = self.outbox.take(&mut tx, LEASE, apart).await? else {
            let idle = self.outbox.idle(&mut tx).await?;
            tx.commit().await?;
            return Ok(Turn::Idle(idle));
        };
        let target = match &taken.edit_of {
            Some(of) => Some(standing(&mut tx, of).await?),
            None => None,
        };
        tx.commit().await?;
        let came = self.attempt(&taken, target).await;
        let mut tx = self.state.begin().await?;
        if record(&self.outbox, &mut tx, &taken, came, (self.random)()).await? {
            tx.commit().await?;
        }
        Ok(Turn::Did)
    }

    fn platform(&self, name: &str) -> Option<&Arc<dyn Platform>> {
        self.platforms.iter().find(|platform| platform.name().as_str() == name)
    }

    async fn attempt(&self, taken: &Taken, target: Option<Target>) -> Came {
        let Some(platform) = self.platform(&taken.platform) else {
            return Came::Never(format!("no {} is set up here: set it up, then replay this", taken.platform));
        };
        let stands = match target {
            None => Vec::new(),
            Some(Target::Stands(sent)) => sent,
            Some(Target::Waits) => return Came::TooEarly,
            Some(Target::Unreadable(error)) => return Came::Never(error.to_string()),
            Some(Target::Never) => return Came::Never("the message that it edits was never sent".to_owned()),
        };
        let mut pieces = platform.render(&taken.message);
        // What an edit is too short for must not stay as it was: its buttons would.
        let rest = || platform.render(&Outbound::plain("…")).into_iter().next();
        pieces.extend(stands.iter().skip(pieces.len()).filter_map(|_| rest()));
        let index = taken.sent.len();
        let Some(piece) = pieces.get(index) else {
            return Came::Never("there is nothing in it that the platform shows".to_owned());
        };
        // What has no id cannot be edited, and what was not there before is new: both are said anew.
        let old = stands.get(index).filter(|sent| sent.message.is_some());
        let key = keys::piece(&taken.step, index);
        let doing = async {
            match old {
                Some(old) => platform.edit(old, piece).await.map(|()| old.clone()),
                None => platform.send(&self.address(taken)?, piece, &key).await,
            }
        };
        match tokio::time::timeout(DEADLINE, doing).await {
            Ok(Ok(sent)) => Came::Sent(sent, pieces.len()),
            Ok(Err(error)) => Came::Failed(error),
            Err(_) => Came::Failed(SendError::Unknown("no answer in time")),
        }
    }

    /// Where it goes; a route that does not open any more is one that has ended.
    fn address(&self, taken: &Taken) -> Result<Address, SendError> {
        let reply = match self.outbox.route(taken)? {
            Some(Route::Say(reply)) => Some(reply),
            Some(Route::Tell { .. }) | None => None,
        };
        Ok(Address { place: taken.place.clone(), only: taken.only.clone(), reply })
    }
}

/// The message that an edit is about.
enum Target {
    Stands(Vec<Sent>),
    Waits,
    Never,
    Unreadable(StateError),
}

async fn standing(tx: &mut crate::state::Tx, step: &str) -> Result<Target, StateError> {
    let row = tx.query("SELECT state, sent FROM bot_outbox WHERE step = $1").bind(step).row().await?;
    let Some(row) = row else { return Ok(Target::Never) };
    Ok(match row.text("state")?.as_str() {
        "sent" => row.parsed("sent").map_or_else(Target::Unreadable, Target::Stands),
        "waiting" | "sending" => Target::Waits,
        _ => Target::Never,
    })
}
