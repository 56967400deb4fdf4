//! What a platform says of its deliveries: how long it waits, when it tries again, how large a body may be.

use core::time::Duration;

use super::Key;
use crate::{Identity, Reply};

/// When a platform sends a delivery again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retries {
    /// Never.
    Never,
    /// After these gaps, each counted from the attempt before.
    Ladder(&'static [Duration]),
    /// At unpublished gaps, the last of them this long after the first attempt.
    Within(Duration),
    /// Nothing is published; counts as 24 hours.
    Unpublished,
}

/// Whether every attempt at one delivery carries the same body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attempts {
    /// The same bytes: another body under the same key is a mismatch.
    SameBytes,
    /// Bodies may honestly differ (an attempt counter); the first durable one stands.
    MayDiffer,
}

/// The answer that tells a platform "taken", from what is known of the delivery.
pub type Accepted = fn(&Identity<'_>) -> Reply;

/// The answer that tells a person "not taken, try again", for kinds that the platform never sends twice.
pub type Failure = fn() -> Reply;

/// The facts of one kind of delivery, as its platform documents them.
///
/// ```
/// use core::time::Duration;
/// use imchat_verify::scheme::Facts;
///
/// const EVENTS: Facts = Facts::new("events")
///     .ack_within(Duration::from_secs(3))
///     .retries(&[Duration::ZERO, Duration::from_secs(60), Duration::from_secs(300)]);
/// assert_eq!(EVENTS.horizon(), Duration::from_secs(360));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    name: &'static str,
    ack_within: Option<Duration>,
    retries: Retries,
    horizon: Option<Duration>,
    redelivery: Option<&'static str>,
    max_body: usize,
    attempts: Attempts,
    key: Option<Key>,
    accepted: Option<Accepted>,
    failure: Option<Failure>,
}

const MIB: usize = 1024 * 1024;

impl Facts {
    /// Facts of the kind of this name: no published deadline, an unpublished ladder, bodies of at most 1 MiB that may
    /// differ between attempts, and an empty 200 as the answer that says taken.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            ack_within: None,
            retries: Retries::Unpublished,
            horizon: None,
            redelivery: None,
            max_body: MIB,
            attempts: Attempts::MayDiffer,
            key: None,
            accepted: None,
            failure: None,
        }
    }

    /// The same facts under another kind's name.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// How long the platform waits for an answer.
    #[must_use]
    pub const fn ack_within(mut self, deadline: Duration) -> Self {
        self.ack_within = Some(deadline);
        self
    }

    /// The gaps between attempts, each counted from the attempt before; none means that nothing is sent again.
    #[must_use]
    pub const fn retries(mut self, gaps: &'static [Duration]) -> Self {
        self.retries = if gaps.is_empty() { Retries::Never } else { Retries::Ladder(gaps) };
        self
    }

    /// The ladder's gaps are unpublished, but the last attempt comes at most this long after the first.
    #[must_use]
    pub const fn retries_within(mut self, span: Duration) -> Self {
        self.retries = Retries::Within(span);
        self
    }

    /// A longer horizon than the ladder's sum, where an option of the platform brings one.
    #[must_use]
    pub const fn horizon_at_least(mut self, span: Duration) -> Self {
        self.horizon = Some(span);
        self
    }

    /// How a person or an API call has the platform deliver again, in a few words.
    #[must_use]
    pub const fn redelivery(mut self, how: &'static str) -> Self {
        self.redelivery = Some(how);
        self
    }

    /// The largest body the platform sends, in bytes.
    #[must_use]
    pub const fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Whether every attempt carries the same body.
    #[must_use]
    pub const fn attempts(mut self, attempts: Attempts) -> Self {
        self.attempts = attempts;
        self
    }

    /// The key of this kind, where it is not the scheme's.
    #[must_use]
    pub const fn key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }

    /// The answer that says taken, where it is not an empty 200; duplicates get it too.
    #[must_use]
    pub const fn accepted(mut self, reply: Accepted) -> Self {
        self.accepted = Some(reply);
        self
    }

    /// The answer that shows a person that nothing was taken, for kinds that are never sent again.
    #[must_use]
    pub const fn failure(mut self, reply: Failure) -> Self {
        self.failure = Some(reply);
        self
    }

    /// The kind's name, such as `events`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How long the platform waits for an answer, where it says so.
    #[must_use]
    pub const fn published_ack(&self) -> Option<Duration> {
        self.ack_within
    }

    /// How long the platform waits for an answer; an unpublished deadline counts as 10 seconds.
    #[must_use]
    pub const fn ack(&self) -> Duration {
        match self.ack_within {
            Some(deadline) => deadline,
            None => Duration::from_secs(10),
        }
    }

    /// When the platform sends a delivery again.
    #[must_use]
    pub const fn ladder(&self) -> Retries {
        self.retries
    }

    /// How a person has the platform deliver again, where one can.
    #[must_use]
    pub const fn manual_redelivery(&self) -> Option<&'static str> {
        self.redelivery
    }

    /// The largest body the platform sends, in bytes.
    #[must_use]
    pub const fn largest_body(&self) -> usize {
        self.max_body
    }

    /// Whether every attempt carries the same body.
    #[must_use]
    pub const fn attempt_bodies(&self) -> Attempts {
        self.attempts
    }

    /// How long after the first attempt the last one may come: the least a dedup store must remember.
    #[must_use]
    pub fn horizon(&self) -> Duration {
        let ladder = match self.retries {
            Retries::Never => Duration::ZERO,
            Retries::Ladder(gaps) => gaps.iter().fold(Duration::ZERO, |sum, gap| sum.saturating_add(*gap)),
            Retries::Within(span) => span,
            Retries::Unpublished => Duration::from_secs(24 * 3600),
        };
        self.horizon.map_or(ladder, |least| least.max(ladder))
    }

    /// The gap before the last attempt, where the ladder is published: a lease must be shorter.
    #[must_use]
    pub fn last_gap(&self) -> Option<Duration> {
        match self.retries {
            Retries::Ladder(gaps) => gaps.last().copied(),
            _ => None,
        }
    }

    /// The answer that says taken.
    #[must_use]
    pub fn accepted_reply(&self, identity: &Identity<'_>) -> Reply {
        self.accepted.map_or(Reply::EMPTY, |reply| reply(identity))
    }

    /// The answer that shows a person that nothing was taken, where the kind has one.
    #[must_use]
    pub fn failure_reply(&self) -> Option<Reply> {
        self.failure.map(|reply| reply())
    }

    pub(crate) const fn own_key(&self) -> Option<Key> {
        self.key
    }
}
