//! From a request of anyone's to a proved one: rules 1 to 6.

use std::borrow::Cow;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response};
use http_body::Body;
use http_body_util::Full;
use imchat_verify::{AnyProvider, Error, Head, Pending, Receipt, Reply, Verdict, Verify};

use super::body::{self, Reading};
use super::config::Config;
use super::deadline::{Elapsed, within};
use super::rejection::{self, Rejection};

/// What came of a request.
pub(crate) enum Received {
    /// It is proved.
    Event(Receipt<AnyProvider>),
    /// It is answered, and not handed on.
    Answer(Response<Full<Bytes>>),
}

/// The most that is read of a request that can only be an `ssl_check`, in bytes.
const SSL_CHECK_LIMIT: usize = 4096;

/// How far a request came without waiting.
enum Attempt<'r> {
    /// To its end.
    Done(Result<Received, Rejection>),
    /// Its body is still arriving.
    Waiting(Pending<'r, AnyProvider>),
    /// It has no signature, and may be an `ssl_check`.
    Check(Rejection),
}

pub(crate) async fn receive<B: Body + Send>(
    config: &Config,
    parts: &Parts,
    mut body: Pin<&mut B>,
) -> Result<Received, Rejection> {
    match parts.method {
        Method::POST => {}
        Method::GET if config.verify.scheme().answers_get() => return asked(config, parts),
        _ => return Err(Rejection::Method),
    }
    let limit = config.body_limit.unwrap_or_else(|| config.verify.scheme().largest_body());
    let announced = body::announced(&parts.headers);
    body::check_head(&parts.headers, announced, limit)?;
    let chosen = config.resolve.as_ref().map(|resolve| resolve(parts));
    let url = public_url(config, parts);
    let request = Request { config, parts, limit, announced, chosen: &chosen, url: &url };
    let mut reading = Reading::new(&config.budget);
    // Most bodies have come with their heads. What the proof holds is then never held over an await, and what is waited
    // for stands apart: both keep this future small and quick to move.
    let rest: Rest<'_> = match poll_fn(|cx| Poll::Ready(request.attempt(&mut reading, body.as_mut(), cx))).await {
        Attempt::Done(received) => return received,
        Attempt::Waiting(pending) => Box::pin(request.wait(pending, reading, body)),
        Attempt::Check(rejection) => Box::pin(ssl_check(config, rejection, reading, body)),
    };
    rest.await
}

/// The way of a request from where it has to wait.
type Rest<'r> = Pin<Box<dyn Future<Output = Result<Received, Rejection>> + Send + 'r>>;

/// A request whose head may be looked at.
#[derive(Clone, Copy)]
struct Request<'r> {
    config: &'r Config,
    parts: &'r Parts,
    limit: usize,
    announced: Option<u64>,
    /// The verifier that was chosen for it, where they are chosen by request.
    chosen: &'r Option<Option<Arc<dyn Verify>>>,
    url: &'r str,
}

