//! The work: a job from the inbox is decoded and answered in the right thread.
//!
//! 1. One job of a conversation is worked on at a time: its answers keep their order, and a conversation that has to wait
//!    holds up no other.
//! 2. What cannot be decoded and what Slack refuses is a dead letter: no attempt betters it, a person may.
//! 3. Everything else is tried again: a rate limit not earlier than the platform asks, the rest after a pause that grows.
//!    Where it is not known whether a post was made, the answer may then stand there twice: at least once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use imchat_inbox::Job;
use tracing::{debug, info};

use crate::decode::{DecodeError, Decoded, Inbound, decode};
use crate::post::{Outbound, Post, PostError};
use crate::reply;
use crate::turns::Turns;

/// What a platform that is over its limit and does not say for how long is given.
const PAUSE: Duration = Duration::from_secs(1);

/// Why a job is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotDone {
    /// Its body is not what Slack documents.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Its answer was not posted, or nobody knows.
    #[error(transparent)]
    Post(#[from] PostError),
}

/// What is to become of a job that is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A dead letter: trying again changes nothing.
    Bury,
    /// Another attempt after exactly this long.
    After(Duration),
    /// Another attempt after a pause.
    Again,
}

impl NotDone {
    /// What is to become of the job.
    #[must_use]
    pub fn next(&self) -> Next {
        match self {
            Self::Decode(_) | Self::Post(PostError::Refused { .. }) => Next::Bury,
            Self::Post(PostError::RateLimited { retry_after }) => Next::After(retry_after.unwrap_or(PAUSE)),
            Self::Post(PostError::Unreachable | PostError::Unknown(_)) => Next::Again,
        }
    }
}

/// What became of the attempts of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Worked {
    /// Answers that were posted.
    pub answered: u64,
    /// Jobs that asked for nothing.
    pub ignored: u64,
    /// Jobs that became dead letters because no attempt would better them.
    pub refused: u64,
    /// Attempts that are to be made again.
    pub put_off: u64,
}

#[derive(Debug, Default)]
struct Tally {
    answered: AtomicU64,
    ignored: AtomicU64,
    refused: AtomicU64,
    put_off: AtomicU64,
}

/// Works on jobs, answering through `P`.
#[derive(Debug)]
pub struct Executor<P> {
    post: P,
    deadline: Duration,
    turns: Turns,
    tally: Tally,
}

impl<P: Post> Executor<P> {
    /// An executor that gives each post `deadline`; after it the post's outcome counts as unknown.
    pub fn new(post: P, deadline: Duration) -> Self {
        Self { post, deadline, turns: Turns::default(), tally: Tally::default() }
    }

    /// Makes one attempt at a job.
    ///
    /// # Errors
    /// [`NotDone`], whose [`next`](NotDone::next) says what is to become of the job.
    pub async fn work(&self, job: &Job) -> Result<(), NotDone> {
        let worked = self.attempt(job).await;
        let counter = match &worked {
            Ok(counter) => *counter,
            Err(not_done) => match not_done.next() {
                Next::Bury => &self.tally.refused,
                Next::After(_) | Next::Again => &self.tally.put_off,
            },
        };
        counter.fetch_add(1, Ordering::SeqCst);
        worked.map(|_| ())
    }

    async fn attempt(&self, job: &Job) -> Result<&AtomicU64, NotDone> {
        let id = job.lease.id();
        match decode(&job.delivery.kind, &job.delivery.body)? {
            Decoded::Ignored(reason) => {
                debug!(id, reason, "nothing to answer");
                Ok(&self.tally.ignored)
            }
            Decoded::Message(inbound) => {
                let ts = self.answer(&inbound, job).await?;
                info!(
                    id,
                    event_id = inbound.event_id.as_deref().unwrap_or("-"),
                    channel = inbound.channel,
                    ts,
                    "answered"
                );
                Ok(&self.tally.answered)
            }
        }
    }

    async fn answer(&self, inbound: &Inbound, job: &Job) -> Result<String, PostError> {
        let message = Outbound {
            channel: inbound.channel.clone(),
            thread_ts: inbound.thread_ts.clone(),
            text: reply::answer(&inbound.text),
            step: job.step_key("answer").to_string(),
        };
        let posted = tokio::time::timeout(self.deadline, self.post.post(&message)).await;
        posted.unwrap_or(Err(PostError::Unknown("it took too long"))).map_err(|error| match error {
            PostError::RateLimited { retry_after } => {
                let turn = self.turns.next(&inbound.channel, retry_after.unwrap_or(PAUSE));
                PostError::RateLimited { retry_after: Some(turn) }
            }
            other => other,
        })
    }

    /// What became of the attempts so far.
    #[must_use]
    pub fn worked(&self) -> Worked {
        let count = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        let Tally { answered, ignored, refused, put_off } = &self.tally;
        Worked { answered: count(answered), ignored: count(ignored), refused: count(refused), put_off: count(put_off) }
    }
}

#[cfg(test)]
mod tests;
