//! A request that is proved: its body, and what can be said of it.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::OnceCell;
use core::fmt;
use core::marker::PhantomData;

use bytes::Bytes;
use time::OffsetDateTime;

use crate::Digest;
use crate::engine::{Core, Proof, SentAt, sha256};
use crate::head::{Head, Headers};
use crate::identity::{self, Identity};
use crate::receipt::Receipt;
use crate::reply::Reply;
use crate::scheme::{Facts, Source};

/// The bytes that were proved.
pub(crate) enum Wire<'r> {
    Borrowed(&'r [u8]),
    Owned(Bytes),
}

impl Wire<'_> {
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }

    fn to_bytes(&self) -> Bytes {
        match self {
            Self::Borrowed(bytes) => Bytes::copy_from_slice(bytes),
            Self::Owned(bytes) => bytes.clone(),
        }
    }
}

/// A request that is proved.
///
/// Nothing of the body was parsed to get here. What is asked for is computed then: [`identity`](Self::identity) scans
/// the body once for all its answers, [`digest`](Self::digest) hashes it at its first call.
pub struct Proved<'r, P> {
    core: &'r Arc<Core>,
    head: Head<'r>,
    wire: Wire<'r>,
    opened: Option<Bytes>,
    proof: Proof,
    /// When it was proved.
    now: OffsetDateTime,
    digest: OnceCell<Digest>,
    provider: PhantomData<fn() -> P>,
}

impl<'r, P> Proved<'r, P> {
    pub(crate) fn new(
        core: &'r Arc<Core>,
        head: Head<'r>,
        wire: Wire<'r>,
        opened: Option<Vec<u8>>,
        proof: Proof,
        now: OffsetDateTime,
    ) -> Self {
        let opened = opened.map(Bytes::from);
        Self { core, head, wire, opened, proof, now, digest: OnceCell::new(), provider: PhantomData }
    }

    /// The body to work with: decrypted where the platform encrypts, otherwise the bytes that were proved.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.opened.as_deref().unwrap_or(self.wire.as_slice())
    }

    /// The bytes that were proved, as they came over the wire.
    #[must_use]
    pub fn wire(&self) -> &[u8] {
        self.wire.as_slice()
    }

    /// SHA-256 of [`body`](Self::body), computed at the first call.
    #[must_use]
    pub fn digest(&self) -> Digest {
        *self.digest.get_or_init(|| sha256(self.body()))
    }

    /// When the platform says it sent this, where the scheme has a time and a window is set.
    #[must_use]
    pub fn sent_at(&self) -> Option<OffsetDateTime> {
        self.proof.sent_at.and_then(SentAt::date)
    }

    /// Which secret proved it: 0 is the current one. Count it, to see when a rotation is over.
    #[must_use]
    pub const fn secret(&self) -> usize {
        self.proof.secret
    }

    /// The facts of this kind of delivery.
    #[must_use]
    pub fn kind(&self) -> &'static Facts {
        identity::kind(self.core, self.body(), self.head.headers())
    }

    /// Who and what this is: event, type, tenant and dedup key, from one scan of the body.
    #[must_use]
    pub fn identity(&self) -> Identity<'_> {
        identity::identify(self.core, self.body(), self.head.headers(), &|| self.digest())
    }

    /// The items of a batch, each as if it had come alone; nothing where the request is no batch. See
    /// [`Receipt::items`].
    #[must_use]
    pub fn items(&self) -> Option<Vec<Receipt<P>>> {
        if self.core.scheme.sends_batches() { self.receipt().items() } else { None }
    }

    /// What a handler keeps of this request, without its lifetime.
    #[must_use]
    pub fn receipt(&self) -> Receipt<P> {
        let body = self.opened.clone().unwrap_or_else(|| self.wire.to_bytes());
        Receipt::new(Arc::clone(self.core), body, self.kept_headers(), self.proof, self.accepted())
    }

    /// The answer that says taken, where it is this request's own.
    fn accepted(&self) -> Option<Arc<Reply>> {
        let question = self.core.question(self.proof.key, self.head, self.wire(), self.body(), self.now);
        self.core.accepted(&question).map(Arc::new)
    }

    /// The same as [`receipt`](Self::receipt), without a copy of bytes that are already shared.
    #[must_use]
    pub fn into_receipt(self) -> Receipt<P> {
        let (core, headers, proof) = (Arc::clone(self.core), self.kept_headers(), self.proof);
        let accepted = self.accepted();
        Receipt::new(core, self.into_body(), headers, proof, accepted)
    }

    /// The body as shared bytes; copied where it was only borrowed.
    #[must_use]
    pub fn into_body(self) -> Bytes {
        match (self.opened, self.wire) {
            (Some(opened), _) => opened,
            (None, Wire::Owned(bytes)) => bytes,
            (None, Wire::Borrowed(bytes)) => Bytes::copy_from_slice(bytes),
        }
    }

    /// The headers that say who and what this is; they are few, and most schemes have none.
    fn kept_headers(&self) -> Vec<Kept> {
        let mut kept = Vec::new();
        for source in self.core.sources.iter() {
            if let Source::Header(name) = source {
                // In a family the spelling that was used is kept under the scheme's own name.
                let value = identity::header(self.core.scheme, self.head.headers(), name);
                kept.extend(value.map(|value| (name, Box::from(value))));
            }
        }
        kept
    }
}

impl<P> fmt::Debug for Proved<'_, P> {
    /// A body may hold secrets of the people who wrote it: only its length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proved")
            .field("scheme", &self.core.scheme.name())
            .field("bytes", &self.body().len())
            .field("sent_at", &self.sent_at())
            .field("secret", &self.proof.secret)
            .finish_non_exhaustive()
    }
}

/// Kept headers are walked like any others.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeptHeaders(pub(crate) Option<Arc<[Kept]>>);

/// A header by the scheme's own name for it, with its raw value.
pub(crate) type Kept = (&'static str, Box<[u8]>);

impl Headers for KeptHeaders {
    fn each<'a>(&'a self, f: &mut dyn FnMut(&'a str, &'a [u8])) {
        for (name, value) in self.0.iter().flat_map(|kept| kept.iter()) {
            f(name, value);
        }
    }
}
