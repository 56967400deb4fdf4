//! A JSON scanner that follows a few pointers through a text in one pass, borrowing what it finds.
//!
//! It accepts what RFC 8259 accepts, at most 128 levels deep, also in values that no pointer asks for. A member that
//! comes twice on a pointer's path makes that pointer's value unusable: which of the two counts is anyone's guess.

#[cfg(feature = "batches")]
mod lists;
mod pointer;
mod text;
mod token;

use alloc::borrow::Cow;

#[cfg(feature = "batches")]
pub(crate) use lists::{Item as ListItem, Lists};
pub(crate) use pointer::Path;
use pointer::names_index;
use text::unescape;
use token::{eat, number, plain, space, string, unquoted, word};

/// How many lists of items a batch may have.
pub(crate) const MAX_LISTS: usize = 8;
/// How many pointers one scan can follow.
pub(crate) const MAX_POINTERS: usize = 32;
const MAX_DEPTH: usize = 128;

/// What stands at a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Found<'a> {
    /// Nothing.
    #[default]
    Absent,
    /// A string, between its quotes, escapes as written.
    String(&'a str),
    /// A number, `true` or `false`, as written.
    Plain(&'a str),
    /// `null`, an object or an array.
    Other,
    /// The path is ambiguous: a member on it comes twice.
    Ambiguous,
}

impl<'a> Found<'a> {
    /// The text of a scalar, with escapes resolved; nothing where one of them is half a character.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::String(raw) if memchr::memchr(b'\\', raw.as_bytes()).is_some() => unescape(raw).map(Cow::Owned),
            Self::String(raw) | Self::Plain(raw) => Some(Cow::Borrowed(raw)),
            Self::Absent | Self::Other | Self::Ambiguous => None,
        }
    }

    pub(crate) fn is_present(self) -> bool {
        !matches!(self, Self::Absent)
    }
}

/// The text is not JSON, or nests too deep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotJson;

/// Follows `pointers` through `text`; `found` gets one answer for each. Further pointers than the limit find nothing.
pub(crate) fn scan<'a>(text: &'a [u8], pointers: &[Path<'_>], found: &mut [Found<'a>]) -> Result<(), NotJson> {
    found.fill(Found::Absent);
    let mut all = (0_u32, 0_u32);
    for (index, pointer) in pointers.iter().take(MAX_POINTERS).enumerate() {
        let set = if pointer.is_whole() { &mut all.1 } else { &mut all.0 };
        *set |= bit(index);
    }
    let text = core::str::from_utf8(text).map_err(|_| NotJson)?;
    let mut scanner = Scanner { text, bytes: text.as_bytes(), pointers, found };
    let end = scanner.value(space(scanner.bytes, 0), 0, all.0, all.1)?;
    if space(scanner.bytes, end) == text.len() { Ok(()) } else { Err(NotJson) }
}

/// What stands at one pointer.
pub(crate) fn at<'a>(text: &'a [u8], pointer: &str) -> Result<Found<'a>, NotJson> {
    let mut found = [Found::Absent];
    scan(text, &[Path::new(pointer)], &mut found)?;
    let [found] = found;
    Ok(found)
}

/// A scalar member, of a name of two letters or more, of the object that the text is, looked for only up to the first member
/// that is an object or an array.
#[cfg(feature = "aes")]
pub(crate) fn leading_scalar<'a>(text: &'a [u8], name: &str) -> Option<Found<'a>> {
    // Quotes and brackets are ASCII: cutting at one leaves what stands before it as it was.
    let inside = eat(text, space(text, 0), b'{').ok()?;
    let end = memchr::memchr2(b'[', b'{', text.get(inside..)?).map_or(text.len(), |at| at.saturating_add(inside));
    let text = text.get(..end)?;
    // Most texts do not hold the name's first and last letter at their distance. Looking at all of them, many in one step, is
    // quicker than stopping at the first.
    let [first, .., last] = name.as_bytes() else { return None };
    let behind = text.get(name.len().checked_sub(1)?..)?;
    if !text.iter().zip(behind).fold(false, |any, (a, b)| any | ((a == first) & (b == last))) {
        return None;
    }
    let text = core::str::from_utf8(text).ok()?;
    let bytes = text.as_bytes();
    let mut at = inside;
    loop {
        let key = space(bytes, at);
        let after = string(bytes, key).ok()?;
        let value = space(bytes, eat(bytes, space(bytes, after), b':').ok()?);
        let is_string = bytes.get(value) == Some(&b'"');
        let end = if is_string { string(bytes, value) } else { number(bytes, value) }.ok()?;
        if unquoted(text, key, after).ok()? == name {
            let found = if is_string { unquoted(text, value, end).map(Found::String) } else { plain(text, value, end) };
            return found.ok();
        }
        at = eat(bytes, space(bytes, end), b',').ok()?;
    }
}

/// The set that holds one pointer.
fn bit(index: usize) -> u32 {
    u32::try_from(index).ok().and_then(|shift| 1_u32.checked_shl(shift)).unwrap_or(0)
}

