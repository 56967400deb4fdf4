//! The environment, read once: every value has a name, a form and an error that says what to do.
//!
//! | variable | form | when absent |
//! |---|---|---|
//! | `SLACK_SIGNING_SECRET` | text, taken byte for byte | refused |
//! | `SLACK_SIGNING_SECRET_PREVIOUS` | the secret before it, byte for byte | only the current one counts |
//! | `SLACK_SIGNING_SECRET_PREVIOUS_UNTIL` | Unix seconds | the previous one counts until it is taken out |
//! | `SLACK_BOT_TOKEN` | `xoxb-…` | refused |
//! | `SLACK_API_URL` | `https://…`, or `http://` to a loopback address | `https://slack.com/api` |
//! | `DATABASE_URL` | `sqlite:PATH` or `postgres://…` | `sqlite:agent-bot.db`, in the working directory |
//! | `LISTEN_ADDR` | `address:port` | `127.0.0.1:3000` |
//!
//! Errors name the variable and never its value.

mod database;
mod model;

use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;

use http::Uri;
use http::uri::Scheme;

pub use database::Database;
pub use model::ModelAccess;

/// Where Slack's own Web API lives.
const SLACK_API_URL: &str = "https://slack.com/api";
const LISTEN_ADDR: &str = "127.0.0.1:3000";

/// A value that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret as it is: nothing is trimmed.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The secret itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

/// The secret before the current one, during a rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// Taken byte for byte.
    pub secret: Secret,
    /// Unix seconds after which it no longer counts; `None` is until it is taken out.
    pub until: Option<i64>,
}

/// What Slack signs its requests with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningSecrets {
    /// Taken byte for byte.
    pub current: Secret,
    /// The one before, if a rotation is under way.
    pub previous: Option<Previous>,
}

/// How the bot speaks to Slack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackAccess {
    /// The bot token.
    pub token: Secret,
    /// The base of the Web API, without a slash at its end.
    pub api_url: String,
}

/// Everything the bot needs to know before it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What proves a request.
    pub signing: SigningSecrets,
    /// Where replies go.
    pub slack: SlackAccess,
    /// Where the inbox lives.
    pub database: Database,
}

/// What is wrong with the environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A required variable is absent or empty.
    #[error("{name} is not set: {remedy}")]
    Missing {
        /// The variable.
        name: &'static str,
        /// Where its value comes from.
        remedy: &'static str,
    },
    /// A variable is there and cannot be what it should be.
    #[error("{name} {problem}")]
    Unusable {
        /// The variable.
        name: &'static str,
        /// What is wrong and what to write instead.
        problem: &'static str,
    },
}

impl Config {
    /// Reads the process environment.
    ///
    /// # Errors
    /// The first variable that is missing or unusable.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(|name| std::env::var_os(name))
    }

    /// Reads variables from anywhere.
    ///
    /// # Errors
    /// The first variable that is missing or unusable.
    pub fn read(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        Ok(Self {
            listen: listen_address(&lookup)?,
            signing: signing_secrets(&lookup)?,
            slack: SlackAccess { token: bot_token(&lookup)?, api_url: api_url(&lookup)? },
            database: database::read(&lookup)?,
        })
    }
}

/// Looks a variable up.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The variable as text; an empty one counts as absent.
fn text(lookup: Lookup<'_>, name: &'static str) -> Result<Option<String>, ConfigError> {
    match lookup(name) {
        None => Ok(None),
        Some(value) if value.is_empty() => Ok(None),
        Some(value) => match value.into_string() {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(ConfigError::Unusable { name, problem: "is not UTF-8 text: set it again as text" }),
        },
    }
}

fn required(lookup: Lookup<'_>, name: &'static str, remedy: &'static str) -> Result<String, ConfigError> {
    text(lookup, name)?.ok_or(ConfigError::Missing { name, remedy })
}

