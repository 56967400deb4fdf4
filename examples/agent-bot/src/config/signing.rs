//! `NAME`, `NAME_PREVIOUS` and `NAME_PREVIOUS_UNTIL`: what a platform proves its requests with.

use imchat_verify::Secrets;
use time::OffsetDateTime;

use super::{ConfigError, Lookup, Secret, required, text};

/// The secret before the current one, during a rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// Taken byte for byte.
    pub secret: Secret,
    /// Unix seconds after which it no longer counts; `None` is until it is taken out.
    pub until: Option<i64>,
}

/// What a platform proves its requests with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningSecrets {
    /// Taken byte for byte.
    pub current: Secret,
    /// The one before, if a rotation is under way.
    pub previous: Option<Previous>,
}

impl SigningSecrets {
    /// Only this one.
    #[must_use]
    pub fn of(secret: impl Into<String>) -> Self {
        Self { current: Secret::new(secret), previous: None }
    }

    /// As a verifier takes them.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        let current = Secrets::new(self.current.expose());
        let Some(previous) = &self.previous else { return current };
        // A moment beyond the calendar is as good as none.
        match previous.until.and_then(|until| OffsetDateTime::from_unix_timestamp(until).ok()) {
            Some(until) => current.and_previous_until(previous.secret.expose(), until),
            None => current.and_previous(previous.secret.expose()),
        }
    }
}

/// The names of the three variables, and where the first one's value comes from.
pub(super) struct Names {
    pub(super) current: &'static str,
    pub(super) previous: &'static str,
    pub(super) until: &'static str,
    pub(super) remedy: &'static str,
}

pub(super) fn read(lookup: Lookup<'_>, names: &Names) -> Result<SigningSecrets, ConfigError> {
    let current = Secret::new(required(lookup, names.current, names.remedy)?);
    let until = match text(lookup, names.until)? {
        None => None,
        Some(text) => Some(unix_seconds(&text).ok_or(ConfigError::Unusable {
            name: names.until,
            problem: "is not a time: write Unix seconds, digits only, as `date +%s -d tomorrow` prints them",
        })?),
    };
    let previous = match (text(lookup, names.previous)?, until) {
        (Some(secret), until) => Some(Previous { secret: Secret::new(secret), until }),
        (None, None) => None,
        (None, Some(_)) => {
            let problem = "is set without the previous secret that it ends: set both or neither";
            return Err(ConfigError::Unusable { name: names.until, problem });
        }
    };
    Ok(SigningSecrets { current, previous })
}

/// Digits only: no sign, no fraction, no blanks.
pub(super) fn unix_seconds(text: &str) -> Option<i64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}
