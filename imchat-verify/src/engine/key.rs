//! Secrets made ready: decoded once, hash states keyed once.

use alloc::vec::Vec;

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::ed25519::PublicKey;
use super::mac::{Mac, sha256};
use crate::config::{ConfigError, ConfigWarning};
use crate::scheme::{Algorithm, KeyRole, Part, Scheme, TokenRule};
use crate::secrets::{Form, Role, Secrets};

/// The most secrets that one role may have: each costs a hash for every request.
pub(crate) const MAX_SECRETS: usize = 4;

#[derive(Clone)]
pub(crate) enum Material {
    /// A hash state to clone for each request.
    Hash(Mac),
    #[cfg_attr(not(feature = "ed25519"), expect(dead_code, reason = "no such key exists without the feature"))]
    Ed25519(PublicKey),
    /// SHA-256 of a token: digests have one length, so comparing them tells nothing of the token's.
    Token([u8; 32]),
    /// A secret that a function uses.
    Raw,
    /// The keys that an issuer publishes.
    #[cfg(feature = "jwt")]
    Published(alloc::sync::Arc<dyn crate::jwks::PublishedKeys>),
}

/// One secret, ready for use.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) material: Material,
    /// Kept where the message, a check or the decryption needs it; empty otherwise.
    pub(crate) secret: Zeroizing<Vec<u8>>,
    pub(crate) until: Option<OffsetDateTime>,
    pub(crate) role: Role,
    /// Its place among the secrets of its role, the current one being 0.
    pub(crate) index: usize,
    /// Whether it belongs to the scheme's second algorithm.
    pub(crate) alternate: bool,
}

