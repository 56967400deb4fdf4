//! Sending a request, a few times where that helps.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use bytes::{Bytes, BytesMut};
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use reqwest::Response;
use serde_json::Value;
use tower_service::Service;

use crate::agent::model::ModelError;

/// How long a service is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For one attempt, answer and all.
    pub attempt: Duration,
    /// Attempts, the first included.
    pub attempts: u32,
    /// Before the second attempt where the service says nothing; twice as long before each further one.
    pub pause: Duration,
    /// The longest pause; a service that asks for a longer one is not waited for.
    pub longest: Duration,
    /// Bytes of an answer.
    pub answer: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            attempt: Duration::from_secs(40),
            attempts: 3,
            pause: Duration::from_millis(250),
            longest: Duration::from_secs(10),
            answer: 1024 * 1024,
        }
    }
}

/// An error of ours on its way through the library.
#[derive(Debug)]
pub(super) struct Failed(pub(super) ModelError);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Failed {}

/// What one attempt came to.
enum Attempt {
    Answer(Bytes),
    Failed(ModelError),
    /// Worth another one, after what the service asks for.
    Again {
        error: ModelError,
        asked: Option<Duration>,
    },
}

/// Sends requests of the library.
#[derive(Debug, Clone)]
pub(super) struct Attempts {
    http: reqwest::Client,
    patience: Patience,
}

impl Attempts {
    pub(super) const fn new(http: reqwest::Client, patience: Patience) -> Self {
        Self { http, patience }
    }

    async fn send(self, request: HttpRequestFactory) -> Result<Response, ModelError> {
        let mut made = 0_u32;
        loop {
            let attempt = match request.build().await {
                Ok(request) => self.once(request).await,
                Err(_) => return Err(ModelError::Down),
            };
            made = made.saturating_add(1);
            let (error, asked) = match attempt {
                // Made anew, so that the library reads nothing that was not looked at here.
                Attempt::Answer(bytes) => return Ok(Response::from(http::Response::new(bytes))),
                Attempt::Failed(error) => return Err(error),
                Attempt::Again { error, asked } => (error, asked),
            };
            match pause(&self.patience, made, asked) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            }
        }
    }

    async fn once(&self, request: reqwest::Request) -> Attempt {
        let response = match self.http.execute(request).await {
            Ok(response) => response,
            // Not sent: nothing was begun that another attempt would begin twice.
            Err(error) if error.is_connect() => return Attempt::Again { error: ModelError::Down, asked: None },
            Err(error) if error.is_timeout() => return Attempt::Failed(ModelError::Slow),
            Err(_) => return Attempt::Again { error: ModelError::Down, asked: None },
        };
        let (status, asked) = (response.status(), retry_after(response.headers()));
        let body = match self.read(response).await {
            Ok(body) => body,
            Err(error) => return Attempt::Failed(error),
        };
        let json = serde_json::from_slice::<Value>(&body);
        if status.is_success() {
            return match json {
                Ok(Value::Object(_)) => Attempt::Answer(body),
                _ => Attempt::Failed(ModelError::Nonsense("something that is not JSON")),
            };
        }
        let code = json.ok().and_then(|body| body.pointer("/error/code").and_then(Value::as_str).map(str::to_owned));
        refused(status, code.as_deref(), asked)
    }

    async fn read(&self, mut response: Response) -> Result<Bytes, ModelError> {
        let mut body = BytesMut::new();
        loop {
            match response.chunk().await {
                Ok(None) => return Ok(body.freeze()),
                Ok(Some(chunk)) if body.len().saturating_add(chunk.len()) <= self.patience.answer => {
                    body.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => return Err(ModelError::Nonsense("more than it may")),
                Err(error) if error.is_timeout() => return Err(ModelError::Slow),
                Err(_) => return Err(ModelError::Down),
            }
        }
    }
}

impl Service<HttpRequestFactory> for Attempts {
    type Response = Response;
    type Error = OpenAIError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, OpenAIError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequestFactory) -> Self::Future {
        let attempts = self.clone();
        Box::pin(
            async move { attempts.send(request).await.map_err(|error| OpenAIError::Boxed(Box::new(Failed(error)))) },
        )
    }
}

/// What a status that is no success means: <https://platform.openai.com/docs/guides/error-codes>
fn refused(status: StatusCode, code: Option<&str>, asked: Option<Duration>) -> Attempt {
    let refused = |remedy| Attempt::Failed(ModelError::Refused { status: status.as_u16(), remedy });
    match status.as_u16() {
        // The same status, and no wait helps.
        429 if code == Some("insufficient_quota") => refused("the account has no quota left: top it up there"),
        429 => Attempt::Again { error: ModelError::Limited { retry_after: asked }, asked },
        408 | 500..=599 => Attempt::Again { error: ModelError::Down, asked },
        401 | 403 => refused("check OPENAI_API_KEY, and what it may be used for"),
        404 => refused("check OPENAI_BASE_URL and OPENAI_MODEL"),
        300..=399 => refused("write the address that it redirects to into OPENAI_BASE_URL"),
        _ => refused("check that OPENAI_MODEL takes tools, and that its context is large enough"),
    }
}

/// The pause after so many attempts; `None` is to give up.
fn pause(patience: &Patience, made: u32, asked: Option<Duration>) -> Option<Duration> {
    if made >= patience.attempts {
        return None;
    }
    let growing = patience.pause.saturating_mul(2_u32.saturating_pow(made.saturating_sub(1)));
    match asked {
        Some(asked) if asked > patience.longest => None,
        Some(asked) => Some(asked),
        None => Some(growing.min(patience.longest)),
    }
}

/// Whole seconds, digits only; the form with a date is not looked at.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok().map(Duration::from_secs)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_or_are_what_the_service_asks_for_and_end() {
        let patience = Patience { attempts: 4, ..Patience::default() };
        let millis =
            |made, asked: Option<u64>| pause(&patience, made, asked.map(Duration::from_secs)).map(|p| p.as_millis());
        assert_eq!([1, 2, 3, 4].map(|made| millis(made, None)), [Some(250), Some(500), Some(1000), None]);
        assert_eq!(millis(1, Some(7)), Some(7000));
        assert_eq!(millis(1, Some(0)), Some(0));
        assert_eq!(millis(1, Some(11)), None, "longer than anybody waits for an answer");
        assert_eq!(millis(4, Some(1)), None);
    }

    #[test]
    fn only_whole_seconds_are_understood() {
        for (text, seconds) in [("0", Some(0)), ("30", Some(30)), ("+3", None), ("", None), ("1.5", None), ("-1", None)]
        {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            assert_eq!(retry_after(&headers), seconds.map(Duration::from_secs), "{text}");
        }
        let date = HeaderMap::from_iter([(RETRY_AFTER, "Wed, 21 Oct 2026 07:28:00 GMT".parse().unwrap())]);
        assert_eq!(retry_after(&date), None);
    }
}
