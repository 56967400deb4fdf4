//! What is wrong, and what to write instead. No error holds a value.

use std::path::PathBuf;

use crate::policy::PolicyError;

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
    /// No platform is set up.
    #[error(
        "no platform is set up: set SLACK_SIGNING_SECRET and SLACK_BOT_TOKEN, or the variables of Feishu, Discord or \
         Teams that .env.example shows"
    )]
    NoPlatform,
    /// What a hook of the policy file needs is absent or cannot be what it should be.
    #[error("[hooks.{hook}] of POLICY_FILE: {variable} {problem}")]
    Hook {
        /// The hook.
        hook: String,
        /// The variable.
        variable: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
    /// The policy file is there and says something that no policy does.
    #[error("POLICY_FILE, {path}: {problem}", path = path.display())]
    Policy {
        /// The file.
        path: PathBuf,
        /// Where, and what to write instead.
        problem: PolicyError,
    },
}
