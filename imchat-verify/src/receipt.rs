//! What remains of a proved request once it is handed on.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use bytes::Bytes;
use time::OffsetDateTime;

use crate::Digest;
use crate::engine::{Core, Proof, SentAt, sha256};
use crate::identity::{self, Identity};
use crate::proved::{Kept, KeptHeaders};
use crate::scheme::{Facts, Scheme};
use crate::verifier::{AnyProvider, Provider};

/// The proof that a request was proved: only the engine makes one, and a handler that has one needs no other check.
///
/// It shares the body's bytes and is cheap to clone.
pub struct Receipt<P = AnyProvider> {
    core: Arc<Core>,
    body: Bytes,
    headers: KeptHeaders,
    proof: Proof,
    provider: PhantomData<fn() -> P>,
}

impl<P> Receipt<P> {
    pub(crate) fn new(core: Arc<Core>, body: Bytes, headers: Vec<Kept>, proof: Proof) -> Self {
        Self {
            core,
            body,
            headers: KeptHeaders((!headers.is_empty()).then(|| headers.into())),
            proof,
            provider: PhantomData,
        }
    }

    /// The scheme that proved it.
    #[must_use]
    pub fn scheme(&self) -> &'static Scheme {
        self.core.scheme
    }

    /// The name of the endpoint it came to, where its verifier has one.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.core.endpoint.as_deref()
    }

    /// The body that was proved, decrypted where the platform encrypts.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.body
    }

    /// SHA-256 of the body; every call hashes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        sha256(&self.body)
    }

    /// When the platform says it sent this, where the scheme has a time and a window is set.
    #[must_use]
    pub fn sent_at(&self) -> Option<OffsetDateTime> {
        self.proof.sent_at.and_then(SentAt::date)
    }

    /// Which secret proved it: 0 is the current one.
    #[must_use]
    pub const fn secret(&self) -> usize {
        self.proof.secret
    }

    /// The facts of this kind of delivery.
    #[must_use]
    pub fn kind(&self) -> &'static Facts {
        identity::kind(&self.core, &self.body, &self.headers)
    }

    /// Who and what this is; every call scans the body once.
    #[must_use]
    pub fn identity(&self) -> Identity<'_> {
        identity::identify(&self.core, &self.body, &self.headers, &|| self.digest())
    }

    /// A field of a form body, decoded; nothing where the body is JSON, or the field is absent or comes twice.
    #[must_use]
    pub fn form_field(&self, name: &str) -> Option<String> {
        if crate::scan::looks_like_json(&self.body) { None } else { crate::scan::form::field(&self.body, name) }
    }

    /// The same receipt without its provider's type.
    #[must_use]
    pub fn any(self) -> Receipt<AnyProvider> {
        let Self { core, body, headers, proof, .. } = self;
        Receipt { core, body, headers, proof, provider: PhantomData }
    }
}

impl Receipt<AnyProvider> {
    /// The same receipt with its provider's type, if it is of that provider.
    #[must_use]
    pub fn of<P: Provider>(self) -> Option<Receipt<P>> {
        // Two verifiers of one provider may run different schemes of the same name (with and without a key).
        let same = self.core.scheme.name() == P::SCHEME.name();
        let Self { core, body, headers, proof, .. } = self;
        same.then_some(Receipt { core, body, headers, proof, provider: PhantomData })
    }
}

impl<P> Clone for Receipt<P> {
    fn clone(&self) -> Self {
        Self {
            core: Arc::clone(&self.core),
            body: self.body.clone(),
            headers: self.headers.clone(),
            proof: self.proof,
            provider: PhantomData,
        }
    }
}

impl<P> fmt::Debug for Receipt<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt")
            .field("scheme", &self.core.scheme.name())
            .field("bytes", &self.body.len())
            .field("sent_at", &self.sent_at())
            .field("secret", &self.proof.secret)
            .finish_non_exhaustive()
    }
}