impl<'r> Request<'r> {
    fn attempt<B: Body>(self, reading: &mut Reading, body: Pin<&mut B>, cx: &mut Context<'_>) -> Attempt<'r> {
        let verify: &dyn Verify = self.chosen.as_ref().and_then(Option::as_deref).unwrap_or(&*self.config.verify);
        let head = Head::new(self.parts.method.as_str(), self.url, &self.parts.headers);
        let mut pending = match verify.begin(head, self.config.clock.now()) {
            Ok(pending) => pending,
            Err(error) => {
                let rejection = if self.is_known() { Rejection::Unproved(error) } else { Rejection::Unknown };
                let checked = self.config.ssl_check && matches!(error, Error::Missing(_));
                return if checked { Attempt::Check(rejection) } else { Attempt::Done(Err(rejection)) };
            }
        };
        reading.limit = if pending.is_unsigned() { self.limit.min(pending.limit()) } else { self.limit };
        pending.reserve(body::room(self.announced, reading.limit));
        match reading.poll(body, cx, |chunk| pending.update(chunk)) {
            Poll::Ready(read) => Attempt::Done(self.conclude(pending, read)),
            Poll::Pending => Attempt::Waiting(pending),
        }
    }

    async fn wait<B: Body>(
        self,
        mut pending: Pending<'r, AnyProvider>,
        mut reading: Reading,
        mut body: Pin<&mut B>,
    ) -> Result<Received, Rejection> {
        let rest = poll_fn(|cx| reading.poll(body.as_mut(), cx, |chunk| pending.update(chunk)));
        match within(self.config.body_deadline, rest).await {
            Ok(read) => self.conclude(pending, read),
            Err(Elapsed) => Err(Rejection::BodyTimeout),
        }
    }

    fn conclude(self, pending: Pending<'r, AnyProvider>, read: Result<(), Rejection>) -> Result<Received, Rejection> {
        match read {
            Ok(()) => {}
            // A request without a signature is refused like a forgery, also for its size.
            Err(Rejection::TooLarge { .. }) if pending.is_unsigned() => return Err(too_long_unsigned(pending)),
            Err(rejection) => return Err(rejection),
        }
        match pending.finish() {
            _ if !self.is_known() => Err(Rejection::Unknown),
            Ok(Verdict::Event(proved)) => Ok(Received::Event(proved.into_receipt())),
            Ok(Verdict::Handshake(reply)) => Ok(Received::Answer(rejection::reply(reply))),
            Err(error) => Err(Rejection::Unproved(error)),
        }
    }

    /// Where no verifier is chosen, the request takes the same way and is refused at its end: an answer that came sooner,
    /// or of another kind, would tell which tenants there are.
    const fn is_known(self) -> bool {
        !matches!(self.chosen, Some(None))
    }
}

fn too_long_unsigned(pending: Pending<'_, AnyProvider>) -> Rejection {
    match pending.finish() {
        Err(error) => Rejection::Unproved(error),
        Ok(_) => Rejection::Unknown,
    }
}

/// The URL that the platform was given; without an origin its path and query, which some read and none signs alone.
fn public_url<'r>(config: &Config, parts: &'r Parts) -> Cow<'r, str> {
    let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    match config.public_url.as_deref() {
        Some(origin) => Cow::Owned([origin, path].concat()),
        None => Cow::Borrowed(path),
    }
}

/// A GET, of which only an answer to an unsigned handshake may come. Its body is not read.
fn asked(config: &Config, parts: &Parts) -> Result<Received, Rejection> {
    let chosen = config.resolve.as_ref().map(|resolve| resolve(parts));
    let verify: &dyn Verify = chosen.as_ref().and_then(Option::as_deref).unwrap_or(&*config.verify);
    let url = public_url(config, parts);
    let head = Head::new(parts.method.as_str(), &url, &parts.headers);
    match verify.begin(head, config.clock.now()).and_then(Pending::finish) {
        _ if matches!(chosen, Some(None)) => Err(Rejection::Unknown),
        Ok(Verdict::Handshake(reply)) => Ok(Received::Answer(rejection::reply(reply))),
        Ok(Verdict::Event(_)) => Err(Rejection::Method),
        Err(error) => Err(Rejection::Unproved(error)),
    }
}

/// A request without a signature, where the old Slack check is to be answered.
async fn ssl_check<B: Body>(
    config: &Config,
    rejection: Rejection,
    mut reading: Reading,
    mut body: Pin<&mut B>,
) -> Result<Received, Rejection> {
    let mut form = Vec::new();
    reading.limit = SSL_CHECK_LIMIT;
    let whole = poll_fn(|cx| reading.poll(body.as_mut(), cx, |chunk| form.extend_from_slice(chunk)));
    let read = within(config.body_deadline, whole).await;
    let is_check = form.split(|byte| *byte == b'&').any(|pair| pair == b"ssl_check=1");
    match read {
        Ok(Ok(())) if is_check => Ok(Received::Answer(rejection::reply(Reply::EMPTY))),
        _ => Err(rejection),
    }
}
