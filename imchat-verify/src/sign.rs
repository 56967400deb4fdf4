//! Signing, with the same schemes: for senders of your own, tests, simulators and the command line.

mod request;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

pub use request::{SignError, SignRequest};

use crate::config::ConfigError;
use crate::engine::{Core, Key, Material, sha256, sorted};
#[cfg(feature = "ed25519")]
use crate::scheme::Algorithm;
use crate::scheme::{Encoding, Layout, Part, PartInput, Scheme, Source, Unit};
use crate::secrets::Secrets;

enum SigningKey {
    Keyed(Box<Key>),
    #[cfg(feature = "ed25519")]
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

/// Signs requests as a platform does.
///
/// The secret is the one that the platform signs with: for Ed25519 schemes the 32-byte seed in hex, not the public key.
///
/// ```
/// use imchat_verify::providers::{SLACK, Slack};
/// use imchat_verify::sign::{SignRequest, Signer};
/// use imchat_verify::{Head, Verdict};
/// use time::OffsetDateTime;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let now = OffsetDateTime::from_unix_timestamp(1_700_000_000)?;
/// let headers = Signer::of(&SLACK, "a signing secret")?.sign(SignRequest::post(b"{}", now))?;
/// let verifier = Slack::verifier("a signing secret")?;
/// assert!(matches!(verifier.verify(Head::post(&headers), b"{}", now)?, Verdict::Event(_)));
/// # Ok(()) }
/// ```
pub struct Signer {
    scheme: &'static Scheme,
    key: SigningKey,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("scheme", &self.scheme.name()).finish_non_exhaustive()
    }
}

impl Signer {
    /// A signer of this scheme with the current one of these secrets.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] where the secret is missing, empty or not written as the platform writes it.
    pub fn of(scheme: &'static Scheme, secrets: impl Into<Secrets>) -> Result<Self, ConfigError> {
        let secrets = secrets.into();
        #[cfg(feature = "ed25519")]
        if matches!(scheme.algorithm, Algorithm::Ed25519) {
            return Self::ed25519(scheme, &secrets);
        }
        let core = Core::new(scheme, &secrets)?;
        let none = ConfigError::NoSecret(scheme.primary_role());
        let key = core.keys.into_iter().find(|key| !key.alternate).ok_or(none)?;
        Ok(Self { scheme: core.scheme, key: SigningKey::Keyed(Box::new(key)) })
    }

