//! The public keys of an issuer of tokens, asked for again before they end and when a token names one that is not there.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use imchat_tower::jwks::RefreshedKeys;
//! use imchat_tower::verify::{Role, Secrets};
//!
//! # async fn secrets() -> Result<Secrets, Box<dyn std::error::Error>> {
//! let url = "https://login.botframework.com/v1/.well-known/keys";
//! let keys = Arc::new(RefreshedKeys::fetch(reqwest::Client::new(), url).await?);
//! tokio::spawn({
//!     let keys = Arc::clone(&keys);
//!     async move { keys.keep_fresh().await }
//! });
//! let secrets = Secrets::published(keys).with(Role::Audience, "the app's id");
//! # Ok(secrets) }
//! ```

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use imchat_verify::{Clock, Jwks, PublishedKeys};
use reqwest::header::CACHE_CONTROL;
use reqwest::{Client, Response, Url};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use crate::SystemClock;

/// An issuer's keys take some kilobytes.
const MOST_BYTES: usize = 1 << 20;
const TIMEOUT: Duration = Duration::from_secs(10);
/// What an answer without `max-age` counts for, and what one with it counts for at least and at most.
const USUAL: Duration = Duration::from_hours(1);
const LEAST: Duration = Duration::from_mins(1);
const MOST: Duration = Duration::from_hours(24);
/// How long keys count that nobody could renew: an issuer may have taken one back since.
const KEEP: Duration = Duration::from_hours(24);
/// Between an attempt that failed and the next.
const AGAIN: Duration = Duration::from_mins(1);

/// The keys that an issuer publishes at a URL, for [`Secrets::published`](imchat_verify::Secrets::published).
///
/// While [`keep_fresh`](Self::keep_fresh) runs they are asked for again when the answer's `max-age` is over (an hour where it
/// has none; at most a day), and, at most once in five minutes, when a token names a key that is not among them. Keys that could
/// not be renewed count for a day after they were fetched; then every request is refused.
pub struct RefreshedKeys {
    client: Client,
    url: Url,
    spacing: Duration,
    keys: RwLock<Arc<Jwks>>,
    /// How long the keys at hand are fresh.
    fresh: RwLock<Duration>,
    unknown: Notify,
}

/// Why an issuer's keys could not be had.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeysError {
    /// The URL cannot be used; the text says what is wrong with it.
    Url(&'static str),
    /// The issuer could not be reached in time.
    Unreachable(Box<dyn std::error::Error + Send + Sync>),
    /// It answered, but not with a success.
    Status(u16),
    /// Its answer is longer than 1 MiB.
    TooLarge,
    /// Its answer is no key set, or has no key in it that can be used.
    NotKeys,
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(wrong) => f.write_str(wrong),
            Self::Unreachable(_) => {
                f.write_str("the issuer of the keys cannot be reached: check the URL and the network")
            }
            Self::Status(status) => write!(f, "the issuer of the keys answered {status}: check the URL"),
            Self::TooLarge => f.write_str("the answer is longer than any key set: check the URL"),
            Self::NotKeys => f.write_str("the answer is no key set with an RSA key in it: check the URL"),
        }
    }
}

impl std::error::Error for KeysError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable(error) => Some(&**error),
            _ => None,
        }
    }
}

impl RefreshedKeys {
    /// Fetches the keys: a process that cannot have them at its start should say so, and not refuse every request.
    ///
    /// # Errors
    ///
    /// [`KeysError`] where they cannot be had.
    pub async fn fetch(client: Client, url: &str) -> Result<Self, KeysError> {
        let url = checked(url)?;
        let (keys, fresh) = ask(&client, &url).await?;
        let keys = RwLock::new(Arc::new(keys));
        let spacing = Duration::from_mins(5);
        Ok(Self { client, url, spacing, keys, fresh: RwLock::new(fresh), unknown: Notify::new() })
    }

    /// The least time between two questions that tokens with unknown keys cause (five minutes unless told): anybody can send
    /// such tokens.
    #[must_use]
    pub fn spacing(mut self, spacing: Duration) -> Self {
        self.spacing = spacing;
        self
    }

    /// Keeps the keys fresh for as long as it is polled: give it a task.
    pub async fn keep_fresh(&self) -> Infallible {
        let mut asked = Instant::now();
        let mut wait = *self.fresh.read().unwrap_or_else(PoisonError::into_inner);
        loop {
            // Tokens with unknown keys hurry a question, and put none off that is due.
            let hurried = async {
                self.unknown.notified().await;
                sleep(self.spacing.saturating_sub(asked.elapsed())).await;
            };
            tokio::select! {
                () = sleep(wait) => {}
                () = hurried => {}
            }
            asked = Instant::now();
            wait = match ask(&self.client, &self.url).await {
                Ok((keys, fresh)) => {
                    info!(keys = keys.len(), "the issuer's keys are renewed");
                    *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
                    fresh
                }
                Err(error) => {
                    warn!(error = &error as &dyn std::error::Error, "the issuer's keys are not renewed: trying again");
                    AGAIN
                }
            };
        }
    }
}

impl PublishedKeys for RefreshedKeys {
    fn current(&self) -> Option<Arc<Jwks>> {
        Some(Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner)))
    }

    fn unknown_key(&self) {
        self.unknown.notify_one();
    }
}

impl fmt::Debug for RefreshedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshedKeys")
            .field("url", &self.url.as_str())
            .field("spacing", &self.spacing)
            .finish_non_exhaustive()
    }
}

/// Keys from a URL that others can answer for would be anybody's.
fn checked(url: &str) -> Result<Url, KeysError> {
    let url = Url::parse(url)
        .map_err(|_| KeysError::Url("the URL of the keys is none: give one like https://issuer.example/keys"))?;
    let host = url.host_str().unwrap_or_default();
    let here = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    match url.scheme() {
        "https" => Ok(url),
        "http" if here || host == "localhost" => Ok(url),
        _ => Err(KeysError::Url("keys that come without TLS are anybody's: give an https URL")),
    }
}

/// The keys, and how long they are fresh.
async fn ask(client: &Client, url: &Url) -> Result<(Jwks, Duration), KeysError> {
    let asked = async {
        let response = client.get(url.clone()).send().await.map_err(unreachable)?;
        if !response.status().is_success() {
            return Err(KeysError::Status(response.status().as_u16()));
        }
        let fresh = max_age(&response).map_or(USUAL, |age| age.clamp(LEAST, MOST));
        Ok((body(response).await?, fresh))
    };
    let late = |elapsed| KeysError::Unreachable(Box::new(elapsed));
    let (body, fresh) = timeout(TIMEOUT, asked).await.map_err(late)??;
    let keys = Jwks::parse(&body).map_err(|_| KeysError::NotKeys)?;
    let until = SystemClock.now().checked_add(KEEP.try_into().unwrap_or_default());
    let keys = match until {
        Some(until) => keys.until(until),
        None => keys,
    };
    Ok((keys, fresh))
}

fn max_age(response: &Response) -> Option<Duration> {
    let directives = response.headers().get(CACHE_CONTROL)?.to_str().ok()?.split(',');
    let seconds = directives.filter_map(|directive| directive.trim().strip_prefix("max-age=")).next()?;
    seconds.parse().ok().map(Duration::from_secs)
}

async fn body(mut response: Response) -> Result<Vec<u8>, KeysError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len().saturating_add(chunk.len()) > MOST_BYTES {
            return Err(KeysError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn unreachable(error: reqwest::Error) -> KeysError {
    KeysError::Unreachable(Box::new(error.without_url()))
}

#[cfg(test)]
mod tests;
