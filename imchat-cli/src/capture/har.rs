//! HAR 1.2: recordings of browsers and proxies.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Captured;
use crate::text::without_query;

/// The recorded exchanges, where the document is a HAR.
pub(super) fn entries(document: &Value) -> Option<&[Value]> {
    Some(document.get("log")?.get("entries")?.as_array()?.as_slice())
}

/// Method and URL of an entry, without what a query may hold in confidence.
pub(super) fn line(entry: &Value) -> String {
    let part = |name| entry.pointer(name).and_then(Value::as_str).unwrap_or("?");
    format!("{} {}", part("/request/method"), without_query(part("/request/url")))
}

/// The request of an entry.
pub(super) fn parse(entry: &Value) -> Result<Captured, String> {
    let request = entry.get("request").ok_or("the entry has no `request`")?;
    let text = |name| request.get(name).and_then(Value::as_str);
    let method = text("method").ok_or("the request has no `method`")?.to_ascii_uppercase();
    let headers = request.get("headers").and_then(Value::as_array).ok_or("the request has no `headers`")?;
    let headers = headers.iter().map(header).collect::<Option<Vec<_>>>().ok_or("a header has no `name` or `value`")?;
    // HTTP/2 recordings list what stands in the request line among the headers.
    let headers = headers.into_iter().filter(|(name, _)| !name.starts_with(':')).collect();
    let (body, note) = request.get("postData").map_or(Ok((Vec::new(), None)), body)?;
    Ok(Captured { method, url: text("url").map(str::to_owned), headers, body, note })
}

fn header(value: &Value) -> Option<(String, Vec<u8>)> {
    let text = |name| value.get(name).and_then(Value::as_str);
    Some((text("name")?.to_owned(), text("value")?.as_bytes().to_vec()))
}

fn body(data: &Value) -> Result<(Vec<u8>, Option<String>), String> {
    let text = data.get("text").and_then(Value::as_str);
    match (text, data.get("encoding").and_then(Value::as_str)) {
        (Some(text), Some("base64")) => {
            let body = STANDARD.decode(text).map_err(|_| "the body's `text` is not base64 as its `encoding` says")?;
            Ok((body, None))
        }
        (Some(text), _) => {
            // What was no UTF-8 cannot be told from what was: the recorder has replaced it.
            let lost = text.contains('\u{fffd}');
            let note = lost.then(|| "the recording has replaced bytes of the body: they are lost".to_owned());
            Ok((text.as_bytes().to_vec(), note))
        }
        (None, _) => Err("the recording has no `text` of the body, only its parts: record the raw body".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(data: &Value) -> Value {
        let headers = json!([{"name": ":authority", "value": "a"}, {"name": "X-A", "value": "1"}]);
        json!({"request": {"method": "post", "url": "https://a.example/hooks?token=1", "headers": headers,
            "postData": data}})
    }

    #[test]
    fn an_entry_is_a_request() {
        let captured = parse(&entry(&json!({"mimeType": "text/plain", "text": "a\r\n"}))).unwrap();
        assert_eq!((captured.method.as_str(), captured.body.as_slice()), ("POST", &b"a\r\n"[..]));
        assert_eq!(captured.headers, [("X-A".to_owned(), b"1".to_vec())]);
        let binary = parse(&entry(&json!({"text": "/w==", "encoding": "base64"}))).unwrap();
        assert_eq!(binary.body, b"\xff");
    }

    #[test]
    fn what_a_recording_has_lost_is_said() {
        assert!(parse(&entry(&json!({"text": "a\u{fffd}"}))).unwrap().note.unwrap().contains("lost"));
        assert!(parse(&entry(&json!({"params": []}))).unwrap_err().contains("raw body"));
        assert!(parse(&json!({})).unwrap_err().contains("`request`"));
    }

    #[test]
    fn a_line_keeps_a_query_to_itself() {
        assert_eq!(line(&entry(&json!({}))), "post https://a.example/hooks");
    }
}
