//! The places that a scheme looks at, worked out once for each verifier.

use alloc::vec::Vec;

use crate::scan::Sources;
use crate::scheme::{Kind, Scheme, Source, When};

/// The places that say who and what a request of this scheme is.
pub(crate) fn sources(scheme: &Scheme) -> Vec<Source> {
    let mut all = Vec::new();
    for sources in [scheme.key.sources(), scheme.event_id, scheme.event_type, scheme.tenant] {
        all.extend_from_slice(sources);
    }
    for kind in scheme.kinds.iter().flatten() {
        all.extend(kind.when.iter().map(When::source));
        all.extend_from_slice(own_sources(kind));
    }
    all
}

fn own_sources(kind: &Kind) -> &'static [Source] {
    kind.facts.own_key().map_or(&[], |key| key.sources())
}

/// Where the values of each list of sources stand among all that are read, so that no request looks for them.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(super) key: Places,
    pub(super) event_id: Places,
    pub(super) event_type: Places,
    pub(super) tenant: Places,
    /// For each kind the places of its conditions and of its own key.
    pub(super) kinds: Vec<(Places, Places)>,
}

type Places = Vec<usize>;

impl Plan {
    pub(crate) fn new(scheme: &Scheme, all: &Sources) -> Self {
        let places = |sources: &[Source]| all.places(&mut sources.iter().copied());
        let mut kinds = Vec::new();
        for kind in scheme.kinds.iter().flatten() {
            let conditions = all.places(&mut kind.when.iter().map(When::source));
            kinds.push((conditions, places(own_sources(kind))));
        }
        Self {
            key: places(scheme.key.sources()),
            event_id: places(scheme.event_id),
            event_type: places(scheme.event_type),
            tenant: places(scheme.tenant),
            kinds,
        }
    }
}
