//! Who and what a proved request is, and how far each statement is to be trusted.

mod plan;
mod provenance;
mod values;

use alloc::borrow::Cow;
use core::fmt;

pub(crate) use plan::{Plan, sources};
pub use provenance::{Provenance, Stated};
pub(crate) use values::header;

use crate::Digest;
use crate::batch::Batch;
use crate::dedup::DedupKey;
use crate::engine::{Core, sha256};
use crate::head::Headers;
use crate::scheme::{Algorithm, Attempts, Facts, Key};
use values::Values;

/// Who and what a proved request is.
#[derive(Clone)]
#[non_exhaustive]
pub struct Identity<'a> {
    /// The platform's id of the event.
    pub event_id: Option<Stated<'a>>,
    /// The id by which the platform asks receivers to tell duplicates apart, where it is not the event's.
    pub semantic_id: Option<Stated<'a>>,
    /// The event's type, in the platform's words.
    pub event_type: Option<Stated<'a>>,
    /// The workspace, team or organisation it belongs to.
    pub tenant: Option<Stated<'a>>,
    /// The key under which it is handled once; none where handling it twice changes nothing.
    pub dedup_key: Option<DedupKey>,
    /// What every attempt under the same key must bring along.
    pub witness: Witness,
    /// The name of its kind.
    pub kind: &'static str,
    facts: &'static Facts,
    secret_id: bool,
}

/// What every attempt under one dedup key must bring along, beside the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Witness {
    /// Nothing: bodies may honestly differ between attempts.
    Nothing,
    /// The digest of the body: another one under the same id is not the same delivery.
    Body(Digest),
    /// The digest of the delivery's id, where the key is the body: another id with the same body is a replay.
    DeliveryId(Digest),
}

impl Witness {
    /// The digest to claim with.
    #[must_use]
    pub const fn digest(&self) -> Option<Digest> {
        match self {
            Self::Nothing => None,
            Self::Body(digest) | Self::DeliveryId(digest) => Some(*digest),
        }
    }

    /// Whether it is the body's digest.
    #[must_use]
    pub const fn is_body(&self) -> bool {
        matches!(self, Self::Body(_))
    }
}

impl fmt::Debug for Identity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Identity");
        out.field("kind", &self.kind).field("event_type", &self.event_type).field("tenant", &self.tenant);
        if !self.secret_id {
            out.field("event_id", &self.event_id).field("semantic_id", &self.semantic_id);
        }
        out.field("dedup_key", &self.dedup_key).finish_non_exhaustive()
    }
}

impl Identity<'_> {
    /// The facts of its kind.
    #[must_use]
    pub const fn facts(&self) -> &'static Facts {
        self.facts
    }

    /// Whether the ids are capabilities (a Slack `trigger_id`): whoever reads them can use them, so they belong in no
    /// log and on no screen.
    #[must_use]
    pub const fn ids_are_secret(&self) -> bool {
        self.secret_id
    }
}

/// The facts of the kind that a body is of.
pub(crate) fn kind(core: &Core, body: &[u8], headers: &dyn Headers) -> &'static Facts {
    if core.scheme.kinds.iter().all(Option::is_none) {
        return &core.scheme.facts;
    }
    Values::read(core, body, headers).kind().0
}

pub(crate) fn identify<'a>(
    core: &'a Core,
    body: &'a [u8],
    headers: &'a (dyn Headers + 'a),
    digest: &dyn Fn() -> Digest,
) -> Identity<'a> {
    let scheme = core.scheme;
    let values = Values::read(core, body, headers);
    let plan = &core.plan;
    let (facts, own_places) = values.kind();
    let key = facts.own_key().unwrap_or(scheme.key);
    let key_id = values.id(&plan.key, scheme.key);
    let own_id = facts.own_key().and_then(|key| values.id(own_places, key));
    let tenant = values.first(&plan.tenant, scheme.tenant);
    // What nobody signs would let a relay choose the key; where the body is not signed at all there is nothing better.
    let signs_none = !scheme.signs_body() || matches!(scheme.algorithm, Algorithm::Custom(_));
    let counts = |stated: &&Stated<'_>| signs_none || matches!(stated, Provenance::Signed(_));
    let scope = crate::dedup::Scope {
        provider: scheme.name,
        endpoint: core.endpoint.as_deref(),
        tenant: tenant.as_ref().filter(counts).map(|tenant| tenant.get().as_ref()),
    };
    let key_places = if facts.own_key().is_some() { own_places } else { &plan.key };
    let joined = values.joined(key_places, key);
    let id = if facts.own_key().is_some() { own_id.as_ref() } else { key_id.as_ref() };
    let id = joined.as_ref().or(id).filter(counts);
    let batch = Batch::read(key, body);
    let dedup_key = match key {
        Key::PerItem(_) => batch.as_ref().map_or_else(|| Some(scope.digest_key(&digest())), |batch| batch.key(&scope)),
        Key::Never => None,
        Key::BodyDigest => Some(scope.digest_key(&digest())),
        Key::Id(_) => Some(id.map_or_else(|| scope.digest_key(&digest()), |id| scope.id_key(id.get()))),
        Key::SecretId(_) => Some(id.map_or_else(|| scope.digest_key(&digest()), |id| scope.secret_id_key(id.get()))),
        Key::Joined(_) => Some(id.map_or_else(|| scope.digest_key(&digest()), |id| scope.joined_key(id.get()))),
    };
    let by_body = batch.is_none() && (matches!(key, Key::BodyDigest) || id.is_none());
    let secret_id = matches!(key, Key::SecretId(_));
    let only_id = batch.as_ref().and_then(Batch::only_id).map(|id| Provenance::Signed(Cow::Owned(id)));
    let event_id = key_id.or(only_id).or_else(|| values.first(&plan.event_id, scheme.event_id));
    let (event_id, semantic_id) = match (event_id, own_id) {
        (None, own) => (own, None),
        (event, own) => (event, own),
    };
    let witness = match (by_body, &event_id) {
        (true, Some(id)) => Witness::DeliveryId(sha256(id.get().as_bytes())),
        (true, None) => Witness::Nothing,
        (false, _) if facts.attempt_bodies() == Attempts::SameBytes => Witness::Body(digest()),
        (false, _) => Witness::Nothing,
    };
    let event_type = values.first(&plan.event_type, scheme.event_type);
    Identity { witness, event_id, semantic_id, event_type, tenant, dedup_key, kind: facts.name(), facts, secret_id }
}
