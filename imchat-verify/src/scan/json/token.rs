//! The tokens of JSON, each read from where it begins to where it ends.

use super::text::{escape_len, plain_len};
use super::{Found, NotJson};

/// The first place from here on that holds no white space.
#[inline]
pub(super) fn space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        at = at.saturating_add(1);
    }
    at
}

#[inline]
pub(super) fn eat(bytes: &[u8], at: usize, byte: u8) -> Result<usize, NotJson> {
    if bytes.get(at) == Some(&byte) { Ok(at.saturating_add(1)) } else { Err(NotJson) }
}

/// A string with its quotes.
#[inline(always)]
pub(super) fn string(bytes: &[u8], at: usize) -> Result<usize, NotJson> {
    let mut at = eat(bytes, at, b'"')?;
    loop {
        let rest = bytes.get(at..).ok_or(NotJson)?;
        at = at.saturating_add(plain_len(rest));
        match bytes.get(at) {
            Some(b'"') => return Ok(at.saturating_add(1)),
            Some(b'\\') => {}
            _ => return Err(NotJson),
        }
        let length = escape_len(bytes.get(at..).ok_or(NotJson)?).ok_or(NotJson)?;
        at = at.saturating_add(length);
    }
}

pub(super) fn word(bytes: &[u8], at: usize, word: &str) -> Result<usize, NotJson> {
    let end = at.saturating_add(word.len());
    if bytes.get(at..end) == Some(word.as_bytes()) { Ok(end) } else { Err(NotJson) }
}

pub(super) fn number(bytes: &[u8], at: usize) -> Result<usize, NotJson> {
    let at = eat(bytes, at, b'-').unwrap_or(at);
    let mut at = match bytes.get(at) {
        Some(b'0') => at.saturating_add(1),
        Some(b'1'..=b'9') => digits(bytes, at)?,
        _ => return Err(NotJson),
    };
    if let Ok(fraction) = eat(bytes, at, b'.') {
        at = digits(bytes, fraction)?;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at = at.saturating_add(1);
        if matches!(bytes.get(at), Some(b'+' | b'-')) {
            at = at.saturating_add(1);
        }
        at = digits(bytes, at)?;
    }
    Ok(at)
}

fn digits(bytes: &[u8], from: usize) -> Result<usize, NotJson> {
    let mut at = from;
    while matches!(bytes.get(at), Some(b'0'..=b'9')) {
        at = at.saturating_add(1);
    }
    if at > from { Ok(at) } else { Err(NotJson) }
}

/// What stands between the quotes of a string.
pub(super) fn unquoted(text: &str, from: usize, end: usize) -> Result<&str, NotJson> {
    text.get(from.saturating_add(1)..end.saturating_sub(1)).ok_or(NotJson)
}

/// A number or a word as it is written.
pub(super) fn plain(text: &str, from: usize, end: usize) -> Result<Found<'_>, NotJson> {
    text.get(from..end).map(Found::Plain).ok_or(NotJson)
}
