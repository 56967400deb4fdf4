//! Sends requests the way platforms do: signed and fresh, repeated, or with one fault.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::headers::CONNECTION_HEADERS;
use crate::{Request, Sign};

/// A reply longer than this is an error: receivers of webhooks answer with little or nothing.
const MAX_REPLY: usize = 1024 * 1024;

/// How a request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Variant {
    /// Signed now.
    Fresh,
    /// The same body once more, signed anew, with Slack's two retry headers.
    Retry {
        /// 1, 2 or 3.
        num: u32,
        /// For instance `http_timeout`.
        reason: &'static str,
    },
    /// Signed correctly, this long ago.
    Stale(Duration),
    /// Signed correctly for this far ahead.
    Future(Duration),
    /// Signed now by somebody with another secret.
    Forged,
    /// Signed now, then one bit of the body flipped.
    Tampered,
    /// Not signed at all.
    Unsigned,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The status.
    pub status: StatusCode,
    /// From handing the request to the client until the whole reply was read.
    pub latency: Duration,
    /// The reply's headers.
    pub headers: HeaderMap,
    /// The reply's body.
    pub body: Bytes,
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The address and the request's target do not make a URI, or a signer returned something that is no header.
    #[error("the request cannot be written: check the address, the target and what the signer returns")]
    Unwritable(#[source] http::Error),
    /// An empty body has no bit to flip.
    #[error("an empty body cannot be tampered with: send one with content")]
    NothingToTamper,
    /// No connection, or it broke.
    #[error("the receiver did not answer: check that it listens there and speaks HTTP/1.1")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The receiver took too long.
    #[error("the receiver did not answer within {0:?}")]
    Timeout(Duration),
}

/// A platform's sending side.
#[derive(Clone)]
pub struct Sender {
    client: Client<HttpConnector, Full<Bytes>>,
    signer: Arc<dyn Sign>,
    stranger: Arc<dyn Sign>,
    deadline: Duration,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

impl Sender {
    /// Signs with `signer`; `stranger` holds another secret and signs what is [`Variant::Forged`].
    ///
    /// A reply is awaited for ten seconds.
    #[must_use]
    pub fn new(signer: impl Sign + 'static, stranger: impl Sign + 'static) -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
            signer: Arc::new(signer),
            stranger: Arc::new(stranger),
            deadline: Duration::from_secs(10),
        }
    }

    /// Waits this long for a whole reply.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sends `request` to `base` (`http://127.0.0.1:3000`) plus its target.
    ///
    /// Signature headers the request brings along are replaced.
    ///
    /// # Errors
    /// [`SendError`]; any status is a [`Delivery`].
    pub async fn send(&self, base: &str, request: &Request, variant: Variant) -> Result<Delivery, SendError> {
        let outgoing = self.prepare(base, request, variant)?;
        let started = Instant::now();
        let exchange = async {
            let reply = self.client.request(outgoing).await.map_err(|error| SendError::Connection(error.into()))?;
            let (head, body) = reply.into_parts();
            let body = Limited::new(body, MAX_REPLY).collect().await.map_err(SendError::Connection)?.to_bytes();
            Ok(Delivery { status: head.status, latency: started.elapsed(), headers: head.headers, body })
        };
        match tokio::time::timeout(self.deadline, exchange).await {
            Ok(result) => result,
            Err(_) => Err(SendError::Timeout(self.deadline)),
        }
    }

    /// Sends these requests, fresh, at most `at_once` in flight; results in their order.
    ///
    /// # Errors
    /// Per request, as [`Sender::send`].
    pub async fn burst(
        &self,
        base: &str,
        at_once: usize,
        requests: impl IntoIterator<Item = Request>,
    ) -> Vec<Result<Delivery, SendError>> {
        let places = Arc::new(Semaphore::new(at_once.max(1)));
        let mut flights = JoinSet::new();
        for (index, request) in requests.into_iter().enumerate() {
            let (sender, base, places) = (self.clone(), base.to_owned(), Arc::clone(&places));
            flights.spawn(async move {
                // The semaphore is never closed; without a permit the burst is only less bounded.
                let _place = places.acquire().await.ok();
                (index, sender.send(&base, &request, Variant::Fresh).await)
            });
        }
        let mut landed = Vec::with_capacity(flights.len());
        while let Some(flight) = flights.join_next().await {
            landed.extend(flight.ok());
        }
        landed.sort_by_key(|(index, _)| *index);
        landed.into_iter().map(|(_, result)| result).collect()
    }

    fn prepare(
        &self,
        base: &str,
        request: &Request,
        variant: Variant,
    ) -> Result<http::Request<Full<Bytes>>, SendError> {
        let now = unix_now();
        let (signer, at) = match variant {
            Variant::Stale(by) => (Some(&self.signer), now.saturating_sub(seconds(by))),
            Variant::Future(by) => (Some(&self.signer), now.saturating_add(seconds(by))),
            Variant::Forged => (Some(&self.stranger), now),
            Variant::Unsigned => (None, now),
            Variant::Fresh | Variant::Retry { .. } | Variant::Tampered => (Some(&self.signer), now),
        };

        let mut head = request.clone();
        head.strip_signature();
        head.strip_headers(CONNECTION_HEADERS);
        for (name, value) in signer.map(|signer| signer.sign(&request.body, at)).unwrap_or_default() {
            let name: HeaderName = name.parse().map_err(|error| SendError::Unwritable(http::Error::from(error)))?;
            let value: HeaderValue = value.parse().map_err(|error| SendError::Unwritable(http::Error::from(error)))?;
            head.headers.insert(name, value);
        }
        if let Variant::Retry { num, reason } = variant {
            head.headers.insert("x-slack-retry-num", HeaderValue::from(num));
            head.headers.insert("x-slack-retry-reason", HeaderValue::from_static(reason));
        }
        let body = match variant {
            Variant::Tampered => flip_one_bit(&request.body).ok_or(SendError::NothingToTamper)?,
            _ => head.body,
        };

        let mut outgoing = http::Request::builder()
            .method(head.method)
            .uri(format!("{}{}", base.trim_end_matches('/'), head.target))
            .body(Full::new(body))
            .map_err(SendError::Unwritable)?;
        *outgoing.headers_mut() = head.headers;
        Ok(outgoing)
    }
}

/// The lowest bit of the byte in the middle: JSON and form bodies mostly still parse, so that only the signature tells.
fn flip_one_bit(body: &[u8]) -> Option<Bytes> {
    let mut body = body.to_vec();
    let middle = body.len() / 2;
    *body.get_mut(middle)? ^= 1;
    Some(body.into())
}

fn unix_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(seconds).unwrap_or_default()
}

fn seconds(span: Duration) -> i64 {
    i64::try_from(span.as_secs()).unwrap_or(i64::MAX)
}
