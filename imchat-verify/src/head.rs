//! The head of a request: method, URL and headers, without a body.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::error::Error;
use crate::scan::form;
use crate::scheme::Source;

/// Headers that can be walked once.
///
/// Implemented for `http::HeaderMap` (feature `http`) and for lists of name and value. Repeated headers are seen as
/// often as they come; names may be in any case.
pub trait Headers: Sync {
    /// Calls `f` with every header's name and raw value, in order.
    fn each<'a>(&'a self, f: &mut dyn FnMut(&'a str, &'a [u8]));
}

impl<N: AsRef<str> + Sync, V: AsRef<[u8]> + Sync> Headers for [(N, V)] {
    fn each<'a>(&'a self, f: &mut dyn FnMut(&'a str, &'a [u8])) {
        for (name, value) in self {
            f(name.as_ref(), value.as_ref());
        }
    }
}

impl<N: AsRef<str> + Sync, V: AsRef<[u8]> + Sync, const L: usize> Headers for [(N, V); L] {
    fn each<'a>(&'a self, f: &mut dyn FnMut(&'a str, &'a [u8])) {
        self.as_slice().each(f);
    }
}

impl<N: AsRef<str> + Sync, V: AsRef<[u8]> + Sync> Headers for Vec<(N, V)> {
    fn each<'a>(&'a self, f: &mut dyn FnMut(&'a str, &'a [u8])) {
        self.as_slice().each(f);
    }
}

impl<T: Headers + ?Sized> Headers for &T {
    fn each<'a>(&'a self, f: &mut dyn FnMut(&'a str, &'a [u8])) {
        (**self).each(f);
    }
}

#[cfg(feature = "http")]
impl Headers for http::HeaderMap {
    fn each<'a>(&'a self, f: &mut dyn FnMut(&'a str, &'a [u8])) {
        for (name, value) in self {
            f(name.as_str(), value.as_bytes());
        }
    }
}

/// The head of a request, borrowed.
///
/// ```
/// use imchat_verify::Head;
/// let headers = [("X-Slack-Request-Timestamp", "1531420618")];
/// let head = Head::post(&headers);
/// assert_eq!(head.method(), "POST");
/// ```
#[derive(Clone, Copy)]
pub struct Head<'r> {
    method: &'r str,
    url: Option<&'r str>,
    headers: &'r dyn Headers,
}

impl<'r> Head<'r> {
    /// A POST whose URL no scheme in use signs.
    #[must_use]
    pub fn post<H: Headers>(headers: &'r H) -> Self {
        Self { method: "POST", url: None, headers }
    }

    /// A request with its method (upper-case) and its public URL: the one that the platform was given, with scheme,
    /// host and query, byte for byte. Forwarded headers prove nothing, so take it from configuration.
    #[must_use]
    pub fn new<H: Headers>(method: &'r str, url: &'r str, headers: &'r H) -> Self {
        Self { method, url: Some(url), headers }
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> &'r str {
        self.method
    }

    /// The public URL, where the caller gave one.
    #[must_use]
    pub const fn url(&self) -> Option<&'r str> {
        self.url
    }

    /// The headers.
    #[must_use]
    pub const fn headers(&self) -> &'r dyn Headers {
        self.headers
    }

    /// A parameter of the URL's query, decoded; nothing where it is absent, empty, no text, comes twice, or is longer than
    /// 1 KiB.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        query(self.url?, name)
    }

    /// The raw value of a parameter of the URL's query; one that comes twice is refused.
    pub(crate) fn raw_query(&self, name: &'static str) -> Result<Option<&'r [u8]>, Error> {
        let Some(query) = self.url.and_then(search) else { return Ok(None) };
        let mut values = query.split('&').filter_map(|pair| pair.split_once('=')).filter(|(key, _)| *key == name);
        let first = values.next();
        if values.next().is_some() {
            return Err(Error::Repeated(Source::Query(name)));
        }
        Ok(first.map(|(_, value)| value.as_bytes()))
    }
}

/// A parameter of a URL's query, decoded; nothing where it is absent, empty, no text, comes twice, or is longer than 1 KiB.
pub(crate) fn query(url: &str, name: &str) -> Option<String> {
    form::field(search(url)?.as_bytes(), name).filter(|value| (1..=1024).contains(&value.len()))
}

/// The query of a URL. The fragment begins at the first `#` and may hold a `?` of its own (RFC 3986, section 3.5).
fn search(url: &str) -> Option<&str> {
    let before = url.split('#').next()?;
    before.split_once('?').map(|(_, query)| query)
}

pub(crate) fn single<'a>(headers: &'a (dyn Headers + 'a), wanted: &str) -> Option<&'a [u8]> {
    let (first, more) = met(headers, wanted);
    first.filter(|_| !more)
}

/// The first value of a header, and whether there are more.
pub(crate) fn met<'a>(headers: &'a (dyn Headers + 'a), wanted: &str) -> (Option<&'a [u8]>, bool) {
    let (mut first, mut more) = (None, false);
    headers.each(&mut |name, value| {
        if name.eq_ignore_ascii_case(wanted) {
            more = first.is_some();
            first = first.or(Some(value));
        }
    });
    (first, more)
}

impl fmt::Debug for Head<'_> {
    /// Header values may hold tokens and signatures, and a URL's query too: neither is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head").field("method", &self.method).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_of_a_fragment_is_none_of_the_query() {
        let headers: [(&str, &str); 0] = [];
        for (url, ours) in [
            ("https://example.com/in?a=1#?a=2", Some("1")),
            ("https://example.com/in?a=1#&a=2", Some("1")),
            ("https://example.com/in#?a=2", None),
            ("https://example.com/in", None),
        ] {
            let raw = Head::new("POST", url, &headers).raw_query("a").unwrap();
            assert_eq!(raw, ours.map(str::as_bytes), "{url}");
            assert_eq!(query(url, "a").as_deref(), ours, "{url}");
        }
    }
}
