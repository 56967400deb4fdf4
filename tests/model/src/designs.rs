//! The designs as rows of a table: the safe profiles, the nine that lose, and the slips that make a safe one lose.

/// What keeps a key from being handled twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dedup {
    /// The job's own row, inserted unless it is there: the inbox profile.
    Row,
    /// A look before the work, a mark after it.
    MarkAfter,
    /// A mark before the work; `undo` takes it away when the work fails.
    MarkFirst { undo: bool },
    /// A lease before the work, which becomes a mark after it.
    Lease { fenced: bool },
}

/// How the job and the mark become durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settle {
    /// In one transaction.
    Together,
    /// The job first, the mark in a step of its own.
    Apart,
}

/// What the queue says to a job that is enqueued again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queue {
    /// It takes it.
    Plain,
    /// It refuses while the first one waits: the row is deleted after the run.
    UniqueUntilRun,
    /// It refuses: a tombstone stays.
    Tombstone,
}

/// One way to build a receiver.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Design {
    pub(crate) name: &'static str,
    pub(crate) says: &'static str,
    pub(crate) dedup: Dedup,
    pub(crate) settle: Settle,
    pub(crate) queue: Queue,
    /// Whether a duplicate of what is being handled is answered 200 at once.
    pub(crate) acks_in_flight: bool,
    /// Whether a holder that lost its lease answers 200.
    pub(crate) acks_when_lost: bool,
    pub(crate) slip: Option<Slip>,
}

/// A fault put into a safe profile, to see that the checker would notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slip {
    /// Whoever settles is taken for the holder.
    FenceNotCompared,
    /// Fences start again once a lease is over.
    FenceReset,
    /// A lease does not keep the next one out.
    GrantedTwice,
    /// Leases do not end.
    LeaseForEver,
    /// A finished key is granted again.
    DoneForgotten,
    /// A store error is answered 200.
    AckedInDoubt,
    /// A process that stops answers everyone 200.
    AckedByDrain,
    /// Another body counts as the same.
    DigestIgnored,
    /// The key is the id alone.
    ScopeIgnored,
    /// The row is inserted whether it is there or not.
    ConflictIgnored,
    /// Workers take any job of a lane.
    LaneIgnored,
    /// A dead letter keeps its place at the head of the lane.
    DeadHeadBlocks,
    /// The system downstream does not look at fences.
    EffectsUnfenced,
    /// The idempotency key is the attempt's, not the job's.
    KeyPerAttempt,
}

impl Design {
    pub(crate) const fn with(self, slip: Slip) -> Self {
        Self { slip: Some(slip), ..self }
    }

    pub(crate) fn slips(&self, slip: Slip) -> bool {
        self.slip == Some(slip)
    }
}

/// The inbox profile: the job's row is the dedup record.
pub(crate) const INBOX: Design = Design {
    name: "inbox profile",
    says: "the job's row is the dedup record; workers lease it",
    dedup: Dedup::Row,
    settle: Settle::Together,
    queue: Queue::Tombstone,
    acks_in_flight: false,
    acks_when_lost: false,
    slip: None,
};

/// The lease profile, with the job and the completed claim in one transaction.
pub(crate) const LEASE_TOGETHER: Design = Design {
    name: "lease profile, one transaction",
    says: "lease, fence, 503 in flight; enqueue and complete together",
    dedup: Dedup::Lease { fenced: true },
    queue: Queue::Plain,
    ..INBOX
};

/// The lease profile, with a queue of its own that never forgets a key.
pub(crate) const LEASE_TOMBSTONE: Design = Design {
    name: "lease profile, tombstones",
    says: "lease, fence, 503 in flight; enqueue and complete apart, a tombstone per key",
    settle: Settle::Apart,
    queue: Queue::Tombstone,
    ..LEASE_TOGETHER
};

/// The designs that hold.
pub(crate) const SAFE: [Design; 3] = [INBOX, LEASE_TOGETHER, LEASE_TOMBSTONE];

const UNSAFE: Design = Design { settle: Settle::Apart, queue: Queue::Plain, ..LEASE_TOGETHER };

