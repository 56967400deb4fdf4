//! The headers that a scheme reads, collected in one pass.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::error::Error;
use crate::head::Head;
use crate::scheme::{Part, Scheme, Source};

/// How many headers of its own a message may have, besides signature and timestamp.
pub(crate) const MAX_PARTS: usize = 3;
const SLOTS: usize = 2 + MAX_PARTS;
pub(crate) const MAX_FAMILIES: usize = 4;

const SIGNATURE: usize = 0;
const TIMESTAMP: usize = 1;

#[derive(Debug, Clone)]
struct Name {
    text: Box<str>,
    family: usize,
    slot: usize,
    source: Source,
}

/// The names a scheme's headers come under.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    names: Box<[Name]>,
}

/// The values of the head that a scheme reads, each present at most once.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct HeadValues<'r> {
    slots: [Option<&'r [u8]>; SLOTS],
}

impl<'r> HeadValues<'r> {
    pub(super) fn signature(&self) -> Option<&'r [u8]> {
        self.slots.get(SIGNATURE).copied().flatten()
    }

    pub(super) fn timestamp(&self) -> Option<&'r [u8]> {
        self.slots.get(TIMESTAMP).copied().flatten()
    }

    /// The value of the message's `nth` part that comes from the head.
    pub(super) fn part(&self, nth: usize) -> Option<&'r [u8]> {
        self.slots.get(nth.checked_add(2)?).copied().flatten()
    }
}

/// The places of the head that a scheme reads, with their slots.
fn places(scheme: &Scheme) -> impl Iterator<Item = (usize, Source)> {
    let timestamp = scheme.timestamp.map(|rule| (TIMESTAMP, rule.source));
    let parts =
        scheme.message.iter().filter_map(|part| if let Part::From(source) = part { Some(*source) } else { None });
    core::iter::once((SIGNATURE, scheme.signature.source))
        .chain(timestamp)
        .chain(parts.take(MAX_PARTS).enumerate().map(|(nth, source)| (nth.saturating_add(2), source)))
}

impl Wanted {
    pub(super) fn new(scheme: &Scheme) -> Self {
        let mut names = Vec::new();
        for (slot, source) in places(scheme) {
            let Source::Header(name) = source else { continue };
            match name.strip_prefix('*') {
                _ if name.is_empty() => {}
                None => names.push(Name { text: name.into(), family: 0, slot, source }),
                Some(rest) => {
                    for (family, spelling) in scheme.signature.family.iter().take(MAX_FAMILIES).enumerate() {
                        names.push(Name { text: format!("{spelling}{rest}").into(), family, slot, source });
                    }
                }
            }
        }
        Self { names: names.into() }
    }

    /// Walks the headers once; refuses one that comes twice. `None` where none of them is there.
    pub(super) fn collect<'r>(&self, scheme: &Scheme, head: Head<'r>) -> Result<Option<HeadValues<'r>>, Error> {
        let mut families = [HeadValues::default(); MAX_FAMILIES];
        let mut repeated = None;
        head.headers().each(&mut |name, value| {
            for wanted in &self.names {
                if wanted.text.len() != name.len() || !wanted.text.eq_ignore_ascii_case(name) {
                    continue;
                }
                let slot = families.get_mut(wanted.family).and_then(|family| family.slots.get_mut(wanted.slot));
                match slot {
                    Some(slot @ None) => *slot = Some(value),
                    _ => repeated = Some(wanted.source),
                }
            }
        });
        if let Some(source) = repeated {
            return Err(Error::Repeated(source));
        }
        let mut values = families.into_iter().find(|family| family.slots.iter().any(Option::is_some));
        for (slot, source) in places(scheme) {
            if let Source::Query(name) = source {
                let value = head.raw_query(name)?;
                if let (Some(value), Some(slot)) = (value, values.get_or_insert_default().slots.get_mut(slot)) {
                    *slot = Some(value);
                }
            }
        }
        Ok(values)
    }
}
