//! `application/x-www-form-urlencoded`, field by field.

use alloc::string::String;
use alloc::vec::Vec;

/// The raw values of all fields of this name.
fn raw_fields<'a>(form: &'a [u8], name: &str) -> impl Iterator<Item = &'a [u8]> {
    form.split(|byte| *byte == b'&').filter_map(move |pair| {
        let (key, value) = match memchr::memchr(b'=', pair) {
            Some(at) => (pair.get(..at)?, pair.get(at.checked_add(1)?..)?),
            None => (pair, &[][..]),
        };
        (key == name.as_bytes() || (needs_decoding(key) && decode(key).as_deref() == Some(name))).then_some(value)
    })
}

/// The raw value of the only field of this name; nothing where it is absent or comes twice.
pub(crate) fn raw_field<'a>(form: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut values = raw_fields(form, name);
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

/// Whether a field of this name is there, also one that comes twice or cannot be read.
pub(crate) fn has_field(form: &[u8], name: &str) -> bool {
    raw_fields(form, name).next().is_some()
}

/// The decoded value of the only field of this name, where it is UTF-8.
pub(crate) fn field(form: &[u8], name: &str) -> Option<String> {
    decode(raw_field(form, name)?)
}

pub(crate) fn needs_decoding(text: &[u8]) -> bool {
    memchr::memchr2(b'%', b'+', text).is_some()
}

/// Every field in order, its name and value decoded; what stands between two `&` without a byte is none.
#[cfg(feature = "chat")]
pub(crate) fn fields(form: &[u8]) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let end = memchr::memchr(b'=', pair).unwrap_or(pair.len());
        let value = end.checked_add(1).and_then(|start| pair.get(start..));
        (bytes(pair.get(..end).unwrap_or_default()), bytes(value.unwrap_or_default()))
    })
}

/// The text that [`bytes`] decodes, where it is UTF-8.
pub(crate) fn decode(text: &[u8]) -> Option<String> {
    String::from_utf8(bytes(text)).ok()
}

/// Decodes `+` and `%XX`; a `%` without two hex digits stands for itself, as browsers read it.
fn bytes(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        match rest {
            [] => return out,
            [b'+', tail @ ..] => {
                out.push(b' ');
                rest = tail;
            }
            [b'%', high, low, tail @ ..] => {
                if let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low)) {
                    out.push((high << 4) | low);
                    rest = tail;
                } else {
                    out.push(b'%');
                    rest = rest.get(1..).unwrap_or_default();
                }
            }
            [byte, tail @ ..] => {
                out.push(*byte);
                rest = tail;
            }
        }
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_decoded() {
        assert_eq!(field(b"a=1&payload=%7B%22x%22%3A+1%7D", "payload").as_deref(), Some("{\"x\": 1}"));
    }

    #[test]
    fn a_field_that_comes_twice_is_no_field() {
        assert_eq!(field(b"a=1&a=2", "a"), None);
        assert_eq!(field(b"a=1&%61=2", "a"), None);
    }

    #[test]
    fn a_lone_percent_stands_for_itself() {
        assert_eq!(field(b"a=100%&b=%4", "a").as_deref(), Some("100%"));
        assert_eq!(field(b"a=100%&b=%4", "b").as_deref(), Some("%4"));
    }

    #[test]
    fn text_that_is_not_utf8_is_no_value() {
        assert_eq!(field(b"a=%ff", "a"), None);
    }
}