    #[cfg(feature = "ed25519")]
    fn ed25519(scheme: &'static Scheme, secrets: &Secrets) -> Result<Self, ConfigError> {
        let role = scheme.primary_role();
        let bad =
            ConfigError::BadSecret { role, index: 0, expected: "64 hex digits: the 32-byte seed of the key pair" };
        let entry = secrets.of_role(role, role).next().ok_or(ConfigError::NoSecret(role))?;
        let seed = crate::Form::Hex32.decode(entry.secret.bytes()).map_err(|_| bad.clone())?;
        let seed = <[u8; 32]>::try_from(seed.as_slice()).map_err(|_| bad)?;
        Ok(Self { scheme, key: SigningKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed).into()) })
    }

    /// The headers that prove the request, as lower-case name and value.
    ///
    /// # Errors
    ///
    /// [`SignError`] where the scheme has no signature to compute, needs a URL that is not given, or puts its proof into the
    /// URL's query: see [`query`](Self::query).
    pub fn sign(&self, request: SignRequest<'_>) -> Result<Vec<(String, String)>, SignError> {
        if self.scheme.proves_in_query() {
            return Err(SignError::InQuery(self.scheme.name()));
        }
        let placed = self.placed(&request)?;
        let header = |(source, text)| match source {
            Source::Header(name) => Some((self.spelled(name), text)),
            _ => None,
        };
        Ok(placed.into_iter().filter_map(header).collect())
    }

    /// The parameters that prove the request in its URL's query, as name and value, neither of which needs an escape; none
    /// where the scheme proves by headers.
    ///
    /// # Errors
    ///
    /// [`SignError`] where the scheme has no signature to compute, or needs what is not given.
    pub fn query(&self, request: SignRequest<'_>) -> Result<Vec<(String, String)>, SignError> {
        if !self.scheme.proves_in_query() {
            return Ok(Vec::new());
        }
        let parameter = |(source, text)| match source {
            Source::Query(name) => Some((String::from(name), text)),
            _ => None,
        };
        Ok(self.placed(&request)?.into_iter().filter_map(parameter).collect())
    }

    /// The texts that prove the request, each with its place.
    fn placed(&self, request: &SignRequest<'_>) -> Result<Vec<(Source, String)>, SignError> {
        let scheme = self.scheme;
        let timestamp = scheme.timestamp.map(|rule| match rule.unit {
            Unit::Seconds => request.now.unix_timestamp().to_string(),
            Unit::Millis => (request.now.unix_timestamp_nanos() / 1_000_000).to_string(),
            Unit::Rfc3339 => rfc3339(request.now),
        });
        let id = request.id.map_or_else(|| derived_id(request), String::from);
        let tag = self.tag(request, timestamp.as_deref().unwrap_or_default(), &id)?;
        let encoded = match scheme.signature.encoding {
            Encoding::Hex => const_hex::encode(tag),
            Encoding::Base64 => STANDARD.encode(tag),
        };
        let mut placed = Vec::new();
        let mut fields = String::new();
        match (scheme.timestamp.map(|rule| rule.source), timestamp) {
            (Some(Source::Field(name)), Some(text)) => {
                fields = [name, "=", &text].concat();
                if let Layout::Pairs { separator, .. } = scheme.signature.layout {
                    fields.push(char::from(separator));
                }
            }
            (Some(source), Some(text)) => placed.push((source, text)),
            _ => {}
        }
        for part in scheme.message {
            if let Part::From(source) = part {
                placed.push((*source, id.clone()));
            }
        }
        let value = match scheme.signature.layout {
            Layout::Prefixed(prefix) => [prefix, &encoded].concat(),
            Layout::Pairs { version, .. } => [&fields, version, "=", &encoded].concat(),
            Layout::Tagged { version, delimiter, .. } => {
                let mut value = String::from(version);
                value.push(char::from(delimiter));
                value.push_str(&encoded);
                value
            }
        };
        placed.push((scheme.signature.source, value));
        Ok(placed)
    }

    /// The first spelling of a family's header.
    fn spelled(&self, name: &str) -> String {
        match (name.strip_prefix('*'), self.scheme.signature.family.first()) {
            (Some(rest), Some(family)) => [family, rest].concat(),
            _ => String::from(name),
        }
    }

    fn tag(&self, request: &SignRequest<'_>, timestamp: &str, id: &str) -> Result<Vec<u8>, SignError> {
        match &self.key {
            SigningKey::Keyed(key) => {
                let Material::Hash(mac) = &key.material else { return Err(SignError::Unsupported(self.scheme.name())) };
                let tag = mac.tag(|sink| self.message(request, timestamp, id, &key.secret, sink))?;
                Ok(tag.as_slice().to_vec())
            }
            #[cfg(feature = "ed25519")]
            SigningKey::Ed25519(key) => {
                use ed25519_dalek::Signer as _;
                let mut message = Vec::new();
                self.message(request, timestamp, id, &[], &mut |bytes| message.extend_from_slice(bytes))?;
                Ok(key.sign(&message).to_bytes().to_vec())
            }
        }
    }

    fn message(
        &self,
        request: &SignRequest<'_>,
        timestamp: &str,
        id: &str,
        secret: &[u8],
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<(), SignError> {
        if !self.scheme.algorithm.tags() || !self.scheme.signature.source.in_head() {
            return Err(SignError::Unsupported(self.scheme.name()));
        }
        let feed = |part: &Part, sink: &mut dyn FnMut(&[u8])| {
            match part {
                Part::Lit(text) => sink(text.as_bytes()),
                Part::Body => sink(request.body),
                Part::Secret => sink(secret),
                Part::Timestamp => sink(timestamp.as_bytes()),
                Part::From(_) => sink(id.as_bytes()),
                Part::Url => sink(request.url.ok_or(SignError::Incomplete("the public URL"))?.as_bytes()),
                Part::Custom(write) => {
                    let input = PartInput { method: request.method, url: request.url, body: request.body };
                    write(&input, sink).map_err(SignError::Incomplete)?;
                }
            }
            Ok(())
        };
        if !self.scheme.sorts_message() {
            return self.scheme.message.iter().try_for_each(|part| feed(part, sink));
        }
        sorted(self.scheme.message, feed, sink)
    }
}

/// RFC 3339 in UTC, to the microsecond.
fn rfc3339(now: OffsetDateTime) -> String {
    let now = now.to_offset(time::UtcOffset::UTC);
    let (year, month, day) = now.to_calendar_date();
    let (hour, minute, second, micros) = now.to_hms_micro();
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z", u8::from(month))
}

/// The core has no randomness: the same body at the same second has the same id.
fn derived_id(request: &SignRequest<'_>) -> String {
    let mut seed = request.now.unix_timestamp().to_be_bytes().to_vec();
    seed.extend_from_slice(request.body);
    const_hex::encode(sha256(&seed).get(..12).unwrap_or_default())
}
