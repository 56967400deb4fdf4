//! Claim, run, settle: a delivery is handled once, and acknowledged only when it was.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;
use imchat_verify::dedup::{Claim, DedupStore as _, Lease, Settled, StoreError};
use imchat_verify::{AnyProvider, Receipt};
use tokio::time::{Instant, sleep};

use super::config::Config;
use super::deadline::{Elapsed, within};
use super::panic::Panicked;
use super::rejection::{self, Rejection};
use super::response::ResponseBody;
use super::service::{finish_refusal, own, refuse as refuse_with};
use super::times::part;

/// Runs futures to their end, wherever the request that started them is.
///
/// Implemented for functions, such as `|work| { tokio::spawn(work); }`.
pub trait Execute: Send + Sync + 'static {
    /// Starts the work and returns at once.
    fn execute(&self, work: Pin<Box<dyn Future<Output = ()> + Send>>);
}

impl<F> Execute for F
where
    F: Fn(Pin<Box<dyn Future<Output = ()> + Send>>) + Send + Sync + 'static,
{
    fn execute(&self, work: Pin<Box<dyn Future<Output = ()> + Send>>) {
        self(work);
    }
}

/// Marks the answer to a duplicate, among the response's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duplicate {
    /// The same body came under another delivery id, which no honest retry does.
    pub replay_suspected: bool,
}

/// What a claim came to.
pub(super) enum Claimed {
    /// Nothing is claimed: no store, or a kind that is handed on each time.
    Unkeyed,
    /// The delivery is ours to handle.
    Granted(Lease),
    /// It is done already; this is the answer.
    Duplicate(Response<Full<Bytes>>),
}

/// What errors call it.
const STORE: &str = "the dedup store";
const FIRST_WAIT: Duration = Duration::from_millis(25);
const LONGEST_WAIT: Duration = Duration::from_millis(200);

/// Claims the delivery; waits within the platform's deadline for an owner that is still at work.
pub(super) async fn claim(
    config: &Config,
    receipt: &Receipt<AnyProvider>,
    arrived: Option<Instant>,
) -> Result<Claimed, Rejection> {
    let Some((store, arrived)) = config.store.as_ref().zip(arrived) else { return Ok(Claimed::Unkeyed) };
    let (key, witness) = {
        let identity = receipt.identity();
        let Some(key) = identity.dedup_key else { return Ok(Claimed::Unkeyed) };
        (key, identity.witness)
    };
    let give_up = arrived.checked_add(config.wait).unwrap_or(arrived);
    let (mut digest, mut replay_suspected) = (witness.digest(), false);
    let (mut wait, mut patience) = (FIRST_WAIT, config.store_timeout);
    loop {
        match in_time(STORE, patience, store.claim(&key, digest, config.lease)).await? {
            Claim::Granted(lease) => return Ok(Claimed::Granted(lease)),
            Claim::Done { .. } => return Ok(Claimed::Duplicate(duplicate(receipt, replay_suspected))),
            Claim::Mismatch if witness.is_body() || replay_suspected => {
                tracing::warn!("the same event id came with another body");
                return Err(Rejection::Mismatch);
            }
            Claim::Mismatch => {
                tracing::warn!("replay_suspected: the same body came under another delivery id");
                // A mismatch does not say whether the first one is done: asked without the witness, the store does. To
                // acknowledge one that is still in flight would lose both if the first one fails.
                (digest, replay_suspected) = (None, true);
            }
            Claim::Busy { retry_after } => {
                let next = Instant::now().checked_add(wait).filter(|next| *next < give_up);
                if next.is_none() {
                    return Err(Rejection::Busy { retry_after });
                }
                sleep(wait).await;
                wait = wait.saturating_mul(2).min(LONGEST_WAIT);
            }
        }
        // However slow the store is, asking it once more must not make the answer late.
        patience = config.store_timeout.min(give_up.saturating_duration_since(Instant::now()));
    }
}

/// One call to the store, or the inbox, within its timeout.
pub(crate) async fn in_time<T>(
    what: &'static str,
    timeout: Duration,
    verb: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, Rejection> {
    match within(timeout, verb).await {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(error)) => tracing::error!(error = &error as &dyn std::error::Error, "{what} failed"),
        Err(Elapsed) => tracing::error!(?timeout, "{what} did not answer in time"),
    }
    Err(Rejection::Store)
}

/// A duplicate is told what the first one was told: taken.
fn duplicate(receipt: &Receipt<AnyProvider>, replay_suspected: bool) -> Response<Full<Bytes>> {
    let accepted = receipt.accepted_reply();
    let mut response = rejection::reply(accepted);
    response.extensions_mut().insert(Duplicate { replay_suspected });
    response
}

