//! A captured request, in one of the forms in which people have one: raw HTTP/1.1 text, what curl prints, a HAR file, or
//! the JSON in which signature vectors write one. The form is told by the content, never by the file's name.

mod har;
mod http;
pub(crate) mod json;

use imchat_verify::Head;
use serde_json::Value;

use crate::text::shown;

/// A request as it was captured; its body is byte for byte what the file has.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Captured {
    /// Upper-case.
    pub(crate) method: String,
    pub(crate) url: Option<String>,
    /// In order, repeated ones as often as they come.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    /// What is odd about the file without being wrong.
    pub(crate) note: Option<String>,
}

impl Captured {
    /// The request of a file, which is counted from 1 where the file has several; the error is a sentence about the
    /// file.
    pub(crate) fn parse(file: &[u8], entry: Option<u32>) -> Result<Self, String> {
        if matches!(file.trim_ascii_start().first(), Some(b'{' | b'[')) {
            let value: Value =
                serde_json::from_slice(file).map_err(|error| format!("it is not JSON: {}", json::place(&error)))?;
            return Self::from_document(&value, entry);
        }
        match entry {
            None | Some(1) => http::parse(file),
            Some(_) => Err("it holds one request: leave out --entry".into()),
        }
    }

    fn from_document(value: &Value, entry: Option<u32>) -> Result<Self, String> {
        if let Some(entries) = har::entries(value) {
            return har::parse(chosen(entries, entry, har::line)?);
        }
        if let Some(cases) = value.as_array() {
            return json::case(chosen(cases, entry, json::line)?);
        }
        match entry {
            None | Some(1) => json::case(value),
            Some(_) => Err("it holds one request: leave out --entry".into()),
        }
    }

    /// The head, with the captured URL unless the caller knows the public one.
    pub(crate) fn head(&self) -> Head<'_> {
        match (&self.url, self.method.as_str()) {
            (None, "POST") => Head::post(&self.headers),
            (url, method) => Head::new(method, url.as_deref().unwrap_or_default(), &self.headers),
        }
    }

    /// The values of a header.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers.iter().filter(move |(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// The first value of a header, where it is text.
    pub(crate) fn text<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next().and_then(|value| std::str::from_utf8(value).ok())
    }
}

/// The wanted one of several; where none is wanted, the only one.
fn chosen(list: &[Value], entry: Option<u32>, line: fn(&Value) -> String) -> Result<&Value, String> {
    const MOST_LISTED: usize = 20;
    match (entry, list) {
        (_, []) => Err("it holds no request".into()),
        (None, [only]) => Ok(only),
        (None, several) => {
            let lines = (1..).zip(several.iter().take(MOST_LISTED));
            let lines: Vec<String> = lines.map(|(nth, value)| format!("{nth} {}", shown(&line(value)))).collect();
            let more = if several.len() > MOST_LISTED { ", …" } else { "" };
            let count = several.len();
            Err(format!("it holds {count} requests: choose one with --entry N: {}{more}", lines.join(", ")))
        }
        (Some(nth), several) => {
            let index = usize::try_from(nth).unwrap_or(usize::MAX).saturating_sub(1);
            several.get(index).ok_or_else(|| format!("it holds {} requests, and no number {nth}", several.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_several_has_to_be_chosen() {
        let list = br#"[{"id": "a", "request": {"headers": []}}, {"id": "b", "request": {"headers": [["X", "y"]]}}]"#;
        let wrong = Captured::parse(list, None).unwrap_err();
        assert_eq!(wrong, "it holds 2 requests: choose one with --entry N: 1 a, 2 b");
        assert_eq!(Captured::parse(list, Some(2)).unwrap().text("x"), Some("y"));
        assert!(Captured::parse(list, Some(3)).unwrap_err().contains("no number 3"));
        assert!(Captured::parse(b"[]", None).unwrap_err().contains("no request"));
        assert!(Captured::parse(b"POST / HTTP/1.1\n\n", Some(2)).unwrap_err().contains("one request"));
    }
}