/// The designs that lose, each with properties that it breaks; the shortest run that breaks the first one is shown.
pub(crate) const LOSING: [(Design, &[&str]); 9] = [
    (
        Design { name: "A", says: "check, act, mark after the work", dedup: Dedup::MarkAfter, ..UNSAFE },
        &["AtMostOneEnqueue", "SingleOwner"],
    ),
    (
        Design {
            name: "B",
            says: "mark before the work, duplicates get 200",
            dedup: Dedup::MarkFirst { undo: false },
            ..UNSAFE
        },
        &["NoLoss", "AckImpliesDurable", "NoMarkWithoutJob", "ReclaimedBeforeLastRetry"],
    ),
    (
        Design {
            name: "C",
            says: "B, and the mark is deleted on error",
            dedup: Dedup::MarkFirst { undo: true },
            ..UNSAFE
        },
        &["NoLoss", "AckImpliesDurable", "NoMarkWithoutJob", "AtMostOneEnqueue", "DoneStable"],
    ),
    (
        Design {
            name: "D",
            says: "lease without fence, in flight gets 200",
            dedup: Dedup::Lease { fenced: false },
            acks_in_flight: true,
            ..UNSAFE
        },
        &["NoLoss", "AckImpliesDurable", "AtMostOneEnqueue", "SingleOwner", "StaleNoWrite", "StaleNoAck", "DoneStable"],
    ),
    (
        Design {
            name: "E",
            says: "lease without fence, in flight gets 503",
            dedup: Dedup::Lease { fenced: false },
            ..UNSAFE
        },
        &["AtMostOneEnqueue", "SingleOwner", "StaleNoWrite", "StaleNoAck", "DoneStable"],
    ),
    (
        Design { name: "F", says: "lease and fence, in flight gets 200", acks_in_flight: true, ..LEASE_TOGETHER },
        &["NoLoss", "AckImpliesDurable", "ReclaimedBeforeLastRetry"],
    ),
    (Design { name: "G", says: "lease, fence, 503; enqueue and complete apart", ..UNSAFE }, &["AtMostOneEnqueue"]),
    (
        Design {
            name: "J",
            says: "the safe profile, but a holder that lost its lease answers 200",
            acks_when_lost: true,
            ..LEASE_TOGETHER
        },
        &["NoLoss", "AckImpliesDurable", "StaleNoAck"],
    ),
    (
        Design {
            name: "K",
            says: "G, with a unique queue row that is deleted after the run",
            queue: Queue::UniqueUntilRun,
            ..UNSAFE
        },
        &["AtMostOneEnqueue"],
    ),
];

/// Which safe profile each slip is put into, and which property it must break.
pub(crate) const SLIPS: [(Design, Slip, &str); 22] = [
    (INBOX, Slip::FenceNotCompared, "StaleNoWrite"),
    (INBOX, Slip::FenceReset, "FenceMonotone"),
    (INBOX, Slip::GrantedTwice, "SingleOwner"),
    (INBOX, Slip::LeaseForEver, "EveryJobEnds"),
    (INBOX, Slip::AckedInDoubt, "NoLoss"),
    (INBOX, Slip::AckedByDrain, "DrainAcksOnlyDurable"),
    (INBOX, Slip::DigestIgnored, "DigestBinding"),
    (INBOX, Slip::ScopeIgnored, "KeyScope"),
    (INBOX, Slip::ConflictIgnored, "AtMostOneEnqueue"),
    (INBOX, Slip::LaneIgnored, "OrderPerLane"),
    (INBOX, Slip::DeadHeadBlocks, "NoneStranded"),
    (INBOX, Slip::EffectsUnfenced, "StaleNoWrite"),
    (INBOX, Slip::KeyPerAttempt, "EffectKeyStable"),
    (LEASE_TOGETHER, Slip::FenceNotCompared, "StaleNoWrite"),
    (LEASE_TOGETHER, Slip::FenceReset, "FenceMonotone"),
    (LEASE_TOGETHER, Slip::GrantedTwice, "SingleOwner"),
    (LEASE_TOGETHER, Slip::LeaseForEver, "ReclaimedBeforeLastRetry"),
    (LEASE_TOGETHER, Slip::DoneForgotten, "DoneStable"),
    (LEASE_TOGETHER, Slip::AckedInDoubt, "AckImpliesDurable"),
    (LEASE_TOGETHER, Slip::AckedByDrain, "DrainAcksOnlyDurable"),
    (LEASE_TOMBSTONE, Slip::DigestIgnored, "DigestBinding"),
    (LEASE_TOMBSTONE, Slip::ScopeIgnored, "KeyScope"),
];
