//! What a request says at the places that its scheme looks at.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::{Provenance, Stated};
use crate::engine::Core;
use crate::head::{Headers, single};
use crate::scan::Value;
use crate::scheme::{Algorithm, Facts, Key, Part, Scheme, Source, When};

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

/// The values of all the scheme's sources, by source.
pub(super) struct Values<'a> {
    core: &'a Core,
    values: Vec<Value<'a>>,
}

impl<'a> Values<'a> {
    pub(super) fn read(core: &'a Core, body: &'a [u8], headers: &'a (dyn Headers + 'a)) -> Self {
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
    pub(super) fn first(&self, places: &[usize], sources: &[Source]) -> Option<Stated<'a>> {
        places.iter().zip(sources).find_map(|(place, source)| {
            let text = self.values.get(*place)?.text.clone().filter(|text| !text.is_empty())?;
            Some(if signs(self.core.scheme, *source) { Provenance::Signed(text) } else { Provenance::Unsigned(text) })
        })
    }

    /// The id that a key is made of; what is joined is none.
    pub(super) fn id(&self, places: &[usize], key: Key) -> Option<Stated<'a>> {
        if matches!(key, Key::Joined(_)) { None } else { self.first(places, key.sources()) }
    }

    /// The values that are joined to a key, each with its length before it so that none can run into the next; nothing
    /// where one of them is not stated.
    pub(super) fn joined(&self, places: &[usize], key: Key) -> Option<Stated<'a>> {
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
    pub(super) fn kind(&self) -> (&'static Facts, &'a [usize]) {
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
