//! From a request of anyone's to a proved one: rules 1 to 6.

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response};
use http_body::Body;
use http_body_util::Full;
use imchat_verify::{AnyProvider, Error, Head, Receipt, Reply, Verdict, Verify};

use super::body;
use super::builder::Config;
use super::deadline::{Elapsed, within};
use super::rejection::{self, Rejection};

/// What came of a request.
pub(super) enum Received {
    /// It is proved.
    Event(Receipt<AnyProvider>),
    /// It is answered, and not handed on.
    Answer(Response<Full<Bytes>>),
}

/// The most that is read of a request that can only be an `ssl_check`, in bytes.
const SSL_CHECK_LIMIT: usize = 4096;

pub(super) async fn receive<B: Body>(config: &Config, parts: &Parts, body: B) -> Result<Received, Rejection> {
    if parts.method != Method::POST {
        return Err(Rejection::Method);
    }
    let limit = config.body_limit.unwrap_or_else(|| config.verify.scheme().largest_body());
    body::check_head(&parts.headers, limit)?;
    let chosen = config.resolve.as_ref().map(|resolve| resolve(parts));
    // Where none is chosen, the request takes the same way and is refused at its end: an answer that came sooner, or of
    // another kind, would tell which tenants there are.
    let known = !matches!(chosen, Some(None));
    let chosen = chosen.flatten();
    let verify: &dyn Verify = chosen.as_deref().unwrap_or(&*config.verify);
    let url = public_url(config, parts);
    let head = match &url {
        Some(url) => Head::new(parts.method.as_str(), url, &parts.headers),
        None => Head::post(&parts.headers),
    };
    let now = config.clock.now();
    let mut pending = match verify.begin(head, now) {
        Ok(pending) => pending,
        Err(error) => {
            let rejection = if known { Rejection::Unproved(error) } else { Rejection::Unknown };
            let checked = config.ssl_check && matches!(error, Error::Missing(_));
            return if checked { ssl_check(config, rejection, body).await } else { Err(rejection) };
        }
    };
    let limit = if pending.is_unsigned() { limit.min(pending.limit()) } else { limit };
    pending.reserve(body::room(&parts.headers, limit));
    let reading = body::read(body, limit, &config.budget, |chunk| pending.update(chunk));
    let share = match within(config.body_deadline, reading).await {
        Ok(Ok(share)) => share,
        // A request without a signature is refused like a forgery, also for its size.
        Ok(Err(Rejection::TooLarge { .. })) if pending.is_unsigned() => return Err(too_long_unsigned(pending)),
        Ok(Err(rejection)) => return Err(rejection),
        Err(Elapsed) => return Err(Rejection::BodyTimeout),
    };
    let verdict = pending.finish();
    drop(share);
    match verdict {
        _ if !known => Err(Rejection::Unknown),
        Ok(Verdict::Event(proved)) => Ok(Received::Event(proved.receipt())),
        Ok(Verdict::Handshake(reply)) => Ok(Received::Answer(rejection::reply(reply))),
        Err(error) => Err(Rejection::Unproved(error)),
    }
}

fn too_long_unsigned(pending: imchat_verify::Pending<'_, AnyProvider>) -> Rejection {
    match pending.finish() {
        Err(error) => Rejection::Unproved(error),
        Ok(_) => Rejection::Unknown,
    }
}

fn public_url(config: &Config, parts: &Parts) -> Option<String> {
    let origin = config.public_url.as_deref()?;
    let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    Some([origin, path].concat())
}

/// A request without a signature, where the old Slack check is to be answered.
async fn ssl_check<B: Body>(config: &Config, rejection: Rejection, body: B) -> Result<Received, Rejection> {
    let mut form = Vec::new();
    let reading = body::read(body, SSL_CHECK_LIMIT, &config.budget, |chunk| form.extend_from_slice(chunk));
    let read = within(config.body_deadline, reading).await;
    let is_check = form.split(|byte| *byte == b'&').any(|pair| pair == b"ssl_check=1");
    match read {
        Ok(Ok(_)) if is_check => Ok(Received::Answer(rejection::reply(Reply::EMPTY))),
        _ => Err(rejection),
    }
}
