//! The queue between the ingress and the executor: bounded, in memory.
//!
//! A job in it is lost when the process crashes, although the platform was told 200. `serve` says so at its start.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc;

/// Jobs that may wait. A platform's body is at most 1 MiB, so this also bounds the memory.
pub const CAPACITY: usize = 256;

/// What kind of request a body came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Events API, JSON.
    Event,
    /// A click, a view or a shortcut: form, field `payload`.
    Interaction,
    /// A slash command, form.
    Command,
}

/// One authentic request, not decoded yet.
#[derive(Clone, PartialEq, Eq)]
pub struct Job {
    /// Which route took it.
    pub kind: Kind,
    /// The bytes that were proved.
    pub body: Bytes,
}

impl std::fmt::Debug for Job {
    /// Without the body, which may hold a `response_url` or what people wrote.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("kind", &self.kind).field("bytes", &self.body.len()).finish()
    }
}

/// Why a job was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// As many jobs wait as may.
    #[error("the queue is full: events come again, clicks and commands do not")]
    Full,
    /// The process is stopping.
    #[error("the queue is closed because the process is stopping: events come again, clicks and commands do not")]
    Closed,
}

/// The end that takes jobs.
#[derive(Debug, Clone)]
pub struct Queue {
    jobs: mpsc::Sender<Job>,
    accepted: Arc<AtomicU64>,
}

/// The end that hands them out.
#[derive(Debug)]
pub struct Jobs {
    jobs: mpsc::Receiver<Job>,
    accepted: Arc<AtomicU64>,
}

/// A queue for at most `capacity` jobs (at least one).
#[must_use]
pub fn bounded(capacity: usize) -> (Queue, Jobs) {
    let (sender, receiver) = mpsc::channel(capacity.max(1));
    let accepted = Arc::new(AtomicU64::new(0));
    (Queue { jobs: sender, accepted: Arc::clone(&accepted) }, Jobs { jobs: receiver, accepted })
}

impl Queue {
    /// Takes a job at once or not at all: a platform waits three seconds for its answer, so nobody waits for room.
    ///
    /// # Errors
    /// [`Refused`]; the job is dropped and must not be acknowledged.
    pub fn offer(&self, job: Job) -> Result<(), Refused> {
        self.jobs.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Refused::Full,
            mpsc::error::TrySendError::Closed(_) => Refused::Closed,
        })?;
        self.accepted.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    /// Whether a job offered now would be taken.
    ///
    /// # Errors
    /// [`Refused`] with the reason it would not.
    pub fn ready(&self) -> Result<(), Refused> {
        match (self.jobs.is_closed(), self.jobs.capacity()) {
            (true, _) => Err(Refused::Closed),
            (false, 0) => Err(Refused::Full),
            (false, _) => Ok(()),
        }
    }
}

impl Jobs {
    /// The next job; `None` when the queue is closed and empty.
    pub async fn next(&mut self) -> Option<Job> {
        self.jobs.recv().await
    }

    /// Takes no more jobs; those that wait are still handed out.
    pub fn close(&mut self) {
        self.jobs.close();
    }

    /// How many jobs were ever taken; it keeps counting.
    pub(crate) fn accepted(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.accepted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(body: &'static str) -> Job {
        Job { kind: Kind::Event, body: Bytes::from_static(body.as_bytes()) }
    }

    #[tokio::test]
    async fn a_full_queue_refuses_and_takes_again_when_there_is_room() {
        let (queue, mut jobs) = bounded(1);
        assert_eq!(queue.ready(), Ok(()));
        assert_eq!(queue.offer(job("one")), Ok(()));
        assert_eq!(queue.ready(), Err(Refused::Full));
        assert_eq!(queue.offer(job("two")), Err(Refused::Full));
        assert_eq!(jobs.next().await, Some(job("one")));
        assert_eq!(queue.offer(job("three")), Ok(()));
    }

    #[tokio::test]
    async fn a_closed_queue_refuses_and_still_hands_out_what_it_took() {
        let (queue, mut jobs) = bounded(2);
        queue.offer(job("one")).expect("room");
        jobs.close();
        assert_eq!(queue.ready(), Err(Refused::Closed));
        assert_eq!(queue.offer(job("two")), Err(Refused::Closed));
        assert_eq!(jobs.next().await, Some(job("one")));
        assert_eq!(jobs.next().await, None);
    }

    #[test]
    fn a_job_is_printed_without_its_body() {
        assert_eq!(format!("{:?}", job("hush")), "Job { kind: Event, bytes: 4 }");
    }
}
