//! A provider is one `const` value: what is signed, where the signature stands, what makes a delivery unique, and the
//! platform's facts. One engine runs them all.
//!
//! ```
//! use core::time::Duration;
//! use imchat_verify::scheme::{Facts, Hash, Key, Part, Scheme, Source, Unit};
//! use imchat_verify::{Signature, Window, provider};
//!
//! /// Acme signs `{timestamp}.{body}` and sends an id in the body.
//! pub const ACME: Scheme = Scheme::hmac("acme", Hash::Sha256, Signature::hex("acme-signature"))
//!     .timestamp(Source::Header("acme-timestamp"), Unit::Seconds, Window::FIVE_MINUTES)
//!     .message(&[Part::Timestamp, Part::Lit("."), Part::Body])
//!     .key(Key::Id(&[Source::Json("/id")]))
//!     .facts(Facts::new("events").ack_within(Duration::from_secs(5)))
//!     .build();
//! provider!(Acme = ACME);
//!
//! # fn main() -> Result<(), imchat_verify::ConfigError> {
//! let verifier = Acme::verifier("a signing secret")?;
//! # let _ = verifier; Ok(()) }
//! ```
//!
//! A scheme that contradicts itself does not compile:
//!
//! ```compile_fail
//! use imchat_verify::scheme::{Hash, Part, Scheme};
//! use imchat_verify::Signature;
//! // The body is not covered, and nothing admits it.
//! const BAD: Scheme = Scheme::hmac("bad", Hash::Sha256, Signature::hex("x-sig")).message(&[Part::Lit("hi")]).build();
//! ```

mod check;
mod describe;
mod facts;
mod handshake;
mod key;
mod places;
mod signature;
mod source;

pub use check::SchemeError;
pub use facts::{Accepted, Attempts, Facts, Failure, Retries};
pub(crate) use handshake::Answer;
pub use handshake::{Handshake, UnsignedHandshake};
pub use key::{Key, When};
pub use signature::{Encoding, Layout, Signature};
pub use source::{Part, PartInput, Source, Unit, WritePart};

use crate::engine::{CustomCheck, Open};
use crate::secrets::{Form, Role};
use crate::window::Window;

/// The hash under a scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-1, for platforms that never moved on; needs the feature `sha1`.
    Sha1,
}

/// What proves a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Algorithm {
    Hmac(Hash),
    Digest(Hash),
    Ed25519,
    Token(&'static [Source]),
    Custom(CustomCheck),
}

/// Which role of secret an algorithm uses and how that secret is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyRole {
    pub(crate) role: Role,
    pub(crate) form: Form,
}

/// A second algorithm under another version tag of the same signature header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alternate {
    pub(crate) version: &'static str,
    pub(crate) algorithm: Algorithm,
    pub(crate) key: KeyRole,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct TimestampRule {
    pub(crate) source: Source,
    pub(crate) unit: Unit,
    pub(crate) window: Window,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenRule {
    pub(crate) role: Role,
    pub(crate) sources: &'static [Source],
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) when: &'static [When],
    pub(crate) facts: Facts,
}

pub(crate) const MAX_KINDS: usize = 6;
pub(crate) const MAX_HANDSHAKES: usize = 3;

/// A signature scheme: one `const` value that says everything a platform's requests need.
#[derive(Debug, Clone, Copy)]
pub struct Scheme {
    pub(crate) name: &'static str,
    pub(crate) docs: &'static str,
    pub(crate) algorithm: Algorithm,
    pub(crate) key_role: KeyRole,
    pub(crate) signature: Signature,
    pub(crate) alternate: Option<Alternate>,
    pub(crate) timestamp: Option<TimestampRule>,
    pub(crate) message: &'static [Part],
    pub(crate) body_not_signed: bool,
    pub(crate) token: Option<TokenRule>,
    pub(crate) fallback: Option<&'static Scheme>,
    pub(crate) open: Option<Open>,
    pub(crate) key: Key,
    pub(crate) event_id: &'static [Source],
    pub(crate) event_type: &'static [Source],
    pub(crate) tenant: &'static [Source],
    pub(crate) handshakes: [Option<Handshake>; MAX_HANDSHAKES],
    pub(crate) unsigned_handshake: Option<UnsignedHandshake>,
    pub(crate) facts: Facts,
    pub(crate) kinds: [Option<Kind>; MAX_KINDS],
    pub(crate) not_signed: &'static [&'static str],
    /// A kind or a handshake found no room; `build` refuses it.
    pub(crate) crowded: bool,
}

/// A scheme in the making; [`build`](SchemeBuilder::build) checks it.
#[derive(Debug, Clone, Copy)]
#[must_use = "a builder does nothing until `build` checks it"]
pub struct SchemeBuilder(Scheme);

