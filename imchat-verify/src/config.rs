//! What can be wrong with a configuration: found when a verifier is built, never at a request.

use alloc::string::String;
use core::fmt;
use core::time::Duration;

use crate::secrets::Role;

/// Why a verifier, or a layer around it, does not construct. It never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// No secret that proves a request was given.
    NoSecret(Role),
    /// A scheme needs something of another role beside the secret that proves a request.
    MissingRole {
        /// The role.
        role: Role,
        /// The scheme's name.
        scheme: &'static str,
        /// What is expected.
        expected: &'static str,
    },
    /// A secret is empty or not written as the platform writes it.
    BadSecret {
        /// What it is for.
        role: Role,
        /// Its place among the secrets of its role, from 0.
        index: usize,
        /// What was expected.
        expected: &'static str,
    },
    /// More secrets than a request should be tried with.
    TooManySecrets {
        /// Their role.
        role: Role,
        /// How many may be given.
        most: usize,
    },
    /// A secret of a role that this scheme never reads.
    UnusedRole {
        /// The role.
        role: Role,
        /// The scheme's name.
        scheme: &'static str,
    },
    /// The scheme needs a cargo feature that is off.
    FeatureOff(&'static str),
    /// The scheme signs the URL, and none is configured.
    NoPublicUrl(&'static str),
    /// Two times contradict each other.
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
    Limit(&'static str),
    /// A header that cannot be kept with a delivery.
    Header {
        /// Its name, as it was configured.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// What is allowed but most likely a mistake; `imchat-tower` logs these when a layer is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigWarning {
    /// A signing secret of under 16 bytes.
    Short {
        /// What it is for.
        role: Role,
        /// Its place among the secrets of its role, from 0.
        index: usize,
    },
    /// White space before or after a secret; it counts as part of it.
    SpaceAround {
        /// What it is for.
        role: Role,
        /// Its place among the secrets of its role, from 0.
        index: usize,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSecret(role) => {
                write!(f, "no secret of the role {role} is configured: without one, anyone could send")
            }
            Self::MissingRole { role, scheme, expected } => {
                write!(f, "the scheme {scheme} needs the role {role} too, and none is configured: give {expected}")
            }
            Self::BadSecret { role, index, expected } => {
                let number = index.saturating_add(1);
                write!(f, "the {role} secret number {number} cannot be used: expected {expected}")
            }
            Self::TooManySecrets { role, most } => {
                write!(f, "more than {most} secrets of the role {role}: remove those that no longer count")
            }
            Self::UnusedRole { role, scheme } => {
                write!(f, "the scheme {scheme} does not use a {role} secret: remove it, or choose the scheme that does")
            }
            Self::FeatureOff(feature) => {
                write!(f, "this scheme needs the cargo feature `{feature}` of imchat-verify: switch it on")
            }
            Self::NoPublicUrl(scheme) => {
                write!(f, "the scheme {scheme} signs the public URL: configure the one that the platform was given")
            }
            Self::Times { shorter, is, longer, limit, why } => write!(
                f,
                "{shorter} ({} ms) must be shorter than {longer} ({} ms): {why}",
                is.as_millis(),
                limit.as_millis()
            ),
            Self::Limit(what) => f.write_str(what),
            Self::Header { name, why } => write!(f, "the header {name:?} cannot be kept: {why}"),
        }
    }
}

impl core::error::Error for ConfigError {}

impl fmt::Display for ConfigWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { role, index } => write!(
                f,
                "the {role} secret number {} is shorter than 16 bytes: it can be guessed from one captured request",
                index.saturating_add(1)
            ),
            Self::SpaceAround { role, index } => write!(
                f,
                "the {role} secret number {} starts or ends with white space, which counts as part of it",
                index.saturating_add(1)
            ),
        }
    }
}