/// The answer where a delivery could not be taken: a status that makes the platform try again, or, where it never does,
/// words for the person who waits.
pub(crate) fn refuse(config: &Config, receipt: &Receipt<AnyProvider>, rejection: Rejection) -> Response<Full<Bytes>> {
    match receipt.kind().failure_reply() {
        Some(words) => finish_refusal(config, rejection::reply(words), rejection),
        None => refuse_with(config, rejection),
    }
}

/// Runs the inner service on an executor, under a lease where there is one, and settles it there.
pub(super) async fn detached<R, E, F>(
    config: Arc<Config>,
    executor: Arc<dyn Execute>,
    receipt: Receipt<AnyProvider>,
    lease: Option<Lease>,
    call: F,
) -> Result<Response<ResponseBody<R>>, E>
where
    F: Future<Output = Result<Result<Response<R>, E>, Panicked>> + Send + 'static,
    R: Send + 'static,
    E: Send + 'static,
{
    let (answer, answered) = tokio::sync::oneshot::channel();
    let (settings, proved) = (Arc::clone(&config), receipt.clone());
    executor.execute(Box::pin(async move {
        let outcome = match &lease {
            Some(lease) => renewing(&settings, lease, call).await,
            None => call.await,
        };
        // Nobody may be waiting any more: the work and its settlement count all the same.
        let _ = answer.send(settle(&settings, &proved, lease.as_ref(), conclude(&settings, &proved, outcome)).await);
    }));
    answered.await.unwrap_or_else(|_| Ok(own(refuse(&config, &receipt, Rejection::Panicked))))
}

/// Runs the call and renews the lease at a third of its life.
///
/// Both are polled side by side: work that were not polled during a renewal could hold what the renewal waits for, such
/// as the last connection of a pool, and lose its lease by that.
async fn renewing<T>(config: &Config, lease: &Lease, call: impl Future<Output = T>) -> T {
    let Some(store) = &config.store else { return call.await };
    let mut call = pin!(call);
    let mut renewals = pin!(async {
        loop {
            sleep(part(config.lease, 3)).await;
            // A lease that is lost here shows when it is settled; the work cannot be taken back.
            let _ = in_time(STORE, config.store_timeout, store.renew(lease, config.lease)).await;
        }
    });
    poll_fn(|cx| {
        let work = call.as_mut().poll(cx);
        if work.is_pending() {
            let _: Poll<Infallible> = renewals.as_mut().poll(cx);
        }
        work
    })
    .await
}

/// What the inner service's outcome is answered with, and whether the delivery is done with it.
pub(super) fn conclude<R, E>(
    config: &Config,
    receipt: &Receipt<AnyProvider>,
    outcome: Result<Result<Response<R>, E>, Panicked>,
) -> (Result<Response<ResponseBody<R>>, E>, bool) {
    match outcome {
        Ok(Ok(response)) => {
            let (parts, body) = response.into_parts();
            let done = config.complete_when.as_ref().map_or_else(|| is_done(parts.status), |done| done(&parts));
            (Ok(Response::from_parts(parts, ResponseBody::inner(body))), done)
        }
        Ok(Err(error)) => (Err(error), false),
        Err(Panicked) => (Ok(own(refuse(config, receipt, Rejection::Panicked))), false),
    }
}

/// Completes or releases the claim by what came of the work, and answers.
pub(super) async fn settle<R, E>(
    config: &Config,
    receipt: &Receipt<AnyProvider>,
    lease: Option<&Lease>,
    (answer, done): (Result<Response<ResponseBody<R>>, E>, bool),
) -> Result<Response<ResponseBody<R>>, E> {
    let Some((store, lease)) = config.store.as_ref().zip(lease) else { return answer };
    if !done {
        // The next attempt should not wait for the lease to end; if this fails, it will.
        let _ = in_time(STORE, config.store_timeout, store.release(lease)).await;
        return answer;
    }
    let rejection = match in_time(STORE, config.store_timeout, store.complete(lease, config.retain)).await {
        Ok(Settled::Ok) => return answer,
        Ok(Settled::Lost) => {
            tracing::warn!(fence = lease.fence().get(), "the lease was lost before the delivery was done");
            Rejection::Lost
        }
        Err(rejection) => rejection,
    };
    Ok(own(refuse(config, receipt, rejection)))
}

/// Only what was done is done: a duplicate of a delivery that a handler turned down must not be answered 200.
fn is_done(status: StatusCode) -> bool {
    status.is_success() || status.is_redirection()
}
