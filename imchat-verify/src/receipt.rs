//! What remains of a proved request once it is handed on.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use bytes::Bytes;
use time::OffsetDateTime;

use crate::Digest;
use crate::batch::Batch;
use crate::engine::{Core, Proof, SentAt, sha256};
use crate::identity::{self, Identity};
use crate::proved::{Kept, KeptHeaders};
use crate::reply::Reply;
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
    accepted: Option<Arc<Reply>>,
    provider: PhantomData<fn() -> P>,
}

impl<P> Receipt<P> {
    pub(crate) fn new(
        core: Arc<Core>,
        body: Bytes,
        headers: Vec<Kept>,
        proof: Proof,
        accepted: Option<Arc<Reply>>,
    ) -> Self {
        Self {
            core,
            body,
            headers: KeptHeaders((!headers.is_empty()).then(|| headers.into())),
            proof,
            accepted,
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

    /// The answer that tells the platform that this is taken: its kind's, or where that takes a secret the one that was
    /// worked out for this request.
    #[must_use]
    pub fn accepted_reply(&self) -> Reply {
        self.accepted.as_deref().cloned().unwrap_or_else(|| self.accepted_as(&self.identity()))
    }

    /// The same where the identity is at hand.
    #[must_use]
    pub fn accepted_as(&self, identity: &Identity<'_>) -> Reply {
        self.accepted.as_deref().cloned().unwrap_or_else(|| identity.facts().accepted_reply(identity))
    }

    /// The items of a batch, each as if it had come alone: its body is the request's without the other items, and its
    /// identity is its own. Nothing where the request is no batch; an empty list where it is an empty one.
    ///
    /// ```
    /// # #[cfg(all(feature = "chat", feature = "sign"))]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use imchat_verify::providers::{LINE, Line};
    /// # use imchat_verify::sign::{SignRequest, Signer};
    /// # use imchat_verify::{Head, Verdict};
    /// # let now = time::OffsetDateTime::UNIX_EPOCH;
    /// let body = br#"{"destination":"U1","events":[{"webhookEventId":"01A"},{"webhookEventId":"01B"}]}"#;
    /// # let headers = Signer::of(&LINE, "a channel secret")?.sign(SignRequest::post(body, now))?;
    /// # let verifier = Line::verifier("a channel secret")?;
    /// # let Verdict::Event(proved) = verifier.verify(Head::post(&headers), body, now)? else { return Ok(()) };
    /// let items = proved.receipt().items().expect("LINE sends batches");
    /// assert_eq!(&items[1].body()[..], br#"{"destination":"U1","events":[{"webhookEventId":"01B"}]}"#);
    /// assert_ne!(items[0].identity().dedup_key, items[1].identity().dedup_key);
    /// # Ok(()) }
    /// # #[cfg(not(all(feature = "chat", feature = "sign")))] fn main() {}
    /// ```
    #[must_use]
    pub fn items(&self) -> Option<Vec<Self>> {
        if !self.core.scheme.sends_batches() {
            return None;
        }
        let key = self.kind().own_key().unwrap_or(self.core.scheme.key);
        let batch = Batch::read(key, &self.body)?;
        let item = |body: Vec<u8>| Self { body: Bytes::from(body), ..self.clone() };
        Some(batch.alone().map(item).collect())
    }

    /// A field of a form body, decoded; nothing where the body is JSON, or the field is absent or comes twice.
    #[must_use]
    pub fn form_field(&self, name: &str) -> Option<String> {
        if crate::scan::looks_like_json(&self.body) { None } else { crate::scan::form::field(&self.body, name) }
    }

    /// The same receipt without its provider's type.
    #[must_use]
    pub fn any(self) -> Receipt<AnyProvider> {
        let Self { core, body, headers, proof, accepted, .. } = self;
        Receipt { core, body, headers, proof, accepted, provider: PhantomData }
    }
}

impl Receipt<AnyProvider> {
    /// The same receipt with its provider's type, if it is of that provider.
    #[must_use]
    pub fn of<P: Provider>(self) -> Option<Receipt<P>> {
        // Two verifiers of one provider may run different schemes of the same name (with and without a key).
        let same = self.core.scheme.name() == P::SCHEME.name();
        let Self { core, body, headers, proof, accepted, .. } = self;
        same.then_some(Receipt { core, body, headers, proof, accepted, provider: PhantomData })
    }
}

impl<P> Clone for Receipt<P> {
    fn clone(&self) -> Self {
        Self {
            core: Arc::clone(&self.core),
            body: self.body.clone(),
            headers: self.headers.clone(),
            proof: self.proof,
            accepted: self.accepted.clone(),
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
