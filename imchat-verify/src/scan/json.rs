//! A JSON scanner that follows a few pointers through a text in one pass, borrowing what it finds.
//!
//! It accepts what RFC 8259 accepts, at most 128 levels deep, also in values that no pointer asks for. A member that
//! comes twice on a pointer's path makes that pointer's value unusable: which of the two counts is anyone's guess.

mod text;

use alloc::borrow::Cow;

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
pub(crate) fn scan<'a>(text: &'a [u8], pointers: &[&str], found: &mut [Found<'a>]) -> Result<(), NotJson> {
    let text = core::str::from_utf8(text).map_err(|_| NotJson)?;
    let mut scanner = Scanner { text, bytes: text.as_bytes(), at: 0, pointers, found };
    scanner.found.fill(Found::Absent);
    let wanted = pointers.iter().take(MAX_POINTERS).enumerate().fold(0, |set, (index, _)| set | bit(index));
    scanner.space();
    scanner.value(0, wanted, &[0; MAX_POINTERS])?;
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
    let text = core::str::from_utf8(text).ok()?;
    let mut found = [Found::Absent];
    let mut scanner = Scanner { text, bytes: text.as_bytes(), at: 0, pointers: &[], found: &mut found };
    scanner.space();
    scanner.eat(b'{').ok()?;
    loop {
        scanner.space();
        let key = scanner.string().ok()?;
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

struct Scanner<'a, 'p> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    pointers: &'p [&'p str],
    found: &'p mut [Found<'a>],
}

/// For every pointer, how many of its bytes led to the value being read.
type Depths = [u16; MAX_POINTERS];

/// The pointers of a set, by their index.
fn members(mut set: u32) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let lowest = set.trailing_zeros();
        set &= set.wrapping_sub(1);
        (lowest < u32::BITS).then_some(lowest as usize)
    })
}

impl<'a, 'p> Scanner<'a, 'p> {
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

