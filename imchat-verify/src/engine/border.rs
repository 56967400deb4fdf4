//! The borders between the pieces of a message, which is one text: a sender must not be able to move them.

use alloc::vec::Vec;

use crate::scheme::{Part, Scheme, Source, Unit};

/// A value that the message takes up, and the byte that it must not hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bordered {
    pub(super) source: Source,
    pub(super) border: u8,
}

/// The values that the message takes up, in its order.
pub(super) fn bordered(scheme: &Scheme) -> Vec<Bordered> {
    let mut bordered = Vec::new();
    for (index, part) in scheme.message.iter().enumerate() {
        if let Part::From(source) = part {
            bordered.push(Bordered { source: *source, border: border_of(scheme, index) });
        }
    }
    bordered
}

/// The byte at which the fixed text beside this part of the message begins or ends; a comma where none stands there, which
/// no value may hold anyway.
pub(super) fn border_of(scheme: &Scheme, index: usize) -> u8 {
    // A body may hold anything: what stands before it is read from the left, what stands behind it from the right.
    let behind_body = scheme.message.iter().take(index).any(|part| matches!(part, Part::Body | Part::Custom(_)));
    let neighbour = if behind_body { index.checked_sub(1) } else { index.checked_add(1) };
    let border = match neighbour.and_then(|at| scheme.message.get(at)) {
        Some(Part::Lit(text)) if behind_body => text.bytes().last(),
        Some(Part::Lit(text)) => text.bytes().next(),
        // Such a time has colons: a value before it that holds none cannot reach into it.
        Some(Part::Timestamp) if scheme.timestamp.is_some_and(|rule| rule.unit == Unit::Rfc3339) => Some(b':'),
        _ => None,
    };
    border.unwrap_or(b',')
}

/// Refuses a URL and a body whose border a sender could move: a message of both is one text, and a sender chooses the
/// query. No URL holds the byte that the body begins with, and the query none that it could begin with.
///
/// The error says what was expected.
pub(crate) fn url_and_body(url: &str, body: &[u8]) -> Result<(), &'static str> {
    if body.first().is_some_and(|first| in_urls(*first)) {
        return Err("empty, or JSON: its first byte is one that no URL holds");
    }
    // Only an address in the authority has brackets.
    let after = url.split_once(':').and_then(|(_, rest)| rest.strip_prefix("//")).unwrap_or(url);
    let path = after.find('/').and_then(|at| after.get(at..)).unwrap_or_default();
    if path.bytes().all(in_urls) { Ok(()) } else { Err("a body whose URL holds only what RFC 3986 lets it hold") }
}

/// The bytes of RFC 3986, but for the brackets, which only addresses have.
fn in_urls(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_border_that_could_move_is_refused() {
        for body in [&b""[..], b"{}", b"[{}]", b"\"text\"", b"\xFF", b"\0", b" {}"] {
            assert_eq!(url_and_body("https://[::1]:80/hook?a=%7B", body), Ok(()), "{body:?}");
        }
        for body in [&b"hook{}"[..], b"?a", b"/", b"1", b"%7B"] {
            assert!(url_and_body("https://example.com/", body).is_err(), "{body:?}");
        }
        for url in [
            "example.com:443/hook?u=https://x{",
            "https://example.com/hook?a={",
            "https://example.com/hook[",
            "https://example.com/?\u{e9}",
        ] {
            assert!(url_and_body(url, b"{}").is_err(), "{url}");
        }
    }
}