impl Scheme {
    const fn start(name: &'static str, algorithm: Algorithm, signature: Signature, key_role: KeyRole) -> SchemeBuilder {
        SchemeBuilder(Self {
            name,
            docs: "",
            algorithm,
            key_role,
            signature,
            alternate: None,
            timestamp: None,
            message: &[Part::Body],
            body_not_signed: false,
            token: None,
            fallback: None,
            open: None,
            key: Key::BodyDigest,
            event_id: &[],
            event_type: &[],
            tenant: &[],
            handshakes: [None; MAX_HANDSHAKES],
            unsigned_handshake: None,
            facts: Facts::new("events"),
            kinds: [None; MAX_KINDS],
            not_signed: &[],
            crowded: false,
        })
    }

    /// An HMAC over the message, keyed by the signing secret as text.
    pub const fn hmac(name: &'static str, hash: Hash, signature: Signature) -> SchemeBuilder {
        Self::start(name, Algorithm::Hmac(hash), signature, KeyRole { role: Role::Sign, form: Form::Text })
    }

    /// A plain digest over a message that contains the secret. Such digests can be extended, so a body with a NUL
    /// byte, which every extension carries, is refused.
    pub const fn digest(name: &'static str, hash: Hash, signature: Signature) -> SchemeBuilder {
        Self::start(name, Algorithm::Digest(hash), signature, KeyRole { role: Role::Sign, form: Form::Text })
    }

    /// An Ed25519 signature over the message; the secret is the platform's public key. Needs the feature `ed25519`.
    pub const fn ed25519(name: &'static str, signature: Signature) -> SchemeBuilder {
        Self::start(name, Algorithm::Ed25519, signature, KeyRole { role: Role::PublicKey, form: Form::Hex32 })
    }

    /// No signature: a token that the platform sends along is compared. Every one of `sources` that is present must
    /// match, and one must be there. Whoever knows the token can forge anything.
    pub const fn token(name: &'static str, sources: &'static [Source]) -> SchemeBuilder {
        let nowhere = Signature::hex("");
        Self::start(name, Algorithm::Token(sources), nowhere, KeyRole { role: Role::Token, form: Form::Text })
            .body_not_signed()
            .message(&[])
    }

    /// A check that no other scheme shares, as a plain function.
    pub const fn custom(name: &'static str, signature: Signature, check: CustomCheck) -> SchemeBuilder {
        Self::start(name, Algorithm::Custom(check), signature, KeyRole { role: Role::Sign, form: Form::Text })
    }

    /// The scheme's name: lower-case letters, digits and hyphens; the first part of every dedup key.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The platform's page on which this scheme rests.
    #[must_use]
    pub const fn docs_url(&self) -> &'static str {
        self.docs
    }

    /// The facts of deliveries that no kind describes.
    #[must_use]
    pub const fn default_facts(&self) -> &Facts {
        &self.facts
    }

    /// The facts of every kind, the default first.
    pub fn all_facts(&self) -> impl Iterator<Item = &Facts> {
        core::iter::once(&self.facts).chain(self.kinds.iter().flatten().map(|kind| &kind.facts))
    }

    /// The largest body that any kind of this scheme may have, in bytes.
    #[must_use]
    pub fn largest_body(&self) -> usize {
        self.all_facts().map(Facts::largest_body).max().unwrap_or_default()
    }

    /// What a request carries that the signature does not cover, in the reader's words.
    #[must_use]
    pub const fn not_signed(&self) -> &'static [&'static str] {
        self.not_signed
    }

    /// The default window, where the scheme has a timestamp.
    #[must_use]
    pub fn default_window(&self) -> Option<Window> {
        self.timestamp.map(|rule| rule.window)
    }

    /// What a delivery's dedup key is made of.
    #[must_use]
    pub const fn dedup(&self) -> Key {
        self.key
    }

    /// The role that [`Secrets::new`](crate::Secrets::new) fills.
    #[must_use]
    pub const fn primary_role(&self) -> Role {
        self.key_role.role
    }

    /// Whether an unsigned GET may be a handshake of this platform.
    #[must_use]
    pub const fn answers_unsigned(&self) -> bool {
        self.unsigned_handshake.is_some()
    }

    /// Whether the public URL is part of what is signed.
    #[must_use]
    pub fn signs_url(&self) -> bool {
        self.message.iter().any(|part| matches!(part, Part::Url))
    }

    /// Whether what the body says is covered by a signature.
    pub(crate) const fn signs_body(&self) -> bool {
        !self.body_not_signed
    }
}

impl SchemeBuilder {
    /// Where the time of sending stands, its unit, and the window in which it counts as fresh.
    pub const fn timestamp(mut self, source: Source, unit: Unit, window: Window) -> Self {
        self.0.timestamp = Some(TimestampRule { source, unit, window });
        self
    }

    /// The pieces of the signed message, in order.
    pub const fn message(mut self, parts: &'static [Part]) -> Self {
        self.0.message = parts;
        self
    }

