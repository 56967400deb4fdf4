//! One run: pages to the inbox, and the attempts that failed back to the platform.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use imchat_verify::dedup::StoreError;
use imchat_verify::inbox::{Accepted, Delivery, Inbox};

use super::{Attempt, Cursor, ReconcileError, Source, Span};

type LaneFn<'a> = Box<dyn Fn(&Delivery) -> Option<String> + Send + Sync + 'a>;

/// Asks platforms what they sent, and has an inbox accept what never came.
///
/// See [the module](super) for an example.
#[must_use = "nothing is asked until `poll_once`"]
pub struct Reconcile<'a, I> {
    inbox: &'a I,
    most_pages: usize,
    most_asked: usize,
    lane: Option<LaneFn<'a>>,
}

impl<I> fmt::Debug for Reconcile<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconcile")
            .field("most_pages", &self.most_pages)
            .field("most_asked", &self.most_asked)
            .finish_non_exhaustive()
    }
}

/// What a run found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// Deliveries that the platform told of: those that it told in full, and those of which it told the attempts.
    pub found: u64,
    /// Those that had never come: the inbox has them now.
    pub new: u64,
    /// Those that the inbox had already.
    pub duplicates: u64,
    /// Those whose key another body holds, from a source that repeats bodies exactly: they are in quarantine.
    pub mismatched: u64,
    /// Those that the platform was asked to send again: they come through the front door, if they come.
    pub asked_again: u64,
    /// Those that it was asked for and will not send again.
    pub refused: u64,
    /// Those that failed and were not asked for, because the run had asked for its most: the next run goes on.
    pub left: u64,
    /// Where the pages went on that this run did not read: hand it to [`Reconcile::poll_from`].
    pub next: Option<Cursor>,
}

impl<'a, I: Inbox> Reconcile<'a, I> {
    /// A run's settings, each with a default.
    pub fn new(inbox: &'a I) -> Self {
        Self { inbox, most_pages: 100, most_asked: 100, lane: None }
    }

    /// The most pages that a run reads. Default: 100, which is 10 000 deliveries of the sources here.
    pub const fn most_pages(mut self, most: usize) -> Self {
        self.most_pages = most;
        self
    }

    /// The most deliveries that a run asks the platform to send again. Default: 100.
    pub const fn most_asked(mut self, most: usize) -> Self {
        self.most_asked = most;
        self
    }

    /// Puts what is found into lanes: by the same rule as the webhook, or the order within a lane is lost.
    pub fn lane(mut self, lane: impl Fn(&Delivery) -> Option<String> + Send + Sync + 'a) -> Self {
        self.lane = Some(Box::new(lane));
        self
    }

    /// Asks once, from the newest page on.
    ///
    /// # Errors
    ///
    /// [`ReconcileError`] at the first page that cannot be had or read, or where the inbox fails; see
    /// [`wait`](ReconcileError::wait) for when to run again. What was accepted before stays accepted. After an error among
    /// the pages nothing is asked for again. [`ReconcileError::Setting`] where the span is longer than the inbox's retention.
    pub async fn poll_once<S: Source>(&self, source: &S, span: Span) -> Result<Outcome, ReconcileError> {
        self.poll(source, span, None).await
    }

    /// Goes on where a run stopped at its most pages.
    ///
    /// # Errors
    ///
    /// As of [`poll_once`](Self::poll_once).
    pub async fn poll_from<S: Source>(
        &self,
        source: &S,
        span: Span,
        cursor: Cursor,
    ) -> Result<Outcome, ReconcileError> {
        self.poll(source, span, Some(cursor)).await
    }

    async fn poll<S: Source>(
        &self,
        source: &S,
        span: Span,
        mut cursor: Option<Cursor>,
    ) -> Result<Outcome, ReconcileError> {
        let back = span.now.unix_timestamp().saturating_sub(span.since.unix_timestamp());
        if u64::try_from(back).unwrap_or(0) > self.inbox.retention().as_secs() {
            return Err(FORGOTTEN);
        }
        let mut outcome = Outcome::default();
        let mut tries: BTreeMap<String, Tries> = BTreeMap::new();
        let mut read = BTreeSet::new();
        for _ in 0..self.most_pages {
            let page = source.page(span, cursor.as_ref()).await?;
            for delivery in page.deliveries {
                self.accept(delivery, &mut outcome).await?;
            }
            for attempt in page.attempts {
                Tries::note(&mut tries, attempt);
            }
            read.extend(cursor);
            cursor = page.next;
            match &cursor {
                None => break,
                Some(next) if read.contains(next) => return Err(ReconcileError::Circle),
                Some(_) => {}
            }
        }
        outcome.next = cursor;
        outcome.found = outcome.found.saturating_add(u64::try_from(tries.len()).unwrap_or(u64::MAX));
        self.ask(source, span, tries, &mut outcome).await?;
        tracing::debug!(?outcome, "asked the platform for what never came");
        Ok(outcome)
    }

    async fn accept(&self, mut delivery: Delivery, outcome: &mut Outcome) -> Result<(), ReconcileError> {
        delivery.lane = self.lane.as_ref().and_then(|lane| lane(&delivery)).or(delivery.lane);
        let accepted =
            self.inbox.accept(delivery).await.map_err(|error| ReconcileError::Inbox(StoreError::new(error)))?;
        count(&mut outcome.found);
        count(match accepted {
            Accepted::New => &mut outcome.new,
            Accepted::Duplicate { .. } => &mut outcome.duplicates,
            Accepted::Mismatch => &mut outcome.mismatched,
        });
        Ok(())
    }

    async fn ask<S: Source>(
        &self,
        source: &S,
        span: Span,
        tries: BTreeMap<String, Tries>,
        outcome: &mut Outcome,
    ) -> Result<(), ReconcileError> {
        let mut lost: Vec<Tries> = tries.into_values().filter(|tries| !tries.succeeded).collect();
        // The least tried first: what the receiver refuses for good would otherwise take all the room in every run.
        lost.sort_by_key(|tries| (tries.count, tries.first));
        for (number, tries) in lost.iter().enumerate() {
            if number >= self.most_asked {
                count(&mut outcome.left);
                continue;
            }
            match source.ask_again(&tries.newest, span).await {
                Ok(()) => count(&mut outcome.asked_again),
                Err(ReconcileError::Gone { status }) => {
                    tracing::warn!(
                        attempt = tries.newest.id,
                        status,
                        "the platform will not send a lost delivery again"
                    );
                    count(&mut outcome.refused);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

// What was done and forgotten would be new once more.
const FORGOTTEN: ReconcileError = ReconcileError::Setting(
    "`since` reaches back further than the inbox remembers keys: ask for less, or raise the inbox's `retention`",
);

/// The attempts of one delivery.
struct Tries {
    newest: Attempt,
    first: time::OffsetDateTime,
    count: u32,
    succeeded: bool,
}

impl Tries {
    fn note(tries: &mut BTreeMap<String, Self>, attempt: Attempt) {
        let Some(known) = tries.get_mut(&attempt.guid) else {
            let (first, succeeded) = (attempt.at, attempt.succeeded);
            tries.insert(attempt.guid.clone(), Self { newest: attempt, first, count: 1, succeeded });
            return;
        };
        known.count = known.count.saturating_add(1);
        known.first = known.first.min(attempt.at);
        known.succeeded |= attempt.succeeded;
        if attempt.at > known.newest.at {
            known.newest = attempt;
        }
    }
}

fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}
