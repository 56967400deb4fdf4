//! Archived requests: `.http` files that hold one HTTP/1.1 request as text.
//!
//! A file is a request line, header lines, an empty line, and the body: every byte after the empty line, exactly.
//! Head lines end in `\n` or `\r\n`; the body is never touched. What is refused, with the line it stands on:
//!
//! 1. a request line that is not `METHOD target HTTP/1.x`;
//! 2. a header line without a colon, with a bad name or with a control character in its value, or a folded line;
//! 3. a `Content-Length` that is not the length of the body, which is what an editor that appends a newline leaves behind;
//! 4. a `Transfer-Encoding`, since the body would not be the bytes that were signed.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::Request;

/// Why an archived request was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The file could not be opened or read.
    #[error("cannot read {path}: check that it exists and is readable", path = path.display())]
    Unreadable {
        /// The file that was asked for.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The first line is not a request line.
    #[error("line 1 is not a request line: write `METHOD target HTTP/1.1`")]
    RequestLine,
    /// A header line is malformed.
    #[error("line {line} is not a header: write `Name: value` on one line, or an empty line before the body")]
    Header {
        /// Counted from one.
        line: usize,
    },
    /// `Content-Length` and the body disagree.
    #[error(
        "Content-Length says {announced} bytes and the body has {found}: the file was changed after it was recorded"
    )]
    Length {
        /// What the header says.
        announced: String,
        /// Bytes after the empty line.
        found: usize,
    },
    /// The body was recorded in its transfer coding.
    #[error("the request has a Transfer-Encoding: store the decoded body and drop the header")]
    TransferEncoding,
}

/// Reads one `.http` file.
///
/// # Errors
/// [`ArchiveError::Unreadable`], and whatever [`parse`] refuses.
pub fn read(path: impl AsRef<Path>) -> Result<Request, ArchiveError> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|source| ArchiveError::Unreadable { path: path.to_owned(), source })?;
    parse(&bytes)
}

/// Parses the bytes of one `.http` file.
///
/// # Errors
/// See the module's numbered list.
pub fn parse(bytes: &[u8]) -> Result<Request, ArchiveError> {
    let (first, mut rest) = split_line(bytes);
    let (method, target) = request_line(first).ok_or(ArchiveError::RequestLine)?;

    let mut headers = HeaderMap::new();
    let mut line = 1_usize;
    while !rest.is_empty() {
        let (text, after) = split_line(rest);
        rest = after;
        line = line.saturating_add(1);
        if text.is_empty() {
            break;
        }
        let (name, value) = header(text).ok_or(ArchiveError::Header { line })?;
        headers.append(name, value);
    }

    if headers.contains_key(http::header::TRANSFER_ENCODING) {
        return Err(ArchiveError::TransferEncoding);
    }
    for announced in headers.get_all(http::header::CONTENT_LENGTH) {
        let length = announced.to_str().ok().and_then(|text| text.parse::<usize>().ok());
        if length != Some(rest.len()) {
            let announced = String::from_utf8_lossy(announced.as_bytes()).into_owned();
            return Err(ArchiveError::Length { announced, found: rest.len() });
        }
    }
    Ok(Request { method, target, headers, body: Bytes::copy_from_slice(rest) })
}

/// The first line without its ending, and what follows it.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut halves = bytes.splitn(2, |byte| *byte == b'\n');
    let line = halves.next().unwrap_or_default();
    (line.strip_suffix(b"\r").unwrap_or(line), halves.next().unwrap_or_default())
}

fn request_line(line: &[u8]) -> Option<(Method, String)> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    let well_formed = target.starts_with('/') || target.starts_with("http");
    if words.next().is_some() || !well_formed || !version.starts_with("HTTP/1.") {
        return None;
    }
    Some((Method::from_bytes(method.as_bytes()).ok()?, target.to_owned()))
}

fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    let value = value.strip_prefix(b":")?.trim_ascii();
    Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "POST /slack/events HTTP/1.1\nHost: bot.example\nX-Slack-Signature: v0=00\nContent-Type: application/json\n";

    #[test]
    fn newlines_and_carriage_returns_read_alike() {
        let unix = parse(format!("{HEAD}\n{{}}").as_bytes()).expect("LF");
        let dos = parse(format!("{}\r\n{{}}", HEAD.replace('\n', "\r\n")).as_bytes()).expect("CRLF");
        assert_eq!(unix, dos);
        assert_eq!(unix.method, Method::POST);
        assert_eq!(unix.target, "/slack/events");
        assert_eq!(unix.headers["content-type"], "application/json");
        assert_eq!(unix.body, "{}");
    }

    #[test]
    fn the_body_is_kept_byte_for_byte() {
        let body: &[u8] = b"\r\n\n{\"a\":\"\xff\"}\r\n\r\n";
        let file = [HEAD.as_bytes(), b"\n", body].concat();
        assert_eq!(parse(&file).expect("archived").body, body);
    }

    #[test]
    fn a_get_without_a_body_needs_no_empty_line() {
        let request = parse(b"GET /meta?hub.mode=subscribe HTTP/1.1\r\nHost: bot.example\r\n").expect("archived");
        assert_eq!(request.method, Method::GET);
        assert_eq!(request.target, "/meta?hub.mode=subscribe");
        assert!(request.body.is_empty());
    }

    #[test]
    fn repeated_headers_stay_repeated_and_values_are_trimmed() {
        let request = parse(b"POST / HTTP/1.1\nX-A:  one \nx-a: two\nEmpty:\n\n").expect("archived");
        let values: Vec<_> = request.headers.get_all("x-a").iter().collect();
        assert_eq!(values, ["one", "two"]);
        assert_eq!(request.headers["empty"], "");
    }

    #[test]
    fn a_body_that_changed_since_it_was_recorded_is_refused() {
        let good = parse(b"POST / HTTP/1.1\nContent-Length: 2\n\n{}").expect("archived");
        assert_eq!(good.body, "{}");
        let grown = parse(b"POST / HTTP/1.1\nContent-Length: 2\n\n{}\n").expect_err("one byte more");
        assert!(matches!(grown, ArchiveError::Length { found: 3, .. }), "{grown}");
    }

    #[test]
    fn malformed_heads_are_refused_with_their_line() {
        for bad in ["", "POST /", "POST / HTTP/2", "POST  / HTTP/1.1", "PO ST / HTTP/1.1", "POST x HTTP/1.1"] {
            assert!(matches!(parse(bad.as_bytes()), Err(ArchiveError::RequestLine)), "{bad:?}");
        }
        for bad in ["X-A", "X A: b", ": b", " folded: b", "X-A: b\u{7}"] {
            let file = format!("POST / HTTP/1.1\nHost: a\n{bad}\n\n");
            assert!(matches!(parse(file.as_bytes()), Err(ArchiveError::Header { line: 3 })), "{bad:?}");
        }
        let chunked = parse(b"POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n2\r\n{}\r\n0\r\n\r\n");
        assert!(matches!(chunked, Err(ArchiveError::TransferEncoding)));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read("no/such/file.http").expect_err("missing");
        assert!(error.to_string().contains("no/such/file.http"), "{error}");
    }
}
