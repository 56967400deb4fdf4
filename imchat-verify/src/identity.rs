//! Who and what a proved request is, and how far each statement is to be trusted.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use crate::Digest;
use crate::batch::Batch;
use crate::dedup::DedupKey;
use crate::engine::{Core, sha256};
use crate::head::{Headers, single};
use crate::scan::{Sources, Value};
use crate::scheme::{Algorithm, Attempts, Facts, Key, Kind, Part, Scheme, Source, When};

/// A value together with whether the signature covers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provenance<T> {
    /// The signature covers it: the platform says so.
    Signed(T),
    /// Nothing covers it: whoever relayed the request could have changed it.
    Unsigned(T),
}

impl<T> Provenance<T> {
    /// The value, whoever says so.
    pub fn into_inner(self) -> T {
        match self {
            Self::Signed(value) | Self::Unsigned(value) => value,
        }
    }

    /// A reference to the value, whoever says so.
    pub const fn get(&self) -> &T {
        match self {
            Self::Signed(value) | Self::Unsigned(value) => value,
        }
    }

    /// The value, if the platform says so.
    pub fn signed(self) -> Option<T> {
        match self {
            Self::Signed(value) => Some(value),
            Self::Unsigned(_) => None,
        }
    }
}

/// A statement about a request.
pub type Stated<'a> = Provenance<Cow<'a, str>>;

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

/// The places that say who and what a request of this scheme is.
pub(crate) fn sources(scheme: &Scheme) -> impl Iterator<Item = Source> {
    let kinds = scheme.kinds.iter().flatten();
    let conditions = kinds.clone().flat_map(|kind| kind.when).map(When::source);
    let own_keys = kinds.filter_map(|kind| kind.facts.own_key()).flat_map(|key| key.sources().iter().copied());
    let named =
        [scheme.key.sources(), scheme.event_id, scheme.event_type, scheme.tenant].into_iter().flatten().copied();
    named.chain(conditions).chain(own_keys)
}

/// Where the values of each list of sources stand among all that are read, so that no request looks for them.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    key: Places,
    event_id: Places,
    event_type: Places,
    tenant: Places,
    /// For each kind the places of its conditions and of its own key.
    kinds: Box<[(Places, Places)]>,
}

type Places = Box<[usize]>;

impl Plan {
    pub(crate) fn new(scheme: &Scheme, all: &Sources) -> Self {
        let places = |sources: &[Source]| sources.iter().filter_map(|source| all.place(*source)).collect();
        let of_kind = |kind: &Kind| {
            let conditions: Vec<_> = kind.when.iter().map(When::source).collect();
            (places(&conditions), places(kind.facts.own_key().map_or(&[], |key| key.sources())))
        };
        Self {
            key: places(scheme.key.sources()),
            event_id: places(scheme.event_id),
            event_type: places(scheme.event_type),
            tenant: places(scheme.tenant),
            kinds: scheme.kinds.iter().flatten().map(of_kind).collect(),
        }
    }
}

/// A header by the scheme's name for it; a family's `*` stands for the first spelling that is there.
///
/// Kept headers have the scheme's own name, and a sender may send one that is spelled with a `*` too: it comes last, so
/// that it never stands before the header that was proved.
pub(crate) fn header<'a>(scheme: &Scheme, headers: &'a (dyn Headers + 'a), name: &str) -> Option<&'a [u8]> {
    let Some(rest) = name.strip_prefix('*') else { return single(headers, name) };
    let spelled = |family: &str, full: &str| full.strip_prefix(family) == Some(rest);
    let families = scheme.signature.family.iter().copied().chain(core::iter::once("*"));
    families.filter_map(|family| find(headers, |full| spelled(family, full))).next()
}

fn find<'a>(headers: &'a (dyn Headers + 'a), wanted: impl Fn(&str) -> bool) -> Option<&'a [u8]> {
    let mut found = None;
    headers.each(&mut |name, value| {
        if name.is_ascii() && wanted(&name.to_ascii_lowercase()) {
            found = Some(value);
        }
    });
    found
}

/// The facts of the kind that a body is of.
pub(crate) fn kind(core: &Core, body: &[u8], headers: &dyn Headers) -> &'static Facts {
    if core.scheme.kinds.iter().all(Option::is_none) {
        return &core.scheme.facts;
    }
    Values::read(core, body, headers).kind().0
}

/// The values of all the scheme's sources, by source.
struct Values<'a> {
    core: &'a Core,
    values: Vec<Value<'a>>,
}