    fn slice(&self, from: usize, to: usize) -> Result<&'a str, NotJson> {
        self.text.get(from..to).ok_or(NotJson)
    }

    /// What is left of a pointer below the value being read.
    fn tail(&self, index: usize, paths: &Depths) -> Option<&'p str> {
        self.pointers.get(index)?.get(usize::from(*paths.get(index)?)..)
    }

    fn record(&mut self, wanted: u32, paths: &Depths, value: Found<'a>) {
        for index in members(wanted) {
            let ends_here = self.tail(index, paths).is_some_and(str::is_empty);
            match self.found.get_mut(index) {
                Some(found) if ends_here && *found != Found::Ambiguous => *found = value,
                _ => {}
            }
        }
    }

    fn value(&mut self, depth: usize, wanted: u32, paths: &Depths) -> Result<(), NotJson> {
        match self.peek().ok_or(NotJson)? {
            b'{' => {
                self.record(wanted, paths, Found::Other);
                self.object(depth, wanted, paths)
            }
            b'[' => {
                self.record(wanted, paths, Found::Other);
                self.array(depth, wanted, paths)
            }
            b'"' => {
                let raw = self.string()?;
                self.record(wanted, paths, Found::String(raw));
                Ok(())
            }
            b't' => self.word("true", wanted, paths),
            b'f' => self.word("false", wanted, paths),
            b'n' => self.word("null", wanted, paths),
            _ => {
                let raw = self.number()?;
                self.record(wanted, paths, Found::Plain(raw));
                Ok(())
            }
        }
    }

    fn word(&mut self, word: &'static str, wanted: u32, paths: &Depths) -> Result<(), NotJson> {
        let end = self.at.saturating_add(word.len());
        if self.bytes.get(self.at..end) != Some(word.as_bytes()) {
            return Err(NotJson);
        }
        self.at = end;
        self.record(wanted, paths, if word == "null" { Found::Other } else { Found::Plain(word) });
        Ok(())
    }

    fn object(&mut self, depth: usize, wanted: u32, paths: &Depths) -> Result<(), NotJson> {
        let depth = deeper(depth)?;
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
            if wanted == 0 {
                self.value(depth, 0, paths)?;
            } else {
                let (inner, below) = self.follow(wanted, paths, key);
                for index in members(inner & seen) {
                    if let Some(found) = self.found.get_mut(index) {
                        *found = Found::Ambiguous;
                    }
                }
                self.value(depth, inner & !seen, &below)?;
                seen |= inner;
            }
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

    fn array(&mut self, depth: usize, wanted: u32, paths: &Depths) -> Result<(), NotJson> {
        let depth = deeper(depth)?;
        self.step();
        self.space();
        if self.peek() == Some(b']') {
            self.step();
            return Ok(());
        }
        let mut index = 0_usize;
        loop {
            if wanted == 0 {
                self.value(depth, 0, paths)?;
            } else {
                let (inner, below) = self.advance(wanted, paths, |path| index_step(path, index));
                self.value(depth, inner, &below)?;
            }
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

    /// The pointers whose next step is this member, and how far they have come below it.
    fn follow(&self, wanted: u32, paths: &Depths, key: &str) -> (u32, Depths) {
        if !key.as_bytes().contains(&b'\\') {
            return self.advance(wanted, paths, |path| starts_with_step(path, key));
        }
        match unescape(key) {
            Some(key) => self.advance(wanted, paths, |path| starts_with_step(path, &key)),
            None => (0, [0; MAX_POINTERS]),
        }
    }

    /// The pointers that `step` takes further, by as many bytes as it says.
    fn advance(&self, wanted: u32, paths: &Depths, step: impl Fn(&str) -> Option<usize>) -> (u32, Depths) {
        let (mut inner, mut below) = (0_u32, [0; MAX_POINTERS]);
        for index in members(wanted) {
            let Some(path) = self.tail(index, paths).and_then(|tail| tail.strip_prefix('/')) else { continue };
            let Some(length) = step(path) else { continue };
            let come = paths.get(index).copied().unwrap_or_default();
            let further = u16::try_from(length).ok().and_then(|step| come.checked_add(step)?.checked_add(1));
            if let (Some(further), Some(below)) = (further, below.get_mut(index)) {
                inner |= bit(index);
                *below = further;
            }
        }
        (inner, below)
    }

    /// A string; returns what stands between its quotes.
    fn string(&mut self) -> Result<&'a str, NotJson> {
        self.eat(b'"')?;
        let start = self.at;
        loop {
            let rest = self.bytes.get(self.at..).ok_or(NotJson)?;
            self.at = self.at.saturating_add(plain_len(rest));
            match self.peek() {
                Some(b'"') => {
                    let text = self.slice(start, self.at)?;
                    self.step();
                    return Ok(text);
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
        self.slice(start, self.at)
    }

    /// A string or a number; nothing where something else stands.
    #[cfg(feature = "aes")]
    fn scalar(&mut self) -> Option<Found<'a>> {
        if self.peek() == Some(b'"') {
            return self.string().ok().map(Found::String);
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

/// The length of a path's first step, if it is this one. A name with a slash in it is one member's, not a path of two.
fn starts_with_step(path: &str, step: &str) -> Option<usize> {
    let ends = matches!(path.as_bytes().get(step.len()), None | Some(b'/'));
    (ends && path.starts_with(step) && !step.contains('/')).then_some(step.len())
}

/// The length of a path's first step, if it names this place of an array, without leading zeros.
fn index_step(path: &str, index: usize) -> Option<usize> {
    let step = path.split('/').next().unwrap_or_default();
    let canonical = step == "0" || !step.starts_with('0');
    let digits = canonical && step.bytes().all(|byte| byte.is_ascii_digit());
    (digits && step.parse() == Ok(index)).then_some(step.len())
}

#[cfg(test)]
mod tests;
