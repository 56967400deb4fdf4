//! A request as a platform sends it, before a client turns it into packets.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::headers::SIGNATURE_HEADERS;

/// One HTTP request: the head in any order of names, the body byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Nearly always `POST`; handshakes of some platforms are `GET`.
    pub method: Method,
    /// Path and query as in the request line, for instance `/slack/events`.
    pub target: String,
    /// Repeated names stay repeated.
    pub headers: HeaderMap,
    /// The body as it goes over the wire, not decoded.
    pub body: Bytes,
}

impl Request {
    /// A `POST` of `body` with this content type and nothing else in its head.
    #[must_use]
    pub fn post(target: impl Into<String>, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { method: Method::POST, target: target.into(), headers, body: body.into() }
    }

    /// Takes out every header that carries a signature, its time or a shared token, so that the request can be signed anew.
    pub fn strip_signature(&mut self) {
        for name in SIGNATURE_HEADERS {
            self.headers.remove(*name);
        }
    }

    /// Takes out the headers of these names, in any case.
    pub fn strip_headers(&mut self, names: &[&str]) {
        for name in names {
            if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
                self.headers.remove(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_headers_go_and_ids_stay() {
        let mut request = Request::post("/", "application/json", "{}");
        for name in ["x-slack-signature", "webhook-signature", "webhook-id", "x-github-delivery"] {
            request.headers.append(name, HeaderValue::from_static("v"));
            request.headers.append(name, HeaderValue::from_static("w"));
        }
        request.strip_signature();
        let left: Vec<&str> = request.headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["content-type", "webhook-id", "x-github-delivery"]);
    }

    #[test]
    fn headers_are_stripped_in_any_case_and_nonsense_names_are_ignored() {
        let mut request = Request::post("/", "application/json", "{}");
        request.headers.append("x-one", HeaderValue::from_static("v"));
        request.strip_headers(&["X-One", "not a name"]);
        assert!(!request.headers.contains_key("x-one"));
        assert!(request.headers.contains_key("content-type"));
    }

    #[test]
    fn every_signature_header_is_a_valid_lower_case_name() {
        for name in SIGNATURE_HEADERS.iter().chain(crate::headers::CONNECTION_HEADERS) {
            let parsed: HeaderName = name.parse().expect("a header name");
            assert_eq!(parsed.as_str(), *name);
        }
    }
}
