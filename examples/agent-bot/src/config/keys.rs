//! The bot's own keys.

use super::{ConfigError, Lookup, Secret, required, text};

const CURRENT: &str = "TOKEN_ENCRYPTION_KEY";
const PREVIOUS: &str = "TOKEN_ENCRYPTION_KEY_PREVIOUS";
const PASSCODES: &str = "PASSCODE_KEY";

/// The bot's own keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// Seals what is secret at rest: 32 bytes in base64 or hexadecimal.
    pub sealing: Secret,
    /// The one before, which still opens.
    pub sealing_before: Option<Secret>,
    /// Under which the passcodes of approvers are kept.
    pub passcodes: Option<Secret>,
}

impl Keys {
    /// Only the key that seals.
    #[must_use]
    pub fn of(sealing: impl Into<String>) -> Self {
        Self { sealing: Secret::new(sealing), sealing_before: None, passcodes: None }
    }
}

pub(super) fn read(lookup: Lookup<'_>) -> Result<Keys, ConfigError> {
    let sealing = required(lookup, CURRENT, "make one with `openssl rand -base64 32` and keep it with your secrets")?;
    let before = text(lookup, PREVIOUS)?;
    for (name, key) in [(CURRENT, Some(&sealing)), (PREVIOUS, before.as_ref())] {
        let fits = key.is_none_or(|key| crate::seal::Seal::new(&Secret::new(key), None).is_ok());
        if !fits {
            let problem = "is not 32 bytes in base64 or hexadecimal: make one with `openssl rand -base64 32`";
            return Err(ConfigError::Unusable { name, problem });
        }
    }
    let passcodes = text(lookup, PASSCODES)?;
    if passcodes.as_ref().is_some_and(|key| key.len() < 32) {
        let problem = "has fewer than 32 bytes: make one with `openssl rand -hex 32`";
        return Err(ConfigError::Unusable { name: PASSCODES, problem });
    }
    Ok(Keys {
        sealing: Secret::new(sealing),
        sealing_before: before.map(Secret::new),
        passcodes: passcodes.map(Secret::new),
    })
}
