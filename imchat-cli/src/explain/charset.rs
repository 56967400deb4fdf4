//! Bodies that were text to somebody on the way.

use super::mistakes::Bodies;

/// The bytes whose Latin-1, or Windows-1252, reading the body is.
pub(super) fn widened(body: &[u8]) -> Bodies<'_> {
    let text = std::str::from_utf8(body).ok().filter(|text| !text.is_ascii());
    let read = |byte_of: fn(char) -> Option<u8>| text.and_then(|text| text.chars().map(byte_of).collect());
    Box::new([read(latin1), read(windows1252)].into_iter().flatten())
}

/// The UTF-8 of a body that is in Latin-1.
pub(super) fn narrowed(body: &[u8]) -> Bodies<'_> {
    let is_latin1 = std::str::from_utf8(body).is_err();
    let wide = is_latin1.then(|| body.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes());
    Box::new(wide.into_iter())
}

fn latin1(char: char) -> Option<u8> {
    u8::try_from(u32::from(char)).ok()
}

/// Windows-1252 differs from Latin-1 in the 32 places where that has control characters.
fn windows1252(char: char) -> Option<u8> {
    const FROM_0X80: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    let place = (0x80_u8..).zip(FROM_0X80.chars()).find(|(_, known)| *known == char);
    place.map(|(byte, _)| byte).or_else(|| latin1(char))
}
