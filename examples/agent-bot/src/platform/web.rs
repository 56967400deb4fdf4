//! One HTTP call: no redirects, a bounded time, a bounded answer, and errors without a URL, which may hold a token.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use hyper_rustls::ConfigBuilderExt as _;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, StatusCode, Url};
use rustls::ClientConfig;
use serde_json::Value;

use super::SendError;

/// For one call, its answer included.
pub const DEADLINE: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(3);
/// No API that is called here answers with more.
const MAX_ANSWER: usize = 1024 * 1024;

/// Why a platform's client cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// No certificate authority is known to this machine.
    #[error("no CA certificates were found: install the system's ca-certificates, or set SSL_CERT_FILE")]
    NoRoots(#[source] std::io::Error),
    /// The crypto provider has no TLS version in common with what is compiled in.
    #[error("TLS cannot be set up: build with rustls' tls12 or tls13 support")]
    Tls(#[source] rustls::Error),
    /// The base URL cannot be used.
    #[error("the API's URL must be https://…, or http:// to a loopback address")]
    BadUrl,
    /// The HTTP client was refused by its own library.
    #[error("the HTTP client cannot be built")]
    Client(#[source] reqwest::Error),
}

/// The base of an API: https, or http to a loopback address, without a slash at its end.
pub(crate) fn base(url: &str) -> Result<Url, ClientError> {
    let url = Url::parse(url.trim_end_matches('/')).map_err(|_| ClientError::BadUrl)?;
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    match url.scheme() {
        "https" if plain => Ok(url),
        "http" if plain && is_loopback(&url) => Ok(url),
        _ => Err(ClientError::BadUrl),
    }
}

/// An address of this machine, written as one: a name could be resolved to anything.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    address.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// `Retry-After`, or Feishu's `x-ogw-ratelimit-reset`, in seconds.
    pub(crate) retry_after: Option<Duration>,
    /// The body, where it is JSON; `null` where it is not.
    pub(crate) json: Value,
}

/// A client.
#[derive(Debug, Clone)]
pub(crate) struct Web(Client);

const AGENT: &str = concat!("agent-bot/", env!("CARGO_PKG_VERSION"));

impl Web {
    /// A client; where `base` is plain http, a machine without certificate authorities will do.
    pub(crate) fn new(base: &Url) -> Result<Self, ClientError> {
        Self::named(base, AGENT)
    }

    /// As [`new`](Self::new), under a name of the platform's wish.
    pub(crate) fn named(base: &Url, agent: &str) -> Result<Self, ClientError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(ClientError::Tls)?;
        let tls = match tls.clone().with_native_roots() {
            Ok(tls) => tls.with_no_client_auth(),
            Err(_) if base.scheme() == "http" => {
                tls.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
            }
            Err(error) => return Err(ClientError::NoRoots(error)),
        };
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(DEADLINE)
            .user_agent(agent)
            .build();
        Ok(Self(client.map_err(ClientError::Client)?))
    }

    /// Calls once. `authorization` is the whole header.
    pub(crate) async fn call(
        &self,
        method: Method,
        url: Url,
        authorization: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Answer, SendError> {
        let mut request = self.0.request(method, url);
        if let Some(authorization) = authorization {
            request = request.header(http::header::AUTHORIZATION, authorization);
        }
        if let Some(body) = body {
            request =
                request.header(http::header::CONTENT_TYPE, "application/json; charset=utf-8").body(body.to_string());
        }
        let mut response = request.send().await.map_err(|error| lost(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let header = |name: &str| headers.get(name).and_then(|value| seconds(value.to_str().ok()?));
        let retry_after = header("retry-after").or_else(|| header("x-ogw-ratelimit-reset"));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
            if body.len().saturating_add(chunk.len()) > MAX_ANSWER {
                return Err(SendError::Unknown("its answer was too long"));
            }
            body.extend_from_slice(&chunk);
        }
        let json = serde_json::from_slice(&body).unwrap_or_default();
        Ok(Answer { status, headers, retry_after, json })
    }
}

/// Nothing of the error is kept: its text holds the URL.
fn lost(error: &reqwest::Error) -> SendError {
    if error.is_connect() {
        SendError::Unreachable
    } else if error.is_timeout() {
        SendError::Unknown("it took too long")
    } else {
        SendError::Unknown("the connection broke")
    }
}

/// Seconds, which may have a fraction; never negative and at most a day.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().and_then(span)
}

/// As [`seconds`].
pub(crate) fn span(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok().map(|span| span.min(Duration::from_secs(24 * 3600)))
}

/// An error code as it may be logged: what does not look like one is not repeated.
pub(crate) fn code(code: &str) -> String {
    let plain = (1..=80).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain { code.to_owned() } else { "an unreadable code".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_loopback_addresses_are_called() {
        for good in ["https://slack.com/api", "http://127.0.0.1:4000/api/", "http://[::1]:4000"] {
            assert!(base(good).is_ok(), "{good}");
        }
        for bad in [
            "http://slack.com/api",
            "http://localhost:4000",
            "http://10.0.0.1",
            "ftp://127.0.0.1",
            "https://user:word@slack.com",
            "https://slack.com/?a=b",
            "slack.com",
            "",
        ] {
            assert!(matches!(base(bad), Err(ClientError::BadUrl)), "{bad}");
        }
    }

    #[test]
    fn retry_after_may_have_a_fraction_and_is_never_absurd() {
        assert_eq!(seconds("7"), Some(Duration::from_secs(7)));
        assert_eq!(seconds("0.25"), Some(Duration::from_millis(250)));
        assert_eq!(seconds("1e300"), None);
        assert_eq!(seconds("99999999"), Some(Duration::from_secs(24 * 3600)));
        for bad in ["-1", "NaN", "inf", "", "soon"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
