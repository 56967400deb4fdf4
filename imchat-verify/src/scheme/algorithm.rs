//! What proves a request, and the schemes that begin with it.

#[cfg(feature = "jwt")]
use super::{Encoding, Jwt};
use super::{Scheme, SchemeBuilder, Signature, Source};
use crate::engine::CustomCheck;
use crate::secrets::{Form, Role};

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
    #[cfg(feature = "jwt")]
    Jwt(Jwt),
}

impl Algorithm {
    /// Whether it makes a tag of a message, which a request carries.
    pub(crate) const fn tags(self) -> bool {
        matches!(self, Self::Hmac(_) | Self::Digest(_) | Self::Ed25519)
    }
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

impl Scheme {
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

    /// A token in the header `authorization`, signed by a key that its issuer publishes ([`Role::Jwks`]), for
    /// [`Role::Audience`], which both must be given. It covers nothing of the body but what [`Jwt::bound`] names.
    #[cfg(feature = "jwt")]
    pub const fn jwt(name: &'static str, rule: Jwt) -> SchemeBuilder {
        const NEEDS: &[(Role, Form)] = &[(Role::Audience, Form::Claim)];
        let bearer = Signature::at(Source::Header("authorization"), Encoding::Base64);
        Self::start(name, Algorithm::Jwt(rule), bearer, KeyRole { role: Role::Jwks, form: Form::Jwks })
            .body_not_signed()
            .message(&[])
            .also_needs(NEEDS)
    }
}