impl Key {
    pub(crate) fn counts_at(&self, now: OffsetDateTime) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

pub(super) fn signing_keys(scheme: &Scheme, secrets: &Secrets, primary: Role) -> Result<Vec<Key>, ConfigError> {
    let fed = scheme.message.iter().any(|part| matches!(part, Part::Secret));
    let keeps = fed || scheme.open.is_some() || matches!(scheme.algorithm, Algorithm::Custom(_));
    let mut keys = Vec::new();
    add_keys(&mut keys, scheme.algorithm, scheme.key_role, keeps, false, secrets, primary)?;
    #[cfg(feature = "jwt")]
    if let (Algorithm::Jwt(_), Some(published)) = (scheme.algorithm, &secrets.published) {
        let (material, secret) = (Material::Published(alloc::sync::Arc::clone(published)), Zeroizing::new(Vec::new()));
        let role = scheme.key_role.role;
        keys.push(Key { material, secret, until: None, role, index: keys.len(), alternate: false });
    }
    if let Some(second) = scheme.alternate {
        add_keys(&mut keys, second.algorithm, second.key, keeps, true, secrets, primary)?;
    }
    Ok(keys)
}

/// What the scheme's functions need beside the signing secret.
pub(super) fn others(scheme: &Scheme, secrets: &Secrets, primary: Role) -> Result<Vec<Key>, ConfigError> {
    let mut others = Vec::new();
    for (roles, are_needed) in [(scheme.others, true), (scheme.options, false)] {
        for (role, form) in roles {
            let (before, raw) = (others.len(), Algorithm::Custom(|_| false));
            add_keys(&mut others, raw, KeyRole { role: *role, form: *form }, true, false, secrets, primary)?;
            if are_needed && others.len() == before {
                return Err(ConfigError::MissingRole { role: *role, scheme: scheme.name, expected: form.expected() });
            }
        }
    }
    Ok(others)
}

pub(super) fn token_keys(rule: TokenRule, secrets: &Secrets, primary: Role) -> Result<Vec<Key>, ConfigError> {
    let key_role = KeyRole { role: rule.role, form: Form::Text };
    let mut keys = Vec::new();
    add_keys(&mut keys, Algorithm::Token(rule.sources), key_role, false, false, secrets, primary)?;
    Ok(keys)
}

/// Makes all secrets of a role ready for an algorithm.
fn add_keys(
    keys: &mut Vec<Key>,
    algorithm: Algorithm,
    KeyRole { role, form }: KeyRole,
    keeps_secret: bool,
    alternate: bool,
    secrets: &Secrets,
    primary: Role,
) -> Result<(), ConfigError> {
    for (index, entry) in secrets.of_role(role, primary).enumerate() {
        if index >= MAX_SECRETS {
            return Err(ConfigError::TooManySecrets { role, most: MAX_SECRETS });
        }
        let bad = |expected| ConfigError::BadSecret { role, index, expected };
        // Some platforms read one secret in two ways, and each is a key.
        let mut reading = Some(form.decode(entry.secret.bytes()).map_err(bad)?);
        let mut second = form.second(entry.secret.bytes());
        while let Some(secret) = reading {
            let expected = if form == Form::Jwks { form.expected() } else { WEAK_KEY };
            let material = material(algorithm, &secret)?.ok_or_else(|| bad(expected))?;
            let secret = if keeps_secret { secret } else { Zeroizing::new(Vec::new()) };
            keys.push(Key { material, secret, until: entry.until, role, index, alternate });
            reading = second.take();
        }
    }
    Ok(())
}

const WEAK_KEY: &str = "an Ed25519 public key that is on the curve and not weak: the one that the platform shows";

fn material(algorithm: Algorithm, secret: &[u8]) -> Result<Option<Material>, ConfigError> {
    let hash_is_off = || ConfigError::FeatureOff("sha1");
    Ok(match algorithm {
        Algorithm::Hmac(hash) => Some(Material::Hash(Mac::keyed(hash, secret).ok_or_else(hash_is_off)?)),
        Algorithm::Digest(hash) => Some(Material::Hash(Mac::plain(hash).ok_or_else(hash_is_off)?)),
        Algorithm::Token(_) => Some(Material::Token(sha256(secret))),
        Algorithm::Custom(_) => Some(Material::Raw),
        #[cfg(feature = "jwt")]
        Algorithm::Jwt(_) => {
            crate::jwks::Jwks::read(secret).map(|keys| Material::Published(alloc::sync::Arc::new(keys)))
        }
        #[cfg(feature = "ed25519")]
        Algorithm::Ed25519 => PublicKey::new(secret).map(Material::Ed25519),
        #[cfg(not(feature = "ed25519"))]
        Algorithm::Ed25519 => return Err(ConfigError::FeatureOff("ed25519")),
    })
}

/// A secret of a role that the scheme never reads protects nothing, which its owner should hear.
pub(super) fn refuse_unknown_roles(scheme: &Scheme, secrets: &Secrets, primary: Role) -> Result<(), ConfigError> {
    let known = |role| {
        role == scheme.key_role.role
            || scheme.alternate.is_some_and(|second| second.key.role == role)
            || scheme.token.is_some_and(|rule| rule.role == role)
            || scheme.others.iter().chain(scheme.options).any(|(other, _)| *other == role)
    };
    match secrets.entries.iter().map(|entry| entry.role.unwrap_or(primary)).find(|role| !known(*role)) {
        Some(role) => Err(ConfigError::UnusedRole { role, scheme: scheme.name }),
        None => Ok(()),
    }
}

/// Secrets shorter than this can be guessed offline from one captured request; those that are decoded never are.
const SHORT: usize = 16;

pub(super) fn warnings(secrets: &Secrets, scheme: &Scheme, primary: Role) -> Vec<ConfigWarning> {
    let mut warnings = Vec::new();
    for (place, entry) in secrets.entries.iter().enumerate() {
        let role = entry.role.unwrap_or(primary);
        let earlier = secrets.entries.iter().take(place);
        let index = earlier.filter(|entry| entry.role.unwrap_or(primary) == role).count();
        let bytes = entry.secret.bytes();
        if bytes.first().is_some_and(u8::is_ascii_whitespace) || bytes.last().is_some_and(u8::is_ascii_whitespace) {
            warnings.push(ConfigWarning::SpaceAround { role, index });
        }
        if role == scheme.key_role.role && bytes.len() < SHORT {
            warnings.push(ConfigWarning::Short { role, index });
        }
    }
    warnings
}
