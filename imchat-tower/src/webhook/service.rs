//! The service: rules 7 to 9 around the inner one.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_LENGTH};
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use http_body::Body;
use http_body_util::Full;
use imchat_verify::{AnyProvider, Receipt};
use tower_service::Service;
use tracing::Instrument as _;

use super::body;
use super::config::Config;
use super::dedup::{self, Claimed};
use super::panic::{catch, caught};
use super::receive::{Received, receive};
use super::rejection::Rejection;
use super::response::ResponseBody;

/// Proves, deduplicates and acknowledges webhooks in front of `S`; see the [module](super) for the rules.
///
/// Its own failures are responses; its error is the inner service's.
#[derive(Clone)]
pub struct WebhookService<S> {
    inner: S,
    config: Arc<Config>,
}

impl<S> WebhookService<S> {
    pub(super) const fn new(inner: S, config: Arc<Config>) -> Self {
        Self { inner, config }
    }

    /// The inner service.
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The inner service, mutably.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The inner service, by value.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S> fmt::Debug for WebhookService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookService").field("config", &self.config).finish_non_exhaustive()
    }
}

type Answer<B, E> = Result<Response<ResponseBody<B>>, E>;

impl<S, B, R> Service<Request<B>> for WebhookService<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    R: Send + 'static,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Answer<R, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The instance that was polled ready is the one to call: its clone may not be.
        let clone = self.inner.clone();
        let inner = mem::replace(&mut self.inner, clone);
        let config = Arc::clone(&self.config);
        let span = tracing::debug_span!("webhook", scheme = config.verify.scheme().name());
        let (parts, body) = request.into_parts();
        Box::pin(answer(config, inner, parts, body).instrument(span))
    }
}

/// The way of one request.
#[expect(clippy::manual_async_fn, reason = "an async fn holds its arguments twice, and moves them with every request")]
fn answer<S, B, R>(
    config: Arc<Config>,
    mut inner: S,
    mut parts: Parts,
    body: B,
) -> impl Future<Output = Answer<R, S::Error>> + Send
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>> + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    B: Body + Send,
    B::Data: Send,
    R: Send + 'static,
{
    async move {
        // What has no store to wait for needs no look at the clock.
        let arrived = config.store.as_ref().map(|_| tokio::time::Instant::now());
        let receipt = match receive(&config, &parts, pin!(body)).await {
            Ok(Received::Event(receipt)) => receipt,
            Ok(Received::Answer(reply)) => return Ok(own(reply)),
            Err(rejection) => return Ok(own(refuse(&config, rejection))),
        };
        let claimed = match dedup::claim(&config, &receipt, arrived).await {
            Ok(Claimed::Unkeyed) => None,
            Ok(Claimed::Granted(lease)) => {
                parts.extensions.insert(lease.fence());
                Some(lease)
            }
            Ok(Claimed::Duplicate(reply)) => return Ok(own(reply)),
            Err(rejection) => return Ok(own(dedup::refuse(&config, &receipt, rejection))),
        };
        let request = proved(parts, receipt.clone());
        match config.executor.clone() {
            // Called here and not inside a future: that would have to hold the request too.
            None => {
                let outcome = match catch(|| inner.call(request)) {
                    Ok(running) => caught(running).await,
                    Err(panicked) => Err(panicked),
                };
                let answer = dedup::conclude(&config, &receipt, outcome);
                dedup::settle(&config, &receipt, claimed.as_ref(), answer).await
            }
            Some(executor) => {
                let call = caught(async move { inner.call(request).await });
                Box::pin(dedup::detached(config, executor, receipt, claimed, call)).await
            }
        }
    }
}

/// The request for the inner service: the same head, with the bytes that were proved.
fn proved(mut parts: Parts, receipt: Receipt<AnyProvider>) -> Request<Full<Bytes>> {
    let body = receipt.body().clone();
    // What was opened has another length than what came.
    if body::announced(&parts.headers).is_some_and(|length| usize::try_from(length) != Ok(body.len())) {
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    parts.extensions.insert(receipt);
    Request::from_parts(parts, Full::new(body))
}

pub(super) fn own<R>(response: Response<Full<Bytes>>) -> Response<ResponseBody<R>> {
    response.map(ResponseBody::own)
}

/// The answer to a rejection, with the rejection among its extensions.
pub(crate) fn refuse(config: &Config, rejection: Rejection) -> Response<Full<Bytes>> {
    let mut response = rejection.response();
    if matches!(rejection, Rejection::Method) && config.verify.scheme().answers_get() {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
    }
    finish_refusal(config, response, rejection)
}

pub(super) fn finish_refusal(
    config: &Config,
    response: Response<Full<Bytes>>,
    rejection: Rejection,
) -> Response<Full<Bytes>> {
    tracing::debug!(reason = rejection.reason(), "webhook refused");
    let mut response = match &config.on_reject {
        Some(hook) => hook(&rejection, response),
        None => response,
    };
    response.extensions_mut().insert(rejection);
    response
}
