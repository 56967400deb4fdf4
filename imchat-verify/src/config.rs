//! What can be wrong with a configuration: found when a verifier is built, never at a request.

use core::time::Duration;

use crate::secrets::Role;

/// Why a verifier, or a layer around it, does not construct. It never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No secret that proves a request was given.
    #[error("no secret of the role {0} is configured: without one, anyone could send")]
    NoSecret(Role),
    /// A secret is empty or not written as the platform writes it.
    #[error("the {role} secret number {} cannot be used: expected {expected}", index.saturating_add(1))]
    BadSecret {
        /// What it is for.
        role: Role,
        /// Its place among the secrets of its role, from 0.
        index: usize,
        /// What was expected.
        expected: &'static str,
    },
    /// More secrets than a request should be tried with.
    #[error("more than {most} secrets of the role {role}: remove those that no longer count")]
    TooManySecrets {
        /// Their role.
        role: Role,
        /// How many may be given.
        most: usize,
    },
    /// A secret of a role that this scheme never reads.
    #[error("the scheme {scheme} does not use a {role} secret: remove it, or choose the scheme that does")]
    UnusedRole {
        /// The role.
        role: Role,
        /// The scheme's name.
        scheme: &'static str,
    },
    /// The scheme needs a cargo feature that is off.
    #[error("this scheme needs the cargo feature `{0}` of imchat-verify: switch it on")]
    FeatureOff(&'static str),
    /// The scheme signs the URL, and none is configured.
    #[error("the scheme {0} signs the public URL: configure the one that the platform was given")]
    NoPublicUrl(&'static str),
    /// Two times contradict each other.
    #[error("{shorter} ({} ms) must be shorter than {longer} ({} ms): {why}", .is.as_millis(), .limit.as_millis())]
    Times {
        /// What must be shorter.
        shorter: &'static str,
        /// How long it is.
        is: Duration,
        /// What it must be shorter than.
        longer: &'static str,
        /// How long that is.
        limit: Duration,
        /// What goes wrong otherwise.
        why: &'static str,
    },
    /// A limit that cannot work.
    #[error("{0}")]
    Limit(&'static str),
}

/// What is allowed but most likely a mistake; `imchat-tower` logs these when a layer is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigWarning {
    /// A signing secret of under 16 bytes.
    #[error("secret {index} of the role {role} is shorter than 16 bytes: it can be guessed from one captured request")]
    Short {
        /// What it is for.
        role: Role,
        /// Its place in the configuration, from 0.
        index: usize,
    },
    /// White space before or after a secret; it counts as part of it.
    #[error("secret {index} of the role {role} starts or ends with white space, which counts as part of it")]
    SpaceAround {
        /// What it is for.
        role: Role,
        /// Its place in the configuration, from 0.
        index: usize,
    },
}
