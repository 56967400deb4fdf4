//! A worker: takes jobs from a [`Queue`](crate::Queue) and runs a tower service on each, in this order:
//!
//! 1. It waits for a slot, and for instances of the service that are ready: a limit that the service has is a limit to what
//!    is taken.
//! 2. It takes as many jobs as there are slots, in one step. Where that were not all, it goes on as soon as a slot is free;
//!    otherwise at the queue's notice, or at the polling interval.
//! 3. The service runs, each job on a task and with an instance of its own. Meanwhile the lease is renewed at a third of its
//!    life, by this machine's steady clock, from before the job was asked for.
//! 4. A renewal that finds the lease lost stops the service's future, and nothing is written: the job is another worker's.
//!    Whether a lease is lost, the queue says by its fence and nobody else.
//! 5. The job is settled by what the service says:
//!
//!    | the service | the job |
//!    |---|---|
//!    | `Ok` | is done |
//!    | an error | is due again after a pause that grows, see [`Backoff`]; after its last attempt it is a dead letter |
//!    | an error with [`RetryAfter`] among its sources | is due again after just that long |
//!    | an error with [`Permanent`] among its sources | is a dead letter at once |
//!    | a panic | as an error |
//!
//!    The reason that is kept is the error's text with those of its sources. What may be known of an attempt is told to
//!    [`on_report`](Worker::on_report), and logged in a span of its own.
//! 6. A queue that fails or hangs is tried again within the length of a lease. If it still takes nothing, the job runs again
//!    when its lease ends: nothing that was accepted is lost.
//! 7. When it is told to stop, it takes nothing more, lets the service go on for the drain time, then stops it and gives the
//!    jobs back, uncounted.
//!
//! # What runs twice
//!
//! A worker can die between an effect and its settlement, and a lease can end under a service that still runs. The job then
//! runs again: *at least once, fenced*. Give every effect the job's [`step_key`](crate::Job::step_key), or its
//! [`fence`](crate::Job::fence) where it can refuse a lower one. A future that is stopped is dropped at an await; what it
//! spawned goes on.
//!
//! # Example
//!
//! ```
//! use imchat_inbox::worker::Permanent;
//! use imchat_inbox::{Job, SqliteInbox, Upkeep, Worker};
//! use imchat_verify::dedup::DedupKey;
//! use imchat_verify::inbox::{Delivery, Inbox};
//! use std::time::Duration;
//! use tower::{ServiceBuilder, service_fn};
//!
//! async fn greet(job: Job) -> Result<(), Permanent> {
//!     let name = std::str::from_utf8(&job.delivery.body).map_err(Permanent::new)?;
//!     println!("hello, {name}: {}", job.step_key("greet"));
//!     Ok(())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = std::env::temp_dir().join(format!("imchat-worker-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&directory)?;
//! # let file = directory.join("inbox.db");
//! # let now = time::OffsetDateTime::now_utc();
//! let inbox = SqliteInbox::open(&file).await?;
//! inbox.accept(Delivery::new(DedupKey::from_bytes(b"\0ada"), "door", "Ada", now)).await?;
//! inbox.accept(Delivery::new(DedupKey::from_bytes(b"\0noise"), "door", &b"\xFF"[..], now)).await?;
//!
//! let service = ServiceBuilder::new().timeout(Duration::from_secs(30)).service_fn(greet);
//! let (told, mut tells) = tokio::sync::mpsc::unbounded_channel();
//! let worker = Worker::new(inbox.clone(), service)
//!     .concurrency(4)
//!     .on_report(move |report| drop(told.send(report.outcome.name())));
//! worker.run_until(async move { drop((tells.recv().await, tells.recv().await)) }).await;
//!
//! let counts = inbox.counts().await?;
//! assert_eq!((counts.depth(), counts.dead), (0, 1));
//! # drop(inbox);
//! # std::fs::remove_dir_all(directory)?;
//! # Ok(()) }
//! ```

mod attempt;
mod backoff;
mod builder;
mod held;
mod permanent;
mod ready;
mod report;
mod run;
mod unheard;

pub use backoff::Backoff;
pub use builder::Worker;
pub use permanent::{Permanent, RetryAfter};
pub use report::{Outcome, Report};
