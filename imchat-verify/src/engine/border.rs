//! The border between a URL and the body that follows it in a message.

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
