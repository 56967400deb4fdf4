//! The JSON in which signature vectors write a request: the object itself, or the whole case around it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::Captured;

/// A case, or its request alone.
pub(super) fn case(value: &Value) -> Result<Captured, String> {
    request(value.get("request").unwrap_or(value))
}

/// What a case is called in a list.
pub(super) fn line(value: &Value) -> String {
    value.get("id").and_then(Value::as_str).unwrap_or("without an id").to_owned()
}

/// The request object of a vector. Headers are a list of pairs; an object is taken too, as frameworks print them.
pub(crate) fn request(value: &Value) -> Result<Captured, String> {
    let object = value.as_object().ok_or("the request is no JSON object")?;
    let method = text(object, "method")?.unwrap_or("POST").to_ascii_uppercase();
    let url = text(object, "url")?.map(str::to_owned);
    let headers = match object.get("headers") {
        Some(Value::Array(list)) => list.iter().map(pair).collect::<Option<Vec<_>>>(),
        Some(Value::Object(members)) => members.iter().map(member).collect(),
        _ => return Err("`headers` is no list of pairs".into()),
    };
    let headers = headers.ok_or("`headers` is no list of pairs of text")?;
    let body = match (text(object, "body")?, text(object, "body_base64")?) {
        (Some(_), Some(_)) => return Err("both `body` and `body_base64` are given: keep one".into()),
        (Some(body), None) => body.as_bytes().to_vec(),
        (None, Some(body)) => STANDARD.decode(body).map_err(|_| "`body_base64` is not base64")?,
        (None, None) => Vec::new(),
    };
    Ok(Captured { method, url, headers, body, note: None })
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

fn member((name, value): (&String, &Value)) -> Option<(String, Vec<u8>)> {
    Some((name.clone(), value.as_str()?.as_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_object_of_a_vector_is_a_request() {
        let captured = Captured::parse(br#" {"headers": [["A", "b"]], "body_base64": "/w=="}"#, None).unwrap();
        assert_eq!((captured.method.as_str(), captured.body.as_slice()), ("POST", &b"\xff"[..]));
        assert_eq!(captured.headers, [("A".to_owned(), b"b".to_vec())]);
        let object = request(&json!({"headers": {"A": "b"}, "body": "x"})).unwrap();
        assert_eq!((object.headers, object.body.as_slice()), (captured.headers, &b"x"[..]));
    }

    #[test]
    fn what_is_wrong_with_an_object_is_said() {
        let wrong = |value: Value| request(&value).unwrap_err();
        assert!(wrong(json!({"headers": [["a"]]})).contains("pairs"));
        assert!(wrong(json!({"headers": {"a": 1}})).contains("pairs"));
        assert!(wrong(json!({"headers": [], "body": 1})).contains("`body` is not text"));
        assert!(wrong(json!({"headers": [], "body": "", "body_base64": ""})).contains("keep one"));
        assert!(wrong(json!({"headers": [], "body_base64": "?"})).contains("not base64"));
    }
}
