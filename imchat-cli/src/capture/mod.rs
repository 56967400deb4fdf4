//! A captured request: raw HTTP/1.1 text, or the JSON object in which signature vectors write one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imchat_verify::Head;
use serde_json::{Map, Value};

use crate::text::counted;

/// A request as it was captured; its body is byte for byte what the file has.
#[derive(Debug, PartialEq)]
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
    /// Either form; the error is a sentence about the file.
    pub(crate) fn parse(file: &[u8]) -> Result<Self, String> {
        if file.trim_ascii_start().first() == Some(&b'{') {
            let value: Value =
                serde_json::from_slice(file).map_err(|error| format!("it is not JSON: {}", place(&error)))?;
            return Self::from_json(&value);
        }
        Self::from_http(file)
    }

    /// The head, with the captured URL unless the caller knows the public one.
    pub(crate) fn head(&self) -> Head<'_> {
        match (&self.url, self.method.as_str()) {
            (None, "POST") => Head::post(&self.headers),
            (url, method) => Head::new(method, url.as_deref().unwrap_or_default(), &self.headers),
        }
    }

    /// The values of a header.
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers.iter().filter(move |(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    fn from_http(file: &[u8]) -> Result<Self, String> {
        let mut rest = file;
        let first = line(&mut rest).ok_or("it ends before its first line does: expected raw HTTP/1.1 text")?;
        let (method, target) = request_line(first).ok_or(
            "line 1 is no request line: expected a method, a path and HTTP/1.1, such as `POST /hooks HTTP/1.1`",
        )?;
        let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
        for number in 2_usize.. {
            let text = line(&mut rest).ok_or("it has no empty line after the headers: capture the request whole")?;
            if text.is_empty() {
                break;
            }
            let header = header(text).ok_or_else(|| format!("line {number} is no header: expected `Name: value`"))?;
            headers.push(header);
        }
        let mut captured = Self { method, url: None, headers, body: rest.to_vec(), note: None };
        captured.url = captured.url_of(&target);
        captured.settle_length()?;
        Ok(captured)
    }

    /// Where it was sent, as far as a request says so itself.
    fn url_of(&self, target: &str) -> Option<String> {
        if target.contains("://") {
            return Some(target.to_owned());
        }
        let host = self.all("host").next().and_then(|host| std::str::from_utf8(host).ok())?;
        Some(format!("https://{host}{target}"))
    }

    /// Holds the body against its announced length: a capture that was cut or that an editor touched proves nothing.
    fn settle_length(&mut self) -> Result<(), String> {
        if self.all("transfer-encoding").next().is_some() {
            return Err(
                "its body is still in chunks: save the body that the server saw, without Transfer-Encoding".into()
            );
        }
        let announced = self.all("content-length").next().and_then(|text| std::str::from_utf8(text).ok());
        let Some(announced) = announced.and_then(|text| text.trim().parse::<usize>().ok()) else { return Ok(()) };
        let has = self.body.len();
        if has < announced {
            return Err(format!(
                "the body is cut off: Content-Length says {announced}, the file has {}; capture it again",
                counted(has, "byte")
            ));
        }
        if has > announced {
            let more = counted(has.saturating_sub(announced), "byte");
            self.note = Some(format!("{more} after the body are left out, as Content-Length says {announced}"));
            self.body.truncate(announced);
        }
        Ok(())
    }

    /// The request object of a vector.
    pub(crate) fn from_json(value: &Value) -> Result<Self, String> {
        let object = value.as_object().ok_or("the request is no JSON object")?;
        let method = text(object, "method")?.unwrap_or("POST").to_ascii_uppercase();
        let url = text(object, "url")?.map(str::to_owned);
        let list = object.get("headers").and_then(Value::as_array).ok_or("`headers` is no list of pairs")?;
        let headers =
            list.iter().map(pair).collect::<Option<Vec<_>>>().ok_or("`headers` is no list of pairs of text")?;
        let body = match (text(object, "body")?, text(object, "body_base64")?) {
            (Some(_), Some(_)) => return Err("both `body` and `body_base64` are given: keep one".into()),
            (Some(body), None) => body.as_bytes().to_vec(),
            (None, Some(body)) => STANDARD.decode(body).map_err(|_| "`body_base64` is not base64")?,
            (None, None) => Vec::new(),
        };
        Ok(Self { method, url, headers, body, note: None })
    }
}

/// A member that is text, or absent (null counts as absent).
pub(crate) fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, String> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("`{name}` is not text")),
    }
}

