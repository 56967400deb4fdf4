//! Raw HTTP text, and the request that `curl -v` prints with `> ` before every line of its head.

use super::Captured;
use crate::text::counted;

/// A request line, headers, an empty line, and the body byte for byte.
pub(super) fn parse(file: &[u8]) -> Result<Captured, String> {
    let mut rest = file;
    let spoken = Spoken::of(file);
    let first = spoken.line(&mut rest).ok_or("it ends before its first line does: expected raw HTTP/1.1 text")?;
    if first.starts_with(b"HTTP/") {
        return Err("it is an answer, not a request: capture what the receiver was sent".into());
    }
    let (method, target) = request_line(first)
        .ok_or("line 1 is no request line: expected a method, a path and HTTP/1.1, such as `POST /hooks HTTP/1.1`")?;
    let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
    for number in 2_usize.. {
        let text = spoken.line(&mut rest).ok_or("it has no empty line after the headers: capture the request whole")?;
        if text.is_empty() {
            break;
        }
        let header = header(text).ok_or_else(|| format!("line {number} is no header: expected `Name: value`"))?;
        headers.push(header);
    }
    let body = spoken.body(rest).to_vec();
    let mut captured = Captured { method, url: None, headers, body, note: None };
    captured.url = url_of(&captured, &target);
    settle_length(&mut captured)?;
    Ok(captured)
}

/// How the lines of the head are written.
#[derive(Clone, Copy, PartialEq)]
enum Spoken {
    /// As they came.
    Plainly,
    /// By curl: `> ` before what is sent, and between it `* `, `{ `, `} ` before what curl says of its own work.
    ByCurl,
}

impl Spoken {
    /// By what stands there, since curl may begin with a warning or with its progress.
    fn of(mut file: &[u8]) -> Self {
        let is_request = |line: &[u8]| line.strip_prefix(b"> ").is_some_and(|said| request_line(said).is_some());
        while let Some(line) = line(&mut file) {
            if request_line(line).is_some() {
                return Self::Plainly;
            }
            if is_request(line) {
                return Self::ByCurl;
            }
        }
        Self::Plainly
    }

    /// The next line of the head.
    fn line<'a>(self, rest: &mut &'a [u8]) -> Option<&'a [u8]> {
        loop {
            let line = line(rest)?;
            match self {
                Self::Plainly => return Some(line),
                Self::ByCurl if line == b">" => return Some(b""),
                Self::ByCurl => {
                    if let Some(said) = line.strip_prefix(b"> ") {
                        return Some(said);
                    }
                }
            }
        }
    }

    /// The body behind the head: curl's own lines before it and the answer behind it are no part of it.
    fn body(self, mut rest: &[u8]) -> &[u8] {
        if self == Self::Plainly {
            return rest;
        }
        let is_curls = |text: &[u8]| [&b"* "[..], b"} [", b"{ ["].iter().any(|mark| text.starts_with(mark));
        while is_curls(rest) {
            let Some(_) = line(&mut rest) else { return b"" };
        }
        let answer = rest.windows(7).position(|bytes| bytes == b"< HTTP/").unwrap_or(rest.len());
        match rest.split_at_checked(answer) {
            Some((body, b"")) => body,
            Some((body, _)) => body.strip_suffix(b"\n").unwrap_or(body),
            None => rest,
        }
    }
}

/// Where it was sent, as far as a request says so itself.
fn url_of(captured: &Captured, target: &str) -> Option<String> {
    if target.contains("://") {
        return Some(target.to_owned());
    }
    Some(format!("https://{}{target}", captured.text("host")?))
}

/// Holds the body against its announced length: a capture that was cut or that an editor touched proves nothing.
fn settle_length(captured: &mut Captured) -> Result<(), String> {
    if captured.all("transfer-encoding").next().is_some() {
        return Err("its body is still in chunks: save the body that the server saw, without Transfer-Encoding".into());
    }
    let Some(announced) = captured.text("content-length").and_then(|text| text.trim().parse::<usize>().ok()) else {
        return Ok(());
    };
    let has = captured.body.len();
    if has < announced {
        return Err(format!(
            "the body is cut off: Content-Length says {announced}, the file has {}; capture it again",
            counted(has, "byte")
        ));
    }
    if has > announced {
        let more = counted(has.saturating_sub(announced), "byte");
        captured.note = Some(format!("left out after the body: {more}, as Content-Length says {announced}"));
        captured.body.truncate(announced);
    }
    Ok(())
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
        && version.starts_with("HTTP/")
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
        let captured = parse(file).unwrap();
        assert_eq!(captured.method, "POST");
        assert_eq!(captured.url.as_deref(), Some("https://bot.example.com/hooks?a=1"));
        assert_eq!(captured.all("x-a").collect::<Vec<_>>(), [&b"1"[..], b"\xff"]);
        assert_eq!((captured.body.as_slice(), captured.note), (&b"a\r\n\0"[..], None));
    }

    #[test]
    fn a_newline_that_an_editor_added_is_left_out() {
        let captured = parse(b"POST / HTTP/1.1\nContent-Length: 2\n\n{}\n").unwrap();
        assert_eq!(captured.body, b"{}");
        assert_eq!(captured.note.unwrap(), "left out after the body: 1 byte, as Content-Length says 2");
    }

    #[test]
    fn what_curl_prints_is_read_without_what_it_says_itself() {
        let file = b"*   Trying 127.0.0.1:9...\n* Connected\n> POST /hooks HTTP/2\n> Host: localhost:9\n> X-A: 1\n>\n\
            } [7 bytes data]\n* upload completely sent off\n> {}\r\n\xff\n< HTTP/1.1 200 OK\n< Date: now\n<\nok";
        let captured = parse(file).unwrap();
        assert_eq!((captured.method.as_str(), captured.url.as_deref()), ("POST", Some("https://localhost:9/hooks")));
        assert_eq!(captured.headers.len(), 2);
        assert_eq!(captured.body, b"> {}\r\n\xff");
    }

    #[test]
    fn what_curl_says_before_its_first_line_is_left_out() {
        for before in
            ["Note: Unnecessary use of -X\n", "  % Total    % Received\n\r  0     0\r\n", "{ [5 bytes data]\n* ok\n"]
        {
            let captured = parse(format!("{before}> POST / HTTP/1.1\r\n> X-A: 1\r\n>\r\n{{}}").as_bytes()).unwrap();
            assert_eq!((captured.text("x-a"), captured.body.as_slice()), (Some("1"), &b"{}"[..]), "{before}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_capture_is_said() {
        let wrong = |file: &str| parse(file.as_bytes()).unwrap_err();
        assert!(wrong("").contains("first line"));
        assert!(wrong("hello\n\n").contains("line 1 is no request line"));
        assert!(wrong("HTTP/1.1 200 OK\n\n").contains("an answer, not a request"));
        assert!(wrong("POST / HTTP/1.1\nnonsense\n\n").contains("line 2 is no header"));
        assert!(wrong("POST / HTTP/1.1\nA: b\n").contains("no empty line"));
        assert!(wrong("POST / HTTP/1.1\nContent-Length: 9\n\n{}").contains("cut off"));
        assert!(wrong("POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n0\n").contains("chunks"));
        assert!(wrong("* only talk\n").contains("line 1 is no request line"));
    }
}
