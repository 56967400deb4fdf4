//! A JSON scanner that follows a few pointers through a text in one pass, borrowing what it finds.
//!
//! It accepts what RFC 8259 accepts, at most 128 levels deep, also in values that no pointer asks for. A member that
//! comes twice on a pointer's path makes that pointer's value unusable: which of the two counts is anyone's guess.

mod pointer;
mod text;

use alloc::borrow::Cow;
use core::ops::Range;

use pointer::names_index;
pub(crate) use pointer::{Path, Pointer};
use text::{escape_len, plain_len, unescape};

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
            Self::String(raw) if raw.contains('\\') => unescape(raw).map(Cow::Owned),
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
pub(crate) fn scan<'a, P: Pointer>(text: &'a [u8], pointers: &[P], found: &mut [Found<'a>]) -> Result<(), NotJson> {
    found.fill(Found::Absent);
    let mut all = (0_u32, 0_u32);
    for (index, pointer) in pointers.iter().take(MAX_POINTERS).enumerate() {
        let set = if pointer.is_whole() { &mut all.1 } else { &mut all.0 };
        *set |= bit(index);
    }
    let mut scanner = Scanner::new(text, pointers, found)?;
    scanner.space();
    scanner.value(0, all.0, all.1)?;
    scanner.space();
    if scanner.at == scanner.bytes.len() { Ok(()) } else { Err(NotJson) }
}

/// A scalar member of the object that the text is, looked for only up to the first member that is an object or an array.
#[cfg(feature = "aes")]
pub(crate) fn leading_scalar<'a>(text: &'a [u8], name: &str) -> Option<Found<'a>> {
    // Quotes and brackets are ASCII: cutting at one leaves what stands before it as it was.
    let end = memchr::memchr2(b'[', b'{', text.get(1..)?).map_or(text.len(), |at| at.saturating_add(1));
    let text = text.get(..end)?;
    if !text.windows(name.len()).any(|window| window == name.as_bytes()) {
        return None;
    }
    let mut found = [Found::Absent];
    let mut scanner = Scanner::<&str>::new(text, &[], &mut found).ok()?;
    scanner.space();
    scanner.eat(b'{').ok()?;
    loop {
        scanner.space();
        let key = scanner.string().and_then(|key| scanner.slice(key)).ok()?;
        scanner.space();
        scanner.eat(b':').ok()?;
        scanner.space();
        let value = scanner.scalar()?;
        if key == name {
            return Some(value);
        }
        scanner.space();
        scanner.eat(b',').ok()?;
    }
}

/// The set that holds one pointer.
fn bit(index: usize) -> u32 {
    u32::try_from(index).ok().and_then(|shift| 1_u32.checked_shl(shift)).unwrap_or(0)
}

struct Scanner<'a, 'p, P> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    pointers: &'p [P],
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

