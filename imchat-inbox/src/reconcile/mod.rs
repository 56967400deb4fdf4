//! Deliveries that never came, found by asking the platform.
//!
//! A webhook that was sent while nobody listened is lost once the platform stops trying: GitHub does at once, Stripe after
//! three days. A run asks a [`Source`] what it sent since a time, and has the inbox accept it under the key that the webhook
//! would have had: what never came is new, what came is a duplicate, and what comes later is one too. So runs may overlap,
//! and `since` should reach back further than the last run; but no further than the inbox's retention, beyond which what was done
//! is forgotten and would be new again: such a run is refused.
//!
//! 1. The platform's pages are read, newest first; no more than [`Reconcile::most_pages`], and none twice.
//! 2. A delivery that the page has in full is accepted at once ([`StripeEvents`]).
//! 3. A delivery of which only the platform has the signed bytes is asked for again, if no attempt succeeded
//!    ([`GitHubDeliveries`]): it comes through the front door.
//! 4. The first error ends the run. It says how long to [`wait`](ReconcileError::wait), where the platform does.
//!
//! Nothing here reads a clock, sleeps or starts by itself: call it from a timer of yours. What is found this way was not
//! signed; it is as true as the TLS connection to the platform's API. Tokens are in no error, log or `Debug`.
//!
//! TLS is the client's: depend on `reqwest` 0.13 with the backend of your choice, such as its feature `rustls`.
//!
//! ```
//! # use imchat_inbox::SqliteInbox;
//! use imchat_inbox::reconcile::{Cursor, Page, Reconcile, ReconcileError, Source, Span};
//! use imchat_verify::dedup::DedupKey;
//! use imchat_verify::inbox::Delivery;
//! use time::{Duration, OffsetDateTime};
//!
//! /// A shop that lists its orders.
//! struct Orders;
//!
//! impl Source for Orders {
//!     async fn page(&self, span: Span, _cursor: Option<&Cursor>) -> Result<Page, ReconcileError> {
//!         // … a request to the shop …
//!         let order = Delivery::new(DedupKey::from_bytes(b"\0order:7"), "shop", "{}", span.now);
//!         Ok(Page::of(vec![order]))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = std::env::temp_dir().join(format!("imchat-reconcile-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&directory)?;
//! # let inbox = SqliteInbox::open(directory.join("inbox.db")).await?;
//! let now = OffsetDateTime::now_utc();
//! let span = Span { since: now - Duration::hours(6), now };
//! let first = Reconcile::new(&inbox).poll_once(&Orders, span).await?;
//! assert_eq!((first.found, first.new, first.duplicates), (1, 1, 0));
//! let second = Reconcile::new(&inbox).poll_once(&Orders, span).await?;
//! assert_eq!((second.found, second.new, second.duplicates), (1, 0, 1));
//! # drop(inbox);
//! # std::fs::remove_dir_all(directory)?;
//! # Ok(()) }
//! ```

mod api;
mod error;
mod github;
mod run;
mod source;
mod stripe;

pub use error::ReconcileError;
pub use github::GitHubDeliveries;
pub use run::{Outcome, Reconcile};
pub use source::{Attempt, Cursor, Page, Source, Span};
pub use stripe::StripeEvents;