impl<'a> Values<'a> {
    fn read(core: &'a Core, body: &'a [u8], headers: &'a (dyn Headers + 'a)) -> Self {
        let mut values = core.sources.read(body, headers);
        for (value, source) in values.iter_mut().zip(core.sources.iter()) {
            if let Source::Header(name) = source
                && name.starts_with('*')
            {
                let text = header(core.scheme, headers, name).and_then(|text| core::str::from_utf8(text).ok());
                *value = Value::text(text.map(Cow::Borrowed));
            }
        }
        Self { core, values }
    }

    /// The first value that is stated, of sources that stand at these places.
    fn first(&self, places: &[usize], sources: &[Source]) -> Option<Stated<'a>> {
        places.iter().zip(sources).find_map(|(place, source)| {
            let text = self.values.get(*place)?.text.clone().filter(|text| !text.is_empty())?;
            Some(if signs(self.core.scheme, *source) { Provenance::Signed(text) } else { Provenance::Unsigned(text) })
        })
    }

    /// The id that a key is made of; what is joined is none.
    fn id(&self, places: &[usize], key: Key) -> Option<Stated<'a>> {
        if matches!(key, Key::Joined(_)) { None } else { self.first(places, key.sources()) }
    }

    /// The values that are joined to a key, each with its length before it so that none can run into the next; nothing
    /// where one of them is not stated.
    fn joined(&self, places: &[usize], key: Key) -> Option<Stated<'a>> {
        let Key::Joined(sources) = key else { return None };
        let mut text = String::new();
        let mut signed = true;
        for (place, source) in places.iter().zip(sources) {
            let stated = self.first(core::slice::from_ref(place), core::slice::from_ref(source))?;
            signed &= matches!(stated, Provenance::Signed(_));
            let stated = stated.into_inner();
            write!(text, "{}:{stated}", stated.len()).ok()?;
        }
        let text = Cow::Owned(text);
        Some(if signed { Provenance::Signed(text) } else { Provenance::Unsigned(text) })
    }

    /// The facts of the kind whose conditions hold, and where the values of its own key stand.
    fn kind(&self) -> (&'static Facts, &'a [usize]) {
        let core = self.core;
        let mut kinds = core.scheme.kinds.iter().flatten().zip(&core.plan.kinds);
        let fits = kinds.find(|(kind, (conditions, _))| self.holds(kind.when, conditions));
        fits.map_or((&core.scheme.facts, &[]), |(kind, (_, key))| (&kind.facts, key))
    }

    fn holds(&self, conditions: &[When], places: &[usize]) -> bool {
        conditions.iter().zip(places).all(|(when, place)| {
            let value = self.values.get(*place);
            let present = value.is_some_and(|value| value.present);
            match when {
                When::Present(_) => present,
                When::Absent(_) => !present,
                When::Is(_, text) => value.is_some_and(|value| value.text.as_deref() == Some(*text)),
            }
        })
    }
}

/// Whether the scheme's signature covers what stands at this source.
fn signs(scheme: &Scheme, source: Source) -> bool {
    if matches!(scheme.algorithm, Algorithm::Token(_)) {
        return false;
    }
    let in_signed_body = !source.in_head() && scheme.signs_body();
    in_signed_body || scheme.message.iter().any(|part| matches!(part, Part::From(signed) if *signed == source))
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