    /// Admits that the body is not covered by the signature.
    pub const fn body_not_signed(mut self) -> Self {
        self.0.body_not_signed = true;
        self
    }

    /// The role of the signing secret and how it is written, where it is not plain text in [`Role::Sign`].
    pub const fn secret(mut self, role: Role, form: Form) -> Self {
        self.0.key_role = KeyRole { role, form };
        self
    }

    /// Elements of this version in the signature header are Ed25519 signatures under another role of secret.
    pub const fn also_ed25519(mut self, version: &'static str, role: Role, form: Form) -> Self {
        self.0.alternate = Some(Alternate { version, algorithm: Algorithm::Ed25519, key: KeyRole { role, form } });
        self
    }

    /// A token of this role is compared wherever it is configured, after the proof and on the opened body.
    pub const fn also_token(mut self, role: Role, sources: &'static [Source]) -> Self {
        self.0.token = Some(TokenRule { role, sources });
        self
    }

    /// Where no secret of the signing role is given, the platform signs nothing and this scheme is used.
    pub const fn or_without_key(mut self, scheme: &'static Scheme) -> Self {
        self.0.fallback = Some(scheme);
        self
    }

    /// Decrypts a proved body.
    pub const fn open(mut self, open: Open) -> Self {
        self.0.open = Some(open);
        self
    }

    /// What makes a delivery unique (the body's digest unless told).
    pub const fn key(mut self, key: Key) -> Self {
        self.0.key = key;
        self
    }

    /// Where the event's id stands, where the key is made of something else: an id that nobody signs is for logs.
    pub const fn event_id(mut self, sources: &'static [Source]) -> Self {
        self.0.event_id = sources;
        self
    }

    /// Where the event's type stands; the first that is present counts.
    pub const fn event_type(mut self, sources: &'static [Source]) -> Self {
        self.0.event_type = sources;
        self
    }

    /// Where the tenant (workspace, team, organisation) stands; the first that is present counts.
    pub const fn tenant(mut self, sources: &'static [Source]) -> Self {
        self.0.tenant = sources;
        self
    }

    /// A proved body that is answered and not handed on; at most three, tried in order.
    pub const fn handshake(mut self, handshake: Handshake) -> Self {
        let slots = &mut self.0.handshakes;
        match slots {
            [slot @ None, ..] | [Some(_), slot @ None, ..] | [Some(_), Some(_), slot @ None] => *slot = Some(handshake),
            _ => self.0.crowded = true,
        }
        self
    }

    /// Answers requests without any of the scheme's headers; at most 4 KiB of them are read.
    pub const fn unsigned_handshake(mut self, answer: UnsignedHandshake) -> Self {
        self.0.unsigned_handshake = Some(answer);
        self
    }

    /// The facts of deliveries that no kind describes.
    pub const fn facts(mut self, facts: Facts) -> Self {
        self.0.facts = facts;
        self
    }

    /// A kind of delivery with facts of its own, recognised when all of `when` hold; at most six, the first that fits
    /// counts.
    pub const fn kind(mut self, when: &'static [When], facts: Facts) -> Self {
        let kind = Some(Kind { when, facts });
        let slots = &mut self.0.kinds;
        match slots {
            [slot @ None, ..]
            | [Some(_), slot @ None, ..]
            | [Some(_), Some(_), slot @ None, ..]
            | [Some(_), Some(_), Some(_), slot @ None, ..]
            | [Some(_), Some(_), Some(_), Some(_), slot @ None, ..]
            | [Some(_), Some(_), Some(_), Some(_), Some(_), slot @ None] => *slot = kind,
            _ => self.0.crowded = true,
        }
        self
    }

    /// What a request carries that the signature does not cover, for the documentation.
    pub const fn not_signed(mut self, what: &'static [&'static str]) -> Self {
        self.0.not_signed = what;
        self
    }

    /// The platform's page on which this scheme rests.
    pub const fn docs(mut self, url: &'static str) -> Self {
        self.0.docs = url;
        self
    }

    /// Checks the scheme: in a `const`, a contradiction does not compile.
    ///
    /// # Panics
    ///
    /// With the contradiction's sentence. At run time use [`try_build`](Self::try_build).
    #[must_use]
    #[expect(clippy::panic, reason = "in a const this is the compiler's error message")]
    pub const fn build(self) -> Scheme {
        match self.try_build() {
            Ok(scheme) => scheme,
            Err(error) => panic!("{}", error.as_str()),
        }
    }

    /// Checks the scheme.
    ///
    /// # Errors
    ///
    /// [`SchemeError`] names the rule that the scheme breaks.
    pub const fn try_build(self) -> Result<Scheme, SchemeError> {
        match check::check(&self.0) {
            Ok(()) => Ok(self.0),
            Err(error) => Err(error),
        }
    }
}
