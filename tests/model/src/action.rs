//! What can happen next.

use crate::platform::Message;

/// What became of a call to a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was carried out, and the caller knows.
    Known,
    /// It was carried out, but the answer was lost or too late.
    Unheard,
    /// It failed; the caller cannot tell this from [`Unheard`](Self::Unheard).
    Refused,
}

impl Fate {
    pub(crate) const ALL: [Self; 3] = [Self::Known, Self::Unheard, Self::Refused];

    pub(crate) const fn is_carried_out(self) -> bool {
        matches!(self, Self::Known | Self::Unheard)
    }
}

/// What a handler does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Asks for its key; in the inbox profile, inserts the row.
    Claim(Fate),
    /// Stops waiting for the owner of its key.
    StopWaiting,
    /// Makes its lease last longer.
    Renew,
    /// Enqueues the job; where the design says so, in one transaction with completing the claim.
    Enqueue(Fate),
    /// Marks the key as done.
    Complete(Fate),
    /// Its own work fails.
    Fail,
    /// Gives the key back.
    Release(Fate),
    /// Answers the platform, which sees it or does not.
    Answer { seen: bool },
    /// Its process stops and waits for it no longer.
    Hurry,
    /// It is never heard of again.
    Crash,
}

/// What a worker does next with the job in its hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Makes its lease last longer.
    Heartbeat,
    /// Changes something in another system.
    Effect,
    /// Marks the job as done; whether it hears that this worked makes no difference.
    Done,
    /// The attempt failed: the job is due again, unless that was the last attempt.
    Retry,
    /// No attempt will better it.
    Bury,
    /// It is never heard of again; another takes its place.
    Crash,
}

/// One step of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// The platform makes an attempt.
    Send(usize),
    /// A handler takes a step.
    Handle(usize, Step),
    /// The process is told to stop; later attempts reach a new one.
    Drain,
    /// A worker leases the job of this key.
    Take(usize, Message),
    /// A worker takes a step with its job.
    Work(usize, Work),
    /// A job without attempts left is buried on the way.
    Reap(Message),
    /// In the lease profile: the queue's worker runs a job.
    Run(Message),
    /// Time passes.
    Tick,
    /// Nothing is left that could happen.
    End,
}
