//! The secrets of hooks, from the variables that the policy file names.

use imchat_verify::{AnyProvider, Role, Verifier};

use super::{ConfigError, Lookup, Previous, Secret, SigningSecrets, signing};
use crate::hooks::Hook;
use crate::policy::Policy;

/// A hook with what proves its requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookConfig {
    /// As the policy file has it.
    pub hook: Hook,
    /// Taken byte for byte.
    pub signing: SigningSecrets,
    /// What an unsigned handshake has to know, where the provider has one.
    pub verify_token: Option<Secret>,
}

impl HookConfig {
    /// What proves its requests; the hook's name is a part of every key.
    ///
    /// # Errors
    /// Where a secret is not written as the provider writes it.
    pub fn verifier(&self) -> Result<Verifier<AnyProvider>, imchat_verify::ConfigError> {
        let secrets = self.signing.secrets();
        let secrets = match &self.verify_token {
            Some(token) => secrets.with(Role::VerificationToken, token.expose()),
            None => secrets,
        };
        Ok(self.hook.preset.verifier(self.signing.current.expose(), secrets)?.endpoint(&self.hook.name))
    }
}

pub(super) fn read(lookup: Lookup<'_>, policy: &Policy) -> Result<Vec<HookConfig>, ConfigError> {
    policy.hooks().iter().map(|hook| one(lookup, hook)).collect()
}

fn one(lookup: Lookup<'_>, hook: &Hook) -> Result<HookConfig, ConfigError> {
    let error = |variable: &str, problem: &str| ConfigError::Hook {
        hook: hook.name.clone(),
        variable: variable.to_owned(),
        problem: problem.to_owned(),
    };
    let text = |variable: &str| match lookup(variable).filter(|value| !value.is_empty()) {
        None => Ok(None),
        Some(value) => {
            let text = value.into_string().map_err(|_| error(variable, "is not UTF-8 text: set it again as text"))?;
            Ok(Some(text))
        }
    };
    let required = |variable: &str| {
        let problem = "is not set: set it to what the provider shows for this hook";
        text(variable)?.map(Secret::new).ok_or_else(|| error(variable, problem))
    };
    let (before, until) = (format!("{}_PREVIOUS", hook.secret_env), format!("{}_PREVIOUS_UNTIL", hook.secret_env));
    let ends = match text(&until)? {
        Some(text) => {
            let problem = "is not a time: write Unix seconds, digits only";
            Some(signing::unix_seconds(&text).ok_or_else(|| error(&until, problem))?)
        }
        None => None,
    };
    let previous = match text(&before)? {
        Some(secret) => Some(Previous { secret: Secret::new(secret), until: ends }),
        None if ends.is_some() => {
            return Err(error(&until, "is set without the previous secret that it ends: set both or neither"));
        }
        None => None,
    };
    let config = HookConfig {
        hook: hook.clone(),
        signing: SigningSecrets { current: required(&hook.secret_env)?, previous },
        verify_token: hook.verify_token_env.as_deref().map(required).transpose()?,
    };
    // Told with the variable's name, before anything listens.
    config.verifier().map_err(|problem| error(&hook.secret_env, &format!("cannot be used: {problem}")))?;
    Ok(config)
}
