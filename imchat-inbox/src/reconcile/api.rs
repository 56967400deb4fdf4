//! A platform's API over HTTP: one token, one base URL, bounded answers.

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT};
use reqwest::{Client, Method, Response, Url};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::ReconcileError;

/// A page of the largest deliveries that the platforms here list, with room to spare.
const MOST_BYTES: usize = 64 << 20;

const AGENT: HeaderValue = HeaderValue::from_static(concat!("imchat-inbox/", env!("CARGO_PKG_VERSION")));

#[derive(Clone)]
pub(super) struct Api {
    client: Client,
    base: Url,
    pub(super) headers: HeaderMap,
    pub(super) timeout: Duration,
}

impl fmt::Debug for Api {
    /// The host alone: a path may name what is nobody's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("host", &self.base.host_str())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl Api {
    pub(super) fn new(client: Client, base: &str, token: &str) -> Result<Self, ReconcileError> {
        let bad =
            ReconcileError::Setting("the token is empty or has characters that no header takes: give it as issued");
        let mut bearer = match HeaderValue::try_from(format!("Bearer {token}")) {
            Ok(bearer) if !token.is_empty() => bearer,
            _ => return Err(bad),
        };
        bearer.set_sensitive(true);
        let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer), (USER_AGENT, AGENT)]);
        Ok(Self { client, base: checked(base)?, headers, timeout: Duration::from_secs(30) })
    }

    pub(super) fn set_base(&mut self, base: &str) -> Result<(), ReconcileError> {
        self.base = checked(base)?;
        Ok(())
    }

    /// A path under the base, each segment encoded.
    pub(super) fn url<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Result<Url, ReconcileError> {
        let mut url = self.base.clone();
        match url.path_segments_mut() {
            Ok(mut segments) => segments.pop_if_empty().extend(path),
            Err(()) => return Err(NO_BASE),
        };
        Ok(url)
    }

    /// The answer's head, if it is a success.
    pub(super) async fn send(&self, method: Method, url: Url, now: OffsetDateTime) -> Result<Response, ReconcileError> {
        let request = self.client.request(method, url).headers(self.headers.clone()).timeout(self.timeout);
        let response = request.send().await.map_err(unreachable)?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        Err(ReconcileError::Status { status, wait: wait(response.headers(), now) })
    }
}

/// The answer's body, within bounds.
pub(super) async fn body(mut response: Response) -> Result<Bytes, ReconcileError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len().saturating_add(chunk.len()) > MOST_BYTES {
            return Err(ReconcileError::PageTooLarge { most: MOST_BYTES });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// What is wrong with a page, without a word of it: the reader's own error may quote the page.
pub(super) fn unreadable(error: &serde_json::Error) -> ReconcileError {
    ReconcileError::Page(match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Data => "it has not the shape that the platform documents",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "it is not JSON",
    })
}

fn unreachable(error: reqwest::Error) -> ReconcileError {
    ReconcileError::Unreachable(Box::new(error.without_url()))
}

const NO_BASE: ReconcileError = ReconcileError::Setting("the base URL is none: give one like https://api.example.com");

fn checked(base: &str) -> Result<Url, ReconcileError> {
    let url = Url::parse(base).map_err(|_| NO_BASE)?;
    let host = url.host_str().ok_or(NO_BASE)?;
    let here = host == "localhost"
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    match url.scheme() {
        "https" => {}
        "http" if here => {}
        _ => {
            return Err(ReconcileError::Setting("the base URL would show the token to the network: give an https URL"));
        }
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(ReconcileError::Setting("the base URL has more than a host and a path: give those alone"));
    }
    Ok(url)
}

/// `Retry-After`, in seconds or as a date, or else the time at which a spent allowance is granted anew.
fn wait(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let until = |at: OffsetDateTime| {
        let seconds = at.unix_timestamp().saturating_sub(now.unix_timestamp());
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    };
    if let Some(after) = text(RETRY_AFTER.as_str()) {
        return match after.parse() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) => OffsetDateTime::parse(after, &Rfc2822).ok().map(until),
        };
    }
    if text("x-ratelimit-remaining") != Some("0") {
        return None;
    }
    let reset = text("x-ratelimit-reset")?.parse().ok()?;
    OffsetDateTime::from_unix_timestamp(reset).ok().map(until)
}
