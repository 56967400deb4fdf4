//! The sending side: a platform that sends again, on its ladder, until it sees a 2xx.
//!
//! Time is counted in ticks. Attempt `n` is due at its tick of the ladder unless a 2xx was *seen* by then; an answer that
//! was lost on the way, or came after the tick in which the attempt was sent, may not have been. An attempt that is still
//! at work when the next one is due overlaps with it. An attempt may also be made though a 2xx was seen: a duplicate.

/// How long a lease lasts, in ticks: no longer than the gap before the last retry of [`ONE_KEY`].
pub(crate) const LEASE: u8 = 2;
/// An end that no run gets to see.
pub(crate) const FOREVER: u8 = u8::MAX;

/// One of the messages of a world. The two have the same id in two scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Message {
    First,
    Second,
}

impl Message {
    pub(crate) const ALL: [Self; 2] = [Self::First, Self::Second];
}

/// One value for each message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Both<T> {
    first: T,
    second: T,
}

impl<T> Both<T> {
    pub(crate) const fn new(first: T, second: T) -> Self {
        Self { first, second }
    }

    pub(crate) const fn of(&self, message: Message) -> &T {
        match message {
            Message::First => &self.first,
            Message::Second => &self.second,
        }
    }

    pub(crate) const fn of_mut(&mut self, message: Message) -> &mut T {
        match message {
            Message::First => &mut self.first,
            Message::Second => &mut self.second,
        }
    }
}

/// One HTTP request that the platform makes; the receiver's handler of it has the same number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    pub(crate) message: Message,
    /// The tick at which it is due.
    pub(crate) at: u8,
    /// Which of two bodies it carries: 0 or 1.
    pub(crate) body: u8,
}

const fn attempt(message: Message, at: u8) -> Attempt {
    Attempt { message, at, body: 0 }
}

/// What is sent, and how much may go wrong on the way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    pub(crate) name: &'static str,
    pub(crate) attempts: &'static [Attempt],
    /// Whether all attempts of a message must carry the same body.
    pub(crate) same_bytes: bool,
    /// Whether both messages are of one lane.
    pub(crate) one_lane: bool,
    /// How many faults strike at most: crashes, store errors, lost answers, failures, duplicates, a drain.
    pub(crate) faults: u8,
    /// How many workers the inbox profile has; where there is none, a job is run in one step.
    pub(crate) workers: usize,
    /// How many times leases are renewed at most. Pauses are not counted: whoever has a next step may wait with it.
    pub(crate) renewals: u8,
}

impl World {
    #[cfg(test)]
    pub(crate) const fn with_faults(self, faults: u8) -> Self {
        Self { faults, ..self }
    }

    /// When the ladder of this message ends.
    pub(crate) fn last_attempt(&self, message: Message) -> u8 {
        let own = self.attempts.iter().filter(|attempt| attempt.message == message);
        own.map(|attempt| attempt.at).max().unwrap_or(0)
    }

    /// Whether this message is sent at all here.
    pub(crate) fn sends(&self, message: Message) -> bool {
        self.attempts.iter().any(|attempt| attempt.message == message)
    }
}

/// One key, and three attempts that may overlap.
pub(crate) const ONE_KEY: World = World {
    name: "one key",
    attempts: &[attempt(Message::First, 0), attempt(Message::First, 1), attempt(Message::First, 3)],
    same_bytes: false,
    one_lane: false,
    faults: 3,
    workers: 0,
    renewals: 1,
};

/// One key whose second attempt carries another body, from a platform that repeats bodies exactly.
pub(crate) const OTHER_BODY: World = World {
    name: "another body",
    attempts: &[
        attempt(Message::First, 0),
        Attempt { body: 1, ..attempt(Message::First, 1) },
        attempt(Message::First, 3),
    ],
    same_bytes: true,
    one_lane: false,
    faults: 2,
    workers: 0,
    renewals: 0,
};

/// The same id in two scopes at a time.
pub(crate) const TWO_SCOPES: World = World {
    name: "two scopes",
    attempts: &[attempt(Message::First, 0), attempt(Message::Second, 0), attempt(Message::First, 2)],
    same_bytes: false,
    one_lane: false,
    faults: 2,
    workers: 0,
    renewals: 0,
};

/// One job, and workers that take it from each other.
pub(crate) const ONE_JOB: World = World {
    name: "one job",
    attempts: &[attempt(Message::First, 0)],
    same_bytes: false,
    one_lane: false,
    faults: 3,
    workers: 2,
    renewals: 2,
};

/// All of the inbox profile at once.
pub(crate) const ONE_KEY_AND_WORKERS: World = World { name: "one key and workers", faults: 2, workers: 2, ..ONE_KEY };

/// Two messages of one lane.
pub(crate) const ONE_LANE: World = World {
    name: "one lane",
    attempts: &[attempt(Message::First, 0), attempt(Message::Second, 0)],
    same_bytes: false,
    one_lane: true,
    faults: 2,
    workers: 2,
    renewals: 0,
};

/// Where each kind of trouble shows. The workers of the inbox profile meet the attempts only in the row, so the worlds that
/// look at many attempts run a job in one step, and the last ones look at the workers.
pub(crate) const WORLDS: [World; 6] = [ONE_KEY, OTHER_BODY, TWO_SCOPES, ONE_KEY_AND_WORKERS, ONE_JOB, ONE_LANE];