/// Where JSON goes wrong, without the text that stands there.
pub(crate) fn place(error: &serde_json::Error) -> String {
    format!("see line {}, column {}", error.line(), error.column())
}

fn pair(value: &Value) -> Option<(String, Vec<u8>)> {
    match value.as_array()?.as_slice() {
        [Value::String(name), Value::String(value)] => Some((name.clone(), value.as_bytes().to_vec())),
        _ => None,
    }
}

/// The next line without its end, which may be `\r\n` or `\n`.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let (line, after) = rest.split_at_checked(end)?;
    *rest = after.get(1..)?;
    Some(line.strip_suffix(b"\r").unwrap_or(line))
}

fn request_line(line: &[u8]) -> Option<(String, String)> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    let well_formed = !method.is_empty()
        && method.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !target.is_empty()
        && version.starts_with("HTTP/1")
        && words.next().is_none();
    well_formed.then(|| (method.to_ascii_uppercase(), target.to_owned()))
}

/// A header line; white space around the value is no part of it.
fn header(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    let name = std::str::from_utf8(name).ok()?;
    let token = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    token.then(|| (name.to_owned(), value.get(1..).unwrap_or_default().trim_ascii().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_text_is_read_byte_for_byte() {
        let file = b"POST /hooks?a=1 HTTP/1.1\r\nHost: bot.example.com\r\nX-A:  1 \r\nx-a: \xff\r\nContent-Length: 4\r\n\r\na\r\n\0";
        let captured = Captured::parse(file).unwrap();
        assert_eq!(captured.method, "POST");
        assert_eq!(captured.url.as_deref(), Some("https://bot.example.com/hooks?a=1"));
        assert_eq!(captured.all("x-a").collect::<Vec<_>>(), [&b"1"[..], b"\xff"]);
        assert_eq!((captured.body.as_slice(), captured.note), (&b"a\r\n\0"[..], None));
    }

    #[test]
    fn a_newline_that_an_editor_added_is_left_out() {
        let captured = Captured::parse(b"POST / HTTP/1.1\nContent-Length: 2\n\n{}\n").unwrap();
        assert_eq!(captured.body, b"{}");
        assert!(captured.note.unwrap().starts_with("1 byte after the body"));
    }

    #[test]
    fn what_is_wrong_with_a_capture_is_said() {
        let wrong = |file: &str| Captured::parse(file.as_bytes()).unwrap_err();
        assert!(wrong("").contains("first line"));
        assert!(wrong("hello\n\n").contains("line 1 is no request line"));
        assert!(wrong("POST / HTTP/1.1\nnonsense\n\n").contains("line 2 is no header"));
        assert!(wrong("POST / HTTP/1.1\nA: b\n").contains("no empty line"));
        assert!(wrong("POST / HTTP/1.1\nContent-Length: 9\n\n{}").contains("cut off"));
        assert!(wrong("POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n0\n").contains("chunks"));
        assert!(wrong("{\"headers\": [[\"a\"]]}").contains("pairs"));
        assert!(wrong("{\"headers\": [], \"body\": 1}").contains("`body` is not text"));
    }

    #[test]
    fn the_object_of_a_vector_is_a_request() {
        let captured = Captured::parse(br#" {"headers": [["A", "b"]], "body_base64": "/w=="}"#).unwrap();
        assert_eq!((captured.method.as_str(), captured.body.as_slice()), ("POST", &b"\xff"[..]));
        assert_eq!(captured.headers, [("A".to_owned(), b"b".to_vec())]);
    }
}
