//! What became of an attempt.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use imchat_verify::dedup::DedupKey;

use crate::{Job, JobLease};

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The job is done.
    Done,
    /// The attempt failed: the job is due again after this long.
    Retry {
        /// How long it waits.
        after: Duration,
        /// What the error said.
        why: String,
    },
    /// The job is a dead letter: the error was permanent, or this was the last attempt.
    Dead {
        /// What the error said.
        why: String,
    },
    /// The worker stopped before the handler had ended: the job is there for another worker.
    GivenBack,
    /// The lease had ended, so that nothing was written: another worker has the job, or will.
    Lost,
    /// The queue's first answer to the outcome was lost, and it says now that the lease has ended: most likely by what was
    /// told first, else the job runs again.
    InDoubt,
    /// The queue did not take the outcome: the job runs again when its lease ends.
    Unsettled,
}

impl Outcome {
    /// One word for it, such as for a metric's label.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retry { .. } => "retry",
            Self::Dead { .. } => "dead",
            Self::GivenBack => "given_back",
            Self::Lost => "lost",
            Self::InDoubt => "in_doubt",
            Self::Unsettled => "unsettled",
        }
    }
}

/// One attempt and its outcome, for metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The right to the job that this attempt had.
    pub lease: JobLease,
    /// The key under which the delivery is handled once.
    pub key: DedupKey,
    /// The scheme's name.
    pub provider: Cow<'static, str>,
    /// The name of the kind of delivery, such as `events`.
    pub kind: Cow<'static, str>,
    /// The event's type in the platform's words.
    pub event_type: Option<String>,
    /// The lane that it holds.
    pub lane: Option<String>,
    /// Which attempt it was: 1 is the first.
    pub attempt: u32,
    /// Whether none would come after it.
    pub last: bool,
    /// How long the handler took, also one that was stopped.
    pub took: Duration,
    /// What became of it.
    pub outcome: Outcome,
}

impl Report {
    /// Of an attempt that is about to start.
    pub(super) fn of(job: &Job) -> Self {
        let delivery = &job.delivery;
        Self {
            lease: job.lease,
            key: delivery.key,
            provider: delivery.provider.clone(),
            kind: delivery.kind.clone(),
            event_type: delivery.event_type.clone(),
            lane: delivery.lane.clone(),
            attempt: job.attempt,
            last: job.is_last_attempt(),
            took: Duration::ZERO,
            outcome: Outcome::Unsettled,
        }
    }

    /// What tracing shows beside everything that is logged during the attempt.
    pub(super) fn span(&self) -> tracing::Span {
        tracing::info_span!(
            "attempt",
            provider = &*self.provider,
            kind = &*self.kind,
            event_type = self.event_type.as_deref(),
            lane = self.lane.as_deref(),
            key = %self.key,
            id = self.lease.id(),
            number = self.attempt,
        )
    }

    /// Says it in the log.
    pub(super) fn log(&self) {
        match &self.outcome {
            Outcome::Done => tracing::debug!(took = ?self.took, "done"),
            Outcome::Retry { after, why } => tracing::warn!(why, ?after, "the attempt failed; another one comes"),
            Outcome::Dead { why } => {
                tracing::error!(why, "the job is a dead letter: mend the cause, then replay it");
            }
            Outcome::GivenBack => tracing::info!("the worker stops; the job is there for another one"),
            Outcome::Lost => tracing::warn!(
                "the lease had ended, so another worker has the job: give it a longer lease if this happens often"
            ),
            Outcome::InDoubt => tracing::warn!(
                "the inbox's answer was lost, and the lease has ended since: the job is settled, or another worker has it"
            ),
            Outcome::Unsettled => tracing::error!(
                "the inbox did not take what became of the job, which runs again when its lease ends: see to its database"
            ),
        }
    }
}

/// Sees every report.
#[derive(Clone)]
pub(super) struct OnReport(pub(super) Arc<dyn Fn(&Report) + Send + Sync>);

impl fmt::Debug for OnReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnReport")
    }
}
