//! What a platform is asked, and what it tells.

use std::fmt;
use std::future::Future;

use imchat_verify::inbox::Delivery;
use time::OffsetDateTime;

use super::ReconcileError;

/// What a run asks for; both times are the caller's, for nothing here reads a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// What happened before this is not asked for.
    pub since: OffsetDateTime,
    /// The time of the run: when what it finds was received, and what a platform's reset times are counted from.
    pub now: OffsetDateTime,
}

/// Where a page starts, in the platform's words.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(String);

impl Cursor {
    /// The cursor of this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text, for the platform and for a place to keep it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor({})", self.0.escape_debug())
    }
}

/// One page of what the platform knows.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Page {
    /// Deliveries that are known in full, under the keys that their webhooks have.
    pub deliveries: Vec<Delivery>,
    /// Attempts of which only the platform has the signed bytes.
    pub attempts: Vec<Attempt>,
    /// Where the next page starts, if there is one.
    pub next: Option<Cursor>,
}

impl Page {
    /// The last page, of these deliveries.
    #[must_use]
    pub fn of(deliveries: Vec<Delivery>) -> Self {
        Self { deliveries, ..Self::default() }
    }

    /// The last page, of these attempts.
    #[must_use]
    pub fn of_attempts(attempts: Vec<Attempt>) -> Self {
        Self { attempts, ..Self::default() }
    }

    /// With another page after it.
    #[must_use]
    pub fn and_then(mut self, next: Option<Cursor>) -> Self {
        self.next = next;
        self
    }
}

/// One attempt of the platform to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The platform's id of the attempt, by which it is asked for again.
    pub id: u64,
    /// The id of the delivery, which all its attempts share.
    pub guid: String,
    /// When it was made.
    pub at: OffsetDateTime,
    /// Whether the receiver answered 2xx.
    pub succeeded: bool,
}

/// A platform that can be asked for what it sent, or tried to.
///
/// Pages may come in any order, and may overlap: what is found twice is a duplicate.
pub trait Source: Send + Sync {
    /// The page at this cursor, or the first one.
    ///
    /// # Errors
    ///
    /// Where the platform does not answer, refuses, wants a pause, or answers what cannot be read.
    fn page(&self, span: Span, cursor: Option<&Cursor>) -> impl Future<Output = Result<Page, ReconcileError>> + Send;

    /// Lets the platform make this attempt again: the original bytes, signed, to the receiver's front door. Only for
    /// sources whose pages have attempts.
    ///
    /// # Errors
    ///
    /// As of [`page`](Self::page); [`ReconcileError::Gone`] where only this attempt cannot be made again.
    fn ask_again(&self, attempt: &Attempt, span: Span) -> impl Future<Output = Result<(), ReconcileError>> + Send {
        let _unused = (attempt, span);
        async {
            Err(ReconcileError::Setting("the source lists attempts and cannot ask for them: write its `ask_again`"))
        }
    }
}