/// Every step is told where it begins and tells where it ended: a place that is kept in the scanner would be written to
/// memory for every byte.
struct Scanner<'a, 'p> {
    text: &'a str,
    bytes: &'a [u8],
    pointers: &'p [Path<'p>],
    found: &'p mut [Found<'a>],
}

/// The pointers of a set, by their index.
fn members(mut set: u32) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let lowest = set.trailing_zeros();
        set &= set.wrapping_sub(1);
        (lowest < u32::BITS).then_some(lowest as usize)
    })
}

impl<'a> Scanner<'a, '_> {
    /// Notes what these pointers found; it is made only where there are any.
    fn record(&mut self, ending: u32, found: impl FnOnce() -> Result<Found<'a>, NotJson>) -> Result<(), NotJson> {
        if ending == 0 {
            return Ok(());
        }
        let value = found()?;
        for index in members(ending) {
            match self.found.get_mut(index) {
                Some(found) if *found != Found::Ambiguous => *found = value,
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads a value, `depth` steps down. Of the pointers that led here some go on below it and some end at it.
    fn value(&mut self, at: usize, depth: usize, below: u32, ending: u32) -> Result<usize, NotJson> {
        let (bytes, text) = (self.bytes, self.text);
        let end = match *bytes.get(at).ok_or(NotJson)? {
            b'"' => string(bytes, at)?,
            b'{' => {
                self.record(ending, || Ok(Found::Other))?;
                return self.object(at, depth, below);
            }
            b'[' => {
                self.record(ending, || Ok(Found::Other))?;
                return self.array(at, depth, below);
            }
            b't' => word(bytes, at, "true")?,
            b'f' => word(bytes, at, "false")?,
            b'n' => word(bytes, at, "null")?,
            _ => number(bytes, at)?,
        };
        // Most values are passed over: nothing need be made of them.
        self.record(ending, || match bytes.get(at) {
            Some(b'"') => unquoted(text, at, end).map(Found::String),
            Some(b'n') => Ok(Found::Other),
            _ => plain(text, at, end),
        })?;
        Ok(end)
    }

    fn object(&mut self, at: usize, depth: usize, wanted: u32) -> Result<usize, NotJson> {
        let below = deeper(depth)?;
        let (bytes, text) = (self.bytes, self.text);
        let mut at = space(bytes, at.saturating_add(1));
        if bytes.get(at) == Some(&b'}') {
            return Ok(at.saturating_add(1));
        }
        let mut seen = 0_u32;
        loop {
            let key = at;
            let after = string(bytes, key)?;
            let value = space(bytes, eat(bytes, space(bytes, after), b':')?);
            let (mut on, mut ending) = (0, 0);
            if wanted != 0 {
                (on, ending) = self.member(depth, wanted, unquoted(text, key, after)?);
                self.record((on | ending) & seen, || Ok(Found::Ambiguous))?;
                (on, ending, seen) = (on & !seen, ending & !seen, seen | on | ending);
            }
            at = space(bytes, self.value(value, below, on, ending)?);
            match bytes.get(at) {
                Some(b',') => at = space(bytes, at.saturating_add(1)),
                Some(b'}') => return Ok(at.saturating_add(1)),
                _ => return Err(NotJson),
            }
        }
    }

    fn array(&mut self, at: usize, depth: usize, wanted: u32) -> Result<usize, NotJson> {
        let below = deeper(depth)?;
        let bytes = self.bytes;
        let mut at = space(bytes, at.saturating_add(1));
        if bytes.get(at) == Some(&b']') {
            return Ok(at.saturating_add(1));
        }
        let mut index = 0_usize;
        loop {
            let (on, ending) = self.select(depth, wanted, |step| names_index(step, index));
            at = space(bytes, self.value(at, below, on, ending)?);
            index = index.saturating_add(1);
            match bytes.get(at) {
                Some(b',') => at = space(bytes, at.saturating_add(1)),
                Some(b']') => return Ok(at.saturating_add(1)),
                _ => return Err(NotJson),
            }
        }
    }

    /// Those of a set whose step at this depth fits: which go on below it, and which end there.
    fn select(&self, depth: usize, wanted: u32, fits: impl Fn(&str) -> bool) -> (u32, u32) {
        let (mut on, mut ending) = (0, 0);
        for index in members(wanted) {
            if let Some((step, is_last)) = self.pointers.get(index).and_then(|pointer| pointer.step(depth))
                && fits(step)
            {
                let set = if is_last { &mut ending } else { &mut on };
                *set |= bit(index);
            }
        }
        (on, ending)
    }

    /// The pointers that take this member. A name with a slash in it is one member's, and no step is called so.
    fn member(&self, depth: usize, wanted: u32, key: &str) -> (u32, u32) {
        if !key.as_bytes().contains(&b'\\') {
            return self.select(depth, wanted, |step| step == key);
        }
        unescape(key).map_or((0, 0), |key| self.select(depth, wanted, |step| step == key))
    }
}

fn deeper(depth: usize) -> Result<usize, NotJson> {
    let depth = depth.saturating_add(1);
    if depth > MAX_DEPTH { Err(NotJson) } else { Ok(depth) }
}

#[cfg(test)]
mod tests;
