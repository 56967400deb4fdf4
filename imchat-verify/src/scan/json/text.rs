//! What stands between the quotes of a JSON string.

use alloc::string::String;

/// How many bytes stand before the first quote, backslash or control character, counted a word at a time.
pub(super) fn plain_len(text: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 0xFF;
    const TOPS: u64 = ONES << 7;
    // The top bit of every byte that is zero; above the first one the others may err.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & TOPS;
    let (words, rest) = text.as_chunks::<8>();
    let mut plain = 0_usize;
    for word in words {
        let word = u64::from_le_bytes(*word);
        let controls = word.wrapping_sub(ONES.wrapping_mul(0x20)) & !word & TOPS;
        let quotes = zeros(word ^ ONES.wrapping_mul(0x22));
        let escapes = zeros(word ^ ONES.wrapping_mul(0x5C));
        let ends = controls | quotes | escapes;
        if ends != 0 {
            return plain.saturating_add(usize::try_from(ends.trailing_zeros() >> 3).unwrap_or_default());
        }
        plain = plain.saturating_add(8);
    }
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
    plain.saturating_add(rest.iter().position(ends).unwrap_or(rest.len()))
}

/// The length of one escape at the start of `bytes`. Half of a surrogate pair is an escape like any other: who cuts a
/// text by UTF-16 units writes one, and it must not hide what stands elsewhere in the body.
pub(super) fn escape_len(bytes: &[u8]) -> Option<usize> {
    match *bytes.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => unit(bytes.get(2..6)?).map(|_| 6),
        _ => None,
    }
}

/// The character of one escape at the start of `bytes`, and the escape's length in bytes.
fn escape(bytes: &[u8]) -> Option<(char, usize)> {
    let simple = |character| Some((character, 2));
    match *bytes.get(1)? {
        b'"' => simple('"'),
        b'\\' => simple('\\'),
        b'/' => simple('/'),
        b'b' => simple('\u{8}'),
        b'f' => simple('\u{c}'),
        b'n' => simple('\n'),
        b'r' => simple('\r'),
        b't' => simple('\t'),
        b'u' => {
            let first = unit(bytes.get(2..6)?)?;
            if !(0xD800..0xE000).contains(&first) {
                return Some((char::from_u32(first)?, 6));
            }
            if bytes.get(6..8)? != br"\u" {
                return None;
            }
            let second = unit(bytes.get(8..12)?)?;
            let pair = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
            Some((char::decode_utf16(pair).next()?.ok()?, 12))
        }
        _ => None,
    }
}

/// Four hex digits; nothing else that `from_str_radix` would take, such as a sign.
fn unit(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |unit, digit| Some((unit << 4) | char::from(*digit).to_digit(16)?))
}

/// The text with its escapes resolved; nothing where one is half a character.
pub(super) fn unescape(raw: &str) -> Option<String> {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        let (plain, escaped) = rest.split_at_checked(at)?;
        out.push_str(plain);
        let (character, length) = escape(escaped.as_bytes())?;
        out.push(character);
        rest = escaped.get(length..)?;
    }
    out.push_str(rest);
    Some(out)
}
