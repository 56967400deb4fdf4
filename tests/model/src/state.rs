//! Everything that can differ between two moments of a run.

use crate::platform::{Both, Message, World};
use crate::store::Record;
use crate::watch::{Breaches, Watch};

/// What is said to the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reply {
    /// 200.
    Accepted,
    /// 503: send it again.
    Unavailable,
    /// 409: the key is another body's.
    Conflict,
}

/// How far the handler of one attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    /// The attempt was not sent.
    Unsent,
    /// The delivery is proved, and the store not yet asked.
    Arrived,
    /// Someone else has the key; the handler waits for them to finish.
    Waiting,
    /// The key is its own, the job is not enqueued.
    Working,
    /// The job is enqueued, the key not yet marked as done.
    Enqueued,
    /// Its work failed: it is about to give the key back.
    Failing,
    /// It is about to answer 200.
    Ready,
    /// Answered, crashed or never heard of again.
    Over,
}

/// The receiver's side of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Handler {
    pub(crate) phase: Phase,
    /// The fence it was granted, 0 for none.
    pub(crate) fence: u64,
    /// Which grant of its key it has, counted from 1 by the watch.
    pub(crate) grant: u8,
    /// When its lease ends.
    pub(crate) until: u8,
    /// Whether it tried to settle a lease that it no longer had.
    pub(crate) stale: bool,
    /// Whether its process was told to stop.
    pub(crate) draining: bool,
}

impl Handler {
    const fn unsent() -> Self {
        Self { phase: Phase::Unsent, fence: 0, grant: 0, until: 0, stale: false, draining: false }
    }

    /// Ends it; what it held is nobody's business any more.
    pub(crate) const fn end(&mut self) {
        *self = Self { phase: Phase::Over, ..Self::unsent() };
    }

    /// Decides what to answer. Only a 2xx changes what the platform does, so all others are answered at once: whether
    /// one is seen, or its handler dies first, makes no difference.
    pub(crate) const fn will(&mut self, reply: Reply) {
        match reply {
            Reply::Accepted => self.phase = Phase::Ready,
            Reply::Unavailable | Reply::Conflict => self.end(),
        }
    }

    pub(crate) const fn is_alive(&self) -> bool {
        !matches!(self.phase, Phase::Unsent | Phase::Over)
    }

    /// Whether it has the key, as far as it knows.
    pub(crate) const fn holds(&self) -> bool {
        matches!(self.phase, Phase::Working | Phase::Enqueued)
    }
}

/// Where a job of the inbox is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Stage {
    Absent,
    Ready { at: u8 },
    Leased { fence: u8, until: u8 },
    Done,
    Dead,
}

/// A durable job, and the tombstone that it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Job {
    /// How many times it was enqueued, 2 for more.
    pub(crate) enqueues: u8,
    /// The message and the body that were enqueued first.
    pub(crate) owner: Option<Message>,
    pub(crate) body: u8,
    /// Bodies in quarantine, one bit each.
    pub(crate) quarantine: u8,
    /// In the lease profile: copies that wait in the queue.
    pub(crate) waiting: u8,
    /// How many times it ran to its end, 2 for more.
    pub(crate) runs: u8,
    /// In the inbox profile: the row.
    pub(crate) stage: Stage,
    pub(crate) fence: u8,
    pub(crate) attempts: u8,
    /// Its place in the order of acceptance.
    pub(crate) place: u8,
    /// What the system downstream knows: the highest fence, and the idempotency keys it was given, one bit each.
    pub(crate) effect_fence: u8,
    pub(crate) effect_keys: u8,
}

impl Job {
    const ABSENT: Self = Self {
        enqueues: 0,
        owner: None,
        body: 0,
        quarantine: 0,
        waiting: 0,
        runs: 0,
        stage: Stage::Absent,
        fence: 0,
        attempts: 0,
        place: 0,
        effect_fence: 0,
        effect_keys: 0,
    };

    /// Counts one more job for this key.
    pub(crate) fn enqueued(&mut self, owner: Message, body: u8) {
        if self.enqueues == 0 {
            self.owner = Some(owner);
            self.body = body;
        }
        self.enqueues = self.enqueues.saturating_add(1).min(2);
    }

    pub(crate) fn ran(&mut self) {
        self.runs = self.runs.saturating_add(1).min(2);
    }

    pub(crate) const fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Done | Stage::Dead)
    }
}

/// What a worker of the inbox has in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Worker {
    Idle,
    Holding { key: Message, fence: u8, grant: u8, until: u8, did: bool },
}

/// One moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) now: u8,
    /// By attempt.
    pub(crate) handlers: Vec<Handler>,
    pub(crate) workers: Vec<Worker>,
    /// The dedup records of the lease profile, by key.
    pub(crate) records: Both<Record>,
    /// By key.
    pub(crate) jobs: Both<Job>,
    /// What the platform saw: it stops at the first 2xx.
    pub(crate) seen: Both<bool>,
    /// Messages that somebody said a 2xx of, whether it was seen or not.
    pub(crate) acked: Both<bool>,
    pub(crate) faults: u8,
    pub(crate) renewals: u8,
    pub(crate) drained: bool,
    /// Nothing is left that could happen.
    pub(crate) ended: bool,
    /// What an observer knows who sees every system at once; nothing in the model acts on it.
    pub(crate) watches: Both<Watch>,
    pub(crate) breaches: Breaches,
}

impl State {
    pub(crate) fn start(world: &World, workers: usize, record: Record) -> Self {
        Self {
            now: 0,
            handlers: vec![Handler::unsent(); world.attempts.len()],
            workers: vec![Worker::Idle; workers],
            records: Both::new(record, record),
            jobs: Both::new(Job::ABSENT, Job::ABSENT),
            seen: Both::default(),
            acked: Both::default(),
            faults: world.faults,
            renewals: world.renewals,
            drained: false,
            ended: false,
            watches: Both::default(),
            breaches: Breaches::default(),
        }
    }

    /// Takes a fault out of the world's budget; none is left where this says `None`.
    pub(crate) fn strike(&mut self) -> Option<()> {
        self.faults = self.faults.checked_sub(1)?;
        Some(())
    }
}
