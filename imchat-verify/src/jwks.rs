//! The public keys of those who issue tokens.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::signature::Verifier as _;
use rsa::{BoxedUint, PublicKey};
use serde_json::Value;
use sha2::Sha256;
use time::OffsetDateTime;

use crate::config::ConfigError;
use crate::secrets::{Form, Role};

/// What a key must have at least and at most, in bits.
const SIZES: core::ops::RangeInclusive<usize> = 2048..=4096;
/// More keys than any issuer publishes.
const MOST: usize = 64;

/// The keys that an issuer publishes (a JSON Web Key Set), as they were at one time.
///
/// RSA keys of 2,048 to 4,096 bits that are not meant for something else are taken; others are passed over, since issuers
/// publish keys of several kinds.
///
/// ```
/// use imchat_verify::Jwks;
/// assert!(Jwks::parse(br#"{"keys":[]}"#).is_err(), "no key that can be used");
/// ```
#[derive(Clone)]
pub struct Jwks {
    /// Shared, since a set is handed out at each request.
    keys: Arc<[Jwk]>,
    until: Option<OffsetDateTime>,
}

#[derive(Clone)]
pub(crate) struct Jwk {
    id: Box<str>,
    key: VerifyingKey<Sha256>,
    endorsements: Vec<String>,
}

impl Jwks {
    /// Reads a key set: UTF-8 JSON, as its URL answers.
    ///
    /// # Errors
    ///
    /// [`ConfigError::BadSecret`] where it is none, or holds no key that can be used.
    pub fn parse(json: &[u8]) -> Result<Self, ConfigError> {
        let bad = ConfigError::BadSecret { role: Role::Jwks, index: 0, expected: Form::Jwks.expected() };
        Self::read(json).ok_or(bad)
    }

    pub(crate) fn read(json: &[u8]) -> Option<Self> {
        let set: Value = serde_json::from_slice(json).ok()?;
        let keys: Arc<[Jwk]> = set.get("keys")?.as_array()?.iter().take(MOST).filter_map(Jwk::read).collect();
        (!keys.is_empty()).then_some(Self { keys, until: None })
    }

    /// The same keys, which count until this moment: a set that nobody renews ends.
    #[must_use]
    pub fn until(mut self, end: OffsetDateTime) -> Self {
        self.until = Some(end);
        self
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none; a set that was read has one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys of this id that count.
    pub(crate) fn named<'a>(&'a self, id: &'a str, now: OffsetDateTime) -> impl Iterator<Item = &'a Jwk> {
        let counts = self.until.is_none_or(|until| now < until);
        self.keys.iter().filter(move |key| counts && *key.id == *id)
    }
}

impl fmt::Debug for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.keys.iter().map(|key| &*key.id).collect();
        f.debug_struct("Jwks").field("keys", &ids).field("until", &self.until).finish()
    }
}

impl Jwk {
    fn read(json: &Value) -> Option<Self> {
        let text = |name: &str| json.get(name).and_then(Value::as_str);
        let fits = |name: &str, only: &str| text(name).is_none_or(|value| value == only);
        if text("kty") != Some("RSA") || !fits("use", "sig") || !fits("alg", "RS256") {
            return None;
        }
        let number = |name: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(text(name)?.trim_end_matches('=')).ok()?;
            Some(BoxedUint::from_be_slice_vartime(&bytes))
        };
        let key = PublicKey::new_with_size_limits(number("n")?, number("e")?, SIZES).ok()?;
        let endorsements = json.get("endorsements").and_then(Value::as_array);
        Some(Self {
            id: text("kid").filter(|id| !id.is_empty())?.into(),
            key: VerifyingKey::new(key),
            endorsements: endorsements.into_iter().flatten().filter_map(Value::as_str).map(String::from).collect(),
        })
    }

    pub(crate) fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        Signature::try_from(signature).is_ok_and(|signature| self.key.verify(signed, &signature).is_ok())
    }

    /// Whether it may sign for this; a key without endorsements may sign for nothing that asks for one.
    pub(crate) fn is_endorsed_for(&self, what: &str) -> bool {
        self.endorsements.iter().any(|endorsed| endorsed == what)
    }
}

/// Where a verifier finds an issuer's keys, which the application renews: `imchat-tower` has one that asks their URL
/// (feature `jwks`).
///
/// ```
/// use std::sync::{Arc, RwLock};
///
/// use imchat_verify::{Jwks, PublishedKeys};
///
/// #[derive(Debug)]
/// struct Renewed(RwLock<Arc<Jwks>>);
///
/// impl PublishedKeys for Renewed {
///     fn current(&self) -> Option<Arc<Jwks>> {
///         self.0.read().ok().map(|keys| Arc::clone(&keys))
///     }
/// }
/// ```
pub trait PublishedKeys: Send + Sync + fmt::Debug {
    /// The keys of this moment; `None` while there are none, which refuses every request.
    fn current(&self) -> Option<Arc<Jwks>>;

    /// A token named a key that is not there. Anybody can make one do so: ask the issuer again, but seldom.
    fn unknown_key(&self) {}
}

impl PublishedKeys for Jwks {
    fn current(&self) -> Option<Arc<Self>> {
        Some(Arc::new(self.clone()))
    }
}