impl<'a, 'p, P: Pointer> Scanner<'a, 'p, P> {
    fn new(text: &'a [u8], pointers: &'p [P], found: &'p mut [Found<'a>]) -> Result<Self, NotJson> {
        let text = core::str::from_utf8(text).map_err(|_| NotJson)?;
        Ok(Self { text, bytes: text.as_bytes(), at: 0, pointers, found })
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn eat(&mut self, byte: u8) -> Result<(), NotJson> {
        if self.peek() == Some(byte) {
            self.step();
            Ok(())
        } else {
            Err(NotJson)
        }
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.step();
        }
    }

    fn slice(&self, place: Range<usize>) -> Result<&'a str, NotJson> {
        self.text.get(place).ok_or(NotJson)
    }

    fn record(&mut self, ending: u32, value: Found<'a>) {
        for index in members(ending) {
            match self.found.get_mut(index) {
                Some(found) if *found != Found::Ambiguous => *found = value,
                _ => {}
            }
        }
    }

    /// Reads a value, `depth` steps down. Of the pointers that led here some go on below it and some end at it.
    fn value(&mut self, depth: usize, below: u32, ending: u32) -> Result<(), NotJson> {
        let found = match self.peek().ok_or(NotJson)? {
            b'{' => {
                self.record(ending, Found::Other);
                return self.object(depth, below);
            }
            b'[' => {
                self.record(ending, Found::Other);
                return self.array(depth, below);
            }
            b'"' => {
                let place = self.string()?;
                // Most strings are passed over: nothing need be made of them.
                if ending == 0 {
                    return Ok(());
                }
                Found::String(self.slice(place)?)
            }
            b't' => self.word("true")?,
            b'f' => self.word("false")?,
            b'n' => self.word("null")?,
            _ => Found::Plain(self.number()?),
        };
        self.record(ending, found);
        Ok(())
    }

    fn word(&mut self, word: &'static str) -> Result<Found<'a>, NotJson> {
        let end = self.at.saturating_add(word.len());
        if self.bytes.get(self.at..end) != Some(word.as_bytes()) {
            return Err(NotJson);
        }
        self.at = end;
        Ok(if word == "null" { Found::Other } else { Found::Plain(word) })
    }

    fn object(&mut self, depth: usize, wanted: u32) -> Result<(), NotJson> {
        let below = deeper(depth)?;
        self.step();
        self.space();
        if self.peek() == Some(b'}') {
            self.step();
            return Ok(());
        }
        let mut seen = 0_u32;
        loop {
            let key = self.string()?;
            self.space();
            self.eat(b':')?;
            self.space();
            let (mut on, mut ending) = (0, 0);
            if wanted != 0 {
                (on, ending) = self.member(depth, wanted, self.slice(key)?);
                self.record((on | ending) & seen, Found::Ambiguous);
                (on, ending, seen) = (on & !seen, ending & !seen, seen | on | ending);
            }
            self.value(below, on, ending)?;
            self.space();
            match self.peek() {
                Some(b',') => {
                    self.step();
                    self.space();
                }
                Some(b'}') => {
                    self.step();
                    return Ok(());
                }
                _ => return Err(NotJson),
            }
        }
    }

    fn array(&mut self, depth: usize, wanted: u32) -> Result<(), NotJson> {
        let below = deeper(depth)?;
        self.step();
        self.space();
        if self.peek() == Some(b']') {
            self.step();
            return Ok(());
        }
        let mut index = 0_usize;
        loop {
            let (on, ending) = self.select(depth, wanted, |step| names_index(step, index));
            self.value(below, on, ending)?;
            index = index.saturating_add(1);
            self.space();
            match self.peek() {
                Some(b',') => {
                    self.step();
                    self.space();
                }
                Some(b']') => {
                    self.step();
                    return Ok(());
                }
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

    /// A string; returns the place of what stands between its quotes.
    #[inline(always)]
    fn string(&mut self) -> Result<Range<usize>, NotJson> {
        self.eat(b'"')?;
        let start = self.at;
        loop {
            let rest = self.bytes.get(self.at..).ok_or(NotJson)?;
            self.at = self.at.saturating_add(plain_len(rest));
            match self.peek() {
                Some(b'"') => {
                    let end = self.at;
                    self.step();
                    return Ok(start..end);
                }
                Some(b'\\') => {}
                _ => return Err(NotJson),
            }
            let length = escape_len(self.bytes.get(self.at..).ok_or(NotJson)?).ok_or(NotJson)?;
            self.at = self.at.saturating_add(length);
        }
    }

    fn number(&mut self) -> Result<&'a str, NotJson> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.step();
        }
        match self.peek() {
            Some(b'0') => self.step(),
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(NotJson),
        }
        if self.peek() == Some(b'.') {
            self.step();
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.step();
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.step();
            }
            self.digits()?;
        }
        self.slice(start..self.at)
    }

    /// A string or a number; nothing where something else stands.
    #[cfg(feature = "aes")]
    fn scalar(&mut self) -> Option<Found<'a>> {
        if self.peek() == Some(b'"') {
            let place = self.string().ok()?;
            return self.slice(place).ok().map(Found::String);
        }
        self.number().ok().map(Found::Plain)
    }

    fn digits(&mut self) -> Result<(), NotJson> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.step();
        }
        if self.at > start { Ok(()) } else { Err(NotJson) }
    }
}

fn deeper(depth: usize) -> Result<usize, NotJson> {
    let depth = depth.saturating_add(1);
    if depth > MAX_DEPTH { Err(NotJson) } else { Ok(depth) }
}

#[cfg(test)]
mod tests;
