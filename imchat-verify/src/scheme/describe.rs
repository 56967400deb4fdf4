//! What a scheme says of itself: for tables, documentation and tools that take their secrets by role.

use super::{Algorithm, Facts, Hash, Key, Layout, Part, Scheme, Source, Unit};
use crate::secrets::{Form, Role};

impl Algorithm {
    const fn name(self) -> &'static str {
        match self {
            Self::Hmac(Hash::Sha256) => "HMAC-SHA256",
            Self::Hmac(Hash::Sha1) => "HMAC-SHA1",
            Self::Digest(Hash::Sha256) => "SHA-256",
            Self::Digest(Hash::Sha1) => "SHA-1",
            Self::Ed25519 => "Ed25519",
            Self::Token(_) => "token",
            Self::Custom(_) => "function",
            #[cfg(feature = "jwt")]
            Self::Jwt(_) => "JWT (RS256)",
        }
    }
}

impl Scheme {
    /// What proves a request, by name, such as `HMAC-SHA256`; a second one where the scheme has two.
    ///
    /// ```
    /// use imchat_verify::providers::STANDARD_WEBHOOKS;
    /// # #[cfg(feature = "ed25519")]
    /// assert_eq!(STANDARD_WEBHOOKS.proofs().collect::<Vec<_>>(), ["HMAC-SHA256", "Ed25519"]);
    /// ```
    pub fn proofs(&self) -> impl Iterator<Item = &'static str> {
        let second = self.alternate.map(|second| second.algorithm);
        core::iter::once(self.algorithm).chain(second).map(Algorithm::name)
    }

    /// The pieces of the signed message, in order; empty where nothing is signed.
    #[must_use]
    pub const fn message(&self) -> &'static [Part] {
        self.message
    }

    /// Whether the pieces of the message are fed in the order of their bytes.
    #[must_use]
    pub const fn sorts_message(&self) -> bool {
        self.sorted.is_some()
    }

    /// Where the time of sending stands and how it is written, where the scheme checks one.
    #[must_use]
    pub fn timestamp(&self) -> Option<(Source, Unit)> {
        self.timestamp.map(|rule| (rule.source, rule.unit))
    }

    /// Whether one request may carry several signatures, as platforms do while a secret is changed.
    #[must_use]
    pub const fn lists_signatures(&self) -> bool {
        !matches!(self.signature.layout, Layout::Prefixed(_))
    }

    /// Whether a proved request may be a question whether the endpoint is alive, which is answered and not handed on.
    #[must_use]
    pub fn answers_signed(&self) -> bool {
        self.handshakes.iter().any(Option::is_some) || self.proved_get.is_some()
    }

    /// The roles of secret that this scheme reads and how each is written, the signing one first.
    ///
    /// ```
    /// use imchat_verify::providers::SLACK;
    /// use imchat_verify::{Form, Role};
    /// assert_eq!(SLACK.roles().collect::<Vec<_>>(), [(Role::Sign, Form::Text)]);
    /// ```
    pub fn roles(&self) -> impl Iterator<Item = (Role, Form)> {
        let second = self.alternate.map(|second| (second.key.role, second.key.form));
        let token = self.token.map(|rule| (rule.role, Form::Text));
        let others = self.others.iter().chain(self.options).copied();
        core::iter::once((self.key_role.role, self.key_role.form)).chain(second).chain(token).chain(others)
    }

    /// The scheme that is used where no secret of the signing role is given.
    #[must_use]
    pub const fn without_key(&self) -> Option<&'static Self> {
        self.fallback
    }

    /// What the dedup key of this kind of delivery is made of.
    #[must_use]
    pub fn dedup_of(&self, kind: &Facts) -> Key {
        kind.own_key().unwrap_or(self.key)
    }
}
