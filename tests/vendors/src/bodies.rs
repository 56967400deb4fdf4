//! The bodies that every SDK gets.

use time::OffsetDateTime;

/// A body with its name in the results.
pub(crate) struct Body {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
}

const FIXED: &[(&str, &[u8])] = &[
    ("json", br#"{"id":"evt_1","object":"event","type":"thing.done","created":1700000000,"n":1.50}"#),
    ("empty", b""),
    ("emoji", "{\"text\":\"Grüße 👋🏽 \u{2028}\"}".as_bytes()),
    ("escapes", br#"{"text":"Gr\u00fc\u00dfe \ud83d\udc4b \/ \u003c"}"#),
    ("not-utf8", b"{\"text\":\"caf\xe9 \xff\xfe\"}"),
    ("crlf", b"{\r\n  \"text\": \"two\\r\\nlines\"\r\n}\r\n"),
    ("form", b"text=a+b%20c%2B&token=x%2fy&empty="),
];

/// The name of the body of one MiB.
pub(crate) const MEBIBYTE: &str = "1-mib";

pub(crate) fn all() -> Vec<Body> {
    let fixed = FIXED.iter().map(|(name, bytes)| Body { name, bytes: bytes.to_vec() });
    let mut large = br#"{"text":""#.to_vec();
    large.resize((1024 * 1024_usize).saturating_sub(2), b'a');
    large.extend_from_slice(b"\"}");
    fixed.chain([Body { name: MEBIBYTE, bytes: large }]).collect()
}

/// The body inside an object that states the time, for platforms that sign it there; what is no object becomes a string.
pub(crate) fn with_time(body: &[u8], now: OffsetDateTime) -> Vec<u8> {
    let millis = now.unix_timestamp_nanos().checked_div(1_000_000).unwrap_or_default();
    let quote: &[u8] = if body.starts_with(b"{") { b"" } else { b"\"" };
    let head = format!(r#"{{"webhookTimestamp":{millis},"data":"#);
    [head.as_bytes(), quote, body, quote, b"}"].concat()
}
