//! The headers that a scheme reads, collected in one pass.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::error::Error;
use crate::head::Head;
use crate::scheme::{Part, Scheme, Source};

/// How many headers of its own a message may have, besides signature and timestamp.
pub(crate) const MAX_PARTS: usize = 2;
pub(super) const SLOTS: usize = 2 + MAX_PARTS;
/// How many spellings a family may have.
pub(crate) const MAX_FAMILIES: usize = 2;

const SIGNATURE: usize = 0;
const TIMESTAMP: usize = 1;

#[derive(Debug, Clone)]
struct Name {
    text: Box<str>,
    /// Whether it is of the second family of spellings.
    second: bool,
    slot: usize,
    source: Source,
}

/// The names a scheme's headers come under, family by family.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    names: Box<[Name]>,
    /// A bit for every length that a name has: most headers are passed over by it alone.
    lengths: u64,
    /// Whether the signature's first place is a parameter: of several parameters the first that is there counts.
    signature_in_query: bool,
    /// The places that are parameters of the URL.
    queries: Box<[(usize, &'static str)]>,
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

    pub(super) fn set(&mut self, slot: usize, value: &'r [u8]) {
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = Some(value);
        }
    }
}

/// The places of the head that a scheme reads, with their slots.
pub(super) fn places(scheme: &Scheme) -> impl Iterator<Item = (usize, Source)> {
    let timestamp = scheme.timestamp.map(|rule| (TIMESTAMP, rule.source));
    let parts =
        scheme.message.iter().filter_map(|part| if let Part::From(source) = part { Some(*source) } else { None });
    core::iter::once((SIGNATURE, scheme.signature.source))
        .chain(timestamp)
        .chain(parts.take(MAX_PARTS).enumerate().map(|(nth, source)| (nth.saturating_add(2), source)))
}

impl Wanted {
    pub(super) fn new(scheme: &Scheme) -> Self {
        let (mut names, mut queries) = (Vec::new(), Vec::new());
        let families = scheme.signature.family.iter().enumerate();
        let spellings = core::iter::once((0, "")).filter(|_| scheme.signature.family.is_empty());
        for (family, spelling) in spellings.chain(families.map(|(family, spelling)| (family, *spelling))) {
            for (slot, source) in places(scheme) {
                match source {
                    Source::Header(name) if !name.is_empty() => {
                        let text = format!("{spelling}{}", name.strip_prefix('*').unwrap_or(name)).into();
                        names.push(Name { text, second: family > 0, slot, source });
                    }
                    Source::Query(name) if family == 0 => queries.push((slot, name)),
                    _ => {}
                }
            }
        }
        queries.extend(scheme.signature.query.map(|name| (SIGNATURE, name)));
        let lengths = names.iter().fold(0, |lengths, name: &Name| lengths | length_bit(name.text.len()));
        let signature_in_query = matches!(scheme.signature.source, Source::Query(_));
        Self { names: names.into(), lengths, signature_in_query, queries: queries.into() }
    }

    /// Walks the headers once; refuses one that comes twice. Says whether any of them is there.
    ///
    /// The values are written in place: they are on every request's path, and moving them costs more than finding them.
    pub(super) fn collect<'r>(&self, head: Head<'r>, values: &mut HeadValues<'r>) -> Result<bool, Error> {
        let mut walk = Walk { names: &self.names, first: values, others: None, found: false, repeated: None };
        let lengths = self.lengths;
        head.headers().each(&mut |name, value| {
            if lengths & length_bit(name.len()) != 0 {
                walk.meet(name, value);
            }
        });
        let Walk { mut found, others, repeated, .. } = walk;
        if let Some(source) = repeated {
            return Err(Error::Repeated(source));
        }
        if let Some(others) = others.filter(|_| !found) {
            *values = others;
            found = true;
        }
        if self.queries.is_empty() { Ok(found) } else { self.collect_queries(head, values, found) }
    }

    /// Adds what stands in the URL's query. Out of line: few platforms put anything there.
    #[cold]
    #[inline(never)]
    fn collect_queries<'r>(&self, head: Head<'r>, values: &mut HeadValues<'r>, mut found: bool) -> Result<bool, Error> {
        for (slot, name) in &self.queries {
            if let Some(value) = head.raw_query(name)? {
                if *slot == SIGNATURE && self.signature_in_query && values.signature().is_some() {
                    continue;
                }
                if values.slots.get(*slot).is_some_and(Option::is_some) {
                    return Err(Error::Repeated(Source::Query(name)));
                }
                values.set(*slot, value);
                found = true;
            }
        }
        Ok(found)
    }
}

/// What was met on a walk over the headers.
struct Walk<'w, 'r> {
    names: &'w [Name],
    /// The values of the first family of spellings, and whether there are any.
    first: &'w mut HeadValues<'r>,
    found: bool,
    /// The values of the second family.
    others: Option<HeadValues<'r>>,
    repeated: Option<Source>,
}

impl<'r> Walk<'_, 'r> {
    /// Takes a header that has the length of a wanted one. Out of line, so that passing over the others costs no more
    /// than a look at their length.
    #[inline(never)]
    fn meet(&mut self, name: &'r str, value: &'r [u8]) {
        for wanted in self.names {
            if wanted.text.len() != name.len() || !same_name(&wanted.text, name) {
                continue;
            }
            let values = if wanted.second {
                self.others.get_or_insert_default()
            } else {
                self.found = true;
                &mut *self.first
            };
            if let Some(slot) = values.slots.get_mut(wanted.slot) {
                if slot.is_some() {
                    self.repeated = Some(wanted.source);
                }
                *slot = Some(value);
            }
        }
    }
}

/// One bit for a length; lengths that are 64 apart share it.
fn length_bit(length: usize) -> u64 {
    1_u64.wrapping_shl(u32::try_from(length & 63).unwrap_or_default())
}

/// Names of the same length, in any case; servers hand them on in lower case, which is compared first. Most that are as
/// long as each other differ in their last letter already.
fn same_name(wanted: &str, name: &str) -> bool {
    let last = |name: &str| name.bytes().next_back().map(|byte| byte | 0x20);
    last(wanted) == last(name) && (wanted == name || wanted.eq_ignore_ascii_case(name))
}
