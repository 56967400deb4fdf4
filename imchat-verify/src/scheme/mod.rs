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

mod algorithm;
mod builder;
mod check;
mod describe;
mod facts;
mod handshake;
#[cfg(feature = "jwt")]
mod jwt;
mod key;
mod places;
mod signature;
mod source;

pub use algorithm::Hash;
pub(crate) use algorithm::{Algorithm, Alternate, KeyRole};
pub use builder::SchemeBuilder;
pub use check::SchemeError;
pub use facts::{Accepted, Attempts, Facts, Failure, Retries};
pub(crate) use handshake::Answer;
pub use handshake::{AnswerHandshake, Handshake, UnsignedHandshake};
#[cfg(feature = "jwt")]
pub(crate) use jwt::Bound;
#[cfg(feature = "jwt")]
pub use jwt::{Issuer, Jwt};
pub use key::{Key, List, When};
pub use signature::{Encoding, Layout, Signature};
pub use source::{Part, PartInput, Source, SpellUrl, Unit, WritePart};

use crate::engine::{FeedSorted, Open, ProveByBody};
use crate::secrets::{Form, Role};
use crate::window::Window;

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
    /// A function that writes a part reads the URL.
    pub(crate) reads_url: bool,
    pub(crate) spellings: Option<SpellUrl>,
    /// Feeds its pieces in the order of their bytes, where they are.
    pub(crate) sorted: Option<FeedSorted>,
    /// Proves requests whose signature stands in the body.
    pub(crate) by_body: Option<ProveByBody>,
    /// What the scheme's functions need beside the signing secret.
    pub(crate) others: &'static [(Role, Form)],
    /// What they may be given.
    pub(crate) options: &'static [(Role, Form)],
    pub(crate) token: Option<TokenRule>,
    pub(crate) fallback: Option<&'static Scheme>,
    pub(crate) open: Option<Open>,
    pub(crate) key: Key,
    pub(crate) event_id: &'static [Source],
    pub(crate) event_type: &'static [Source],
    pub(crate) tenant: &'static [Source],
    pub(crate) handshakes: [Option<Handshake>; MAX_HANDSHAKES],
    pub(crate) unsigned_handshake: Option<UnsignedHandshake>,
    /// Its method is GET.
    pub(crate) asks_by_get: bool,
    /// Answers a GET that is proved.
    pub(crate) proved_get: Option<AnswerHandshake>,
    /// Says that a delivery is taken, where that takes a secret.
    pub(crate) accepts_with: Option<AnswerHandshake>,
    pub(crate) facts: Facts,
    pub(crate) kinds: [Option<Kind>; MAX_KINDS],
    pub(crate) not_signed: &'static [&'static str],
    /// A kind or a handshake found no room; `build` refuses it.
    pub(crate) crowded: bool,
}

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
            reads_url: false,
            spellings: None,
            sorted: None,
            by_body: None,
            others: &[],
            options: &[],
            token: None,
            fallback: None,
            open: None,
            key: Key::BodyDigest,
            event_id: &[],
            event_type: &[],
            tenant: &[],
            handshakes: [None; MAX_HANDSHAKES],
            unsigned_handshake: None,
            asks_by_get: false,
            proved_get: None,
            accepts_with: None,
            facts: Facts::new("events"),
            kinds: [None; MAX_KINDS],
            not_signed: &[],
            crowded: false,
        })
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

    /// The default window, where the scheme has a timestamp, or a token that ends.
    #[must_use]
    pub fn default_window(&self) -> Option<Window> {
        match self.algorithm {
            #[cfg(feature = "jwt")]
            Algorithm::Jwt(rule) => Some(rule.window),
            _ => self.timestamp.map(|rule| rule.window),
        }
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

    /// Whether a request that nobody signs may be a handshake of this platform.
    #[must_use]
    pub const fn answers_unsigned(&self) -> bool {
        self.unsigned_handshake.is_some()
    }

    /// Whether this platform sets an endpoint up by a GET, signed or not; otherwise it sends none.
    #[must_use]
    pub const fn answers_get(&self) -> bool {
        self.asks_by_get || self.proved_get.is_some()
    }

    /// Whether a request may carry several items, each handled once.
    #[must_use]
    pub fn sends_batches(&self) -> bool {
        let is_batch = |key: Key| matches!(key, Key::PerItem(_));
        is_batch(self.key) || self.kinds.iter().flatten().filter_map(|kind| kind.facts.own_key()).any(is_batch)
    }

    /// Whether the public URL is part of what is signed.
    #[must_use]
    pub fn signs_url(&self) -> bool {
        self.reads_url || self.message.iter().any(|part| matches!(part, Part::Url))
    }

    /// Whether what proves a request stands in the header of this lower-case name: its signature or its token.
    ///
    /// ```
    /// use imchat_verify::providers::SVIX;
    /// assert!(SVIX.proves_by("svix-signature") && SVIX.proves_by("webhook-signature"));
    /// assert!(!SVIX.proves_by("stripe-signature"));
    /// ```
    #[must_use]
    #[inline]
    pub fn proves_by(&self, name: &str) -> bool {
        let here = |source: &Source| match source {
            Source::Header(header) => match header.strip_prefix('*') {
                Some(rest) => name.strip_suffix(rest).is_some_and(|family| self.signature.family.contains(&family)),
                None => *header == name,
            },
            _ => false,
        };
        let tokens = match self.algorithm {
            Algorithm::Token(sources) => sources,
            _ => &[],
        };
        let extra = self.token.map_or(&[][..], |token| token.sources);
        here(&self.signature.source)
            || tokens.iter().chain(extra).any(here)
            || self.fallback.is_some_and(|scheme| scheme.proves_by(name))
    }

    /// Whether what proves a request stands in the URL's query: a sender finds it in
    /// [`Signer::query`](crate::sign::Signer::query).
    #[must_use]
    pub const fn proves_in_query(&self) -> bool {
        matches!(self.signature.source, Source::Query(_))
    }

    /// Whether what the body says is covered by a signature.
    pub(crate) const fn signs_body(&self) -> bool {
        !self.body_not_signed
    }
}
