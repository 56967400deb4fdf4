//! The one engine that runs every scheme.
//!
//! A request goes through `prepare` (everything the head alone decides), `prove` (the signature over the body),
//! `open` (decryption, and requests that nobody signs) and `answer` (handshakes). Nothing here knows a platform.

mod answer;
mod border;
mod candidates;
mod ed25519;
#[cfg(feature = "jwt")]
mod jwt;
mod key;
mod mac;
mod open;
mod prepare;
mod prove;
mod timestamp;
mod wanted;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use core::fmt;

use time::OffsetDateTime;

pub use answer::Question;
#[cfg(any(feature = "chat", feature = "commerce"))]
pub(crate) use border::url_and_body;
pub(crate) use key::Key;
#[cfg(feature = "sign")]
pub(crate) use key::Material;
#[cfg(all(feature = "chat", feature = "aes"))]
pub(crate) use mac::Mac;
pub(crate) use mac::sha256;
pub(crate) use open::UNSIGNED_LIMIT;
pub use open::Unsigned;
pub(crate) use prepare::Prepared;
#[cfg(feature = "sign")]
pub(crate) use prove::sorted;
pub(crate) use prove::{FeedSorted, MAX_PIECES, Proof, ProveByBody, Stream};
pub(crate) use timestamp::SentAt;
pub(crate) use wanted::{MAX_FAMILIES, MAX_PARTS};

use crate::config::{ConfigError, ConfigWarning};
use crate::head::Head;
use crate::identity::Plan;
use crate::scan::Sources;
use crate::scheme::{Part, Scheme};
use crate::secrets::{Role, Secrets};
use crate::window::Window;

/// What a check of [`Scheme::custom`] may see.
#[derive(Clone, Copy)]
pub struct CustomInput<'a> {
    /// One of the secrets, decoded. The check runs once for each.
    pub secret: &'a [u8],
    /// The request's head.
    pub head: Head<'a>,
    /// The raw body.
    pub body: &'a [u8],
    /// The signature's text, where the scheme names a header for it.
    pub signature: Option<&'a [u8]>,
    /// The timestamp's text, where the scheme has one.
    pub timestamp: Option<&'a [u8]>,
}

impl fmt::Debug for CustomInput<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomInput").finish_non_exhaustive()
    }
}

/// Says whether a request is proved by one secret; it must compare in constant time.
pub type CustomCheck = fn(&CustomInput<'_>) -> bool;

/// What a function of [`SchemeBuilder::open`](crate::scheme::SchemeBuilder::open) may see.
#[derive(Clone, Copy)]
pub struct OpenInput<'a> {
    /// The request's head.
    pub head: Head<'a>,
    /// The raw body.
    pub body: &'a [u8],
    /// The secret that proved the request, decoded.
    pub secret: &'a [u8],
    others: Others<'a>,
}

impl<'a> OpenInput<'a> {
    /// A parameter of the URL's query, decoded; nothing where it is absent, empty, no text, comes twice, or is longer than
    /// 1 KiB.
    #[must_use]
    #[inline]
    pub fn query(&self, name: &str) -> Option<String> {
        self.head.query(name)
    }

    /// What is configured for a role of [`also_needs`](crate::scheme::SchemeBuilder::also_needs), decoded.
    pub fn others(&self, role: Role) -> impl Iterator<Item = &'a [u8]> {
        self.others.of(role)
    }
}

impl fmt::Debug for OpenInput<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenInput").finish_non_exhaustive()
    }
}

/// What a scheme's functions need beside the secret that proved a request, so far as it counts at a moment.
#[derive(Clone, Copy)]
pub(crate) struct Others<'a> {
    all: &'a [Key],
    now: OffsetDateTime,
}

impl<'a> Others<'a> {
    pub(crate) fn of(self, role: Role) -> impl Iterator<Item = &'a [u8]> {
        let counting = self.all.iter().filter(move |key| key.role == role && key.counts_at(self.now));
        counting.map(|key| key.secret.as_slice())
    }
}

/// Decrypts a proved body: `None` where the body is not encrypted, an error where it does not decrypt.
pub type Open = fn(&OpenInput<'_>) -> Result<Option<Vec<u8>>, Undecryptable>;

/// A body that is encrypted but does not decrypt; why is nobody's business but the sender's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undecryptable;

/// A scheme with its keys: what a verifier is made of.
#[derive(Clone)]
pub(crate) struct Core {
    pub(crate) scheme: &'static Scheme,
    pub(crate) keys: Vec<Key>,
    tokens: Vec<Key>,
    /// What functions need beside the keys.
    others: Vec<Key>,
    pub(crate) window: Option<Window>,
    pub(crate) endpoint: Option<Box<str>>,
    wanted: wanted::Wanted,
    handshakes: Vec<answer::Rule>,
    /// The values that the message takes up.
    bordered: Vec<border::Bordered>,
    /// Whether the body follows the URL in the message, with nothing between them.
    url_meets_body: bool,
    /// All places that say who and what a request is.
    pub(crate) sources: Sources,
    pub(crate) plan: Plan,
    pub(crate) warnings: Vec<ConfigWarning>,
}

impl Core {
    pub(crate) fn new(scheme: &'static Scheme, secrets: &Secrets) -> Result<Self, ConfigError> {
        let primary = scheme.key_role.role;
        let signing = key::signing_keys(scheme, secrets, primary)?;
        let (scheme, keys) = match (signing.is_empty(), scheme.fallback) {
            (true, Some(fallback)) => (fallback, key::signing_keys(fallback, secrets, primary)?),
            _ => (scheme, signing),
        };
        if keys.is_empty() {
            return Err(ConfigError::NoSecret(scheme.key_role.role));
        }
        let tokens = match scheme.token {
            Some(rule) => key::token_keys(rule, secrets, primary)?,
            None => Vec::new(),
        };
        let others = key::others(scheme, secrets, primary)?;
        key::refuse_unknown_roles(scheme, secrets, primary)?;
        let warnings = key::warnings(secrets, scheme, primary);
        let wanted = wanted::Wanted::new(scheme);
        let handshakes = answer::rules(scheme);
        let url_meets_body = scheme.message.windows(2).any(|pair| matches!(pair, [Part::Url, Part::Body]));
        let sources = Sources::new(&crate::identity::sources(scheme));
        let plan = Plan::new(scheme, &sources);
        Ok(Self {
            scheme,
            keys,
            tokens,
            others,
            window: scheme.default_window(),
            endpoint: None,
            wanted,
            handshakes,
            bordered: border::bordered(scheme),
            url_meets_body,
            sources,
            plan,
            warnings,
        })
    }

    pub(crate) fn others(&self, now: OffsetDateTime) -> Others<'_> {
        Others { all: &self.others, now }
    }

    /// The parts of the message before and after the body, and whether the body stands between them.
    pub(crate) fn around_body(&self) -> (&'static [Part], &'static [Part], bool) {
        let parts = self.scheme.message;
        let at = parts.iter().position(|part| matches!(part, Part::Body));
        let split = at.and_then(|at| Some((parts.get(..at)?, parts.get(at.checked_add(1)?..)?)));
        split.map_or((parts, &[], false), |(before, after)| (before, after, true))
    }
}