fn signing_secrets(lookup: Lookup<'_>) -> Result<SigningSecrets, ConfigError> {
    const CURRENT: &str = "SLACK_SIGNING_SECRET";
    const PREVIOUS: &str = "SLACK_SIGNING_SECRET_PREVIOUS";
    const UNTIL: &str = "SLACK_SIGNING_SECRET_PREVIOUS_UNTIL";

    let remedy = "copy the signing secret from the app's Basic Information page";
    let current = required(lookup, CURRENT, remedy)?;
    if current.starts_with("xox") || current.starts_with("xapp-") {
        let problem = "holds a token: copy the signing secret from the app's Basic Information page instead";
        return Err(ConfigError::Unusable { name: CURRENT, problem });
    }
    let until = match text(lookup, UNTIL)? {
        None => None,
        Some(text) => Some(unix_seconds(&text).ok_or(ConfigError::Unusable {
            name: UNTIL,
            problem: "is not a time: write Unix seconds, digits only, as `date +%s -d tomorrow` prints them",
        })?),
    };
    let previous = match (text(lookup, PREVIOUS)?, until) {
        (Some(secret), until) => Some(Previous { secret: Secret::new(secret), until }),
        (None, None) => None,
        (None, Some(_)) => {
            let problem = "is set without SLACK_SIGNING_SECRET_PREVIOUS: set both or neither";
            return Err(ConfigError::Unusable { name: UNTIL, problem });
        }
    };
    Ok(SigningSecrets { current: Secret::new(current), previous })
}

fn bot_token(lookup: Lookup<'_>) -> Result<Secret, ConfigError> {
    const NAME: &str = "SLACK_BOT_TOKEN";
    let remedy = "copy the bot token (xoxb-…) from the app's OAuth & Permissions page";
    let token = required(lookup, NAME, remedy)?;
    // It goes into a header as it is; a line break from a copied file would make every call fail.
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let problem = "has a space, a line break or another character that no token has: copy it again";
        return Err(ConfigError::Unusable { name: NAME, problem });
    }
    Ok(Secret::new(token))
}

fn api_url(lookup: Lookup<'_>) -> Result<String, ConfigError> {
    const NAME: &str = "SLACK_API_URL";
    let Some(url) = text(lookup, NAME)? else { return Ok(SLACK_API_URL.to_owned()) };
    let refused = |problem| ConfigError::Unusable { name: NAME, problem };

    let uri: Uri = url.parse().map_err(|_| refused("is not a URL: write for instance https://slack.com/api"))?;
    // What is parsed has lost its fragment; the text, to which the methods' names are added, has not.
    if url.contains('#')
        || uri.query().is_some()
        || uri.authority().is_some_and(|authority| authority.as_str().contains('@'))
    {
        return Err(refused("has a query, a fragment or credentials in it: write only scheme, host and path"));
    }
    match (uri.scheme(), uri.host()) {
        (Some(scheme), Some(_)) if *scheme == Scheme::HTTPS => {}
        (Some(scheme), Some(host)) if *scheme == Scheme::HTTP && is_loopback(host) => {}
        (Some(scheme), Some(_)) if *scheme == Scheme::HTTP => {
            // The bot token would cross the network in the clear.
            return Err(refused("is plain http to another machine: use https, or http to a loopback address"));
        }
        _ => return Err(refused("is not an http or https URL: write for instance https://slack.com/api")),
    }
    Ok(url.trim_end_matches('/').to_owned())
}

fn listen_address(lookup: Lookup<'_>) -> Result<SocketAddr, ConfigError> {
    const NAME: &str = "LISTEN_ADDR";
    let value = text(lookup, NAME)?.unwrap_or_else(|| LISTEN_ADDR.to_owned());
    let problem = "is not an address with a port: write for instance 127.0.0.1:3000 or [::]:3000";
    value.parse().map_err(|_| ConfigError::Unusable { name: NAME, problem })
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Digits only: no sign, no fraction, no blanks.
fn unix_seconds(text: &str) -> Option<i64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests;
