//! The places that a scheme looks at, worked out once for each verifier.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::scan::Sources;
use crate::scheme::{Kind, Scheme, Source, When};

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
    pub(super) key: Places,
    pub(super) event_id: Places,
    pub(super) event_type: Places,
    pub(super) tenant: Places,
    /// For each kind the places of its conditions and of its own key.
    pub(super) kinds: Box<[(Places, Places)]>,
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
