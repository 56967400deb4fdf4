//! A call's arguments: JSON or form bodies, or the query of a `GET`.

use http::HeaderMap;
use serde_json::{Map, Value};

/// Arguments by name; form values are strings, `blocks` and `attachments` in them are parsed.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    values: Map<String, Value>,
    /// Slack takes the token from a form's field, never from a JSON body.
    form_token: Option<String>,
}

impl Arguments {
    /// Reads the body of a `POST`.
    ///
    /// Errors are Slack's own codes.
    pub(super) fn of_post(headers: &HeaderMap, body: &[u8]) -> Result<Self, &'static str> {
        let content_type = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        match media_type.to_ascii_lowercase().as_str() {
            "application/json" => Self::of_json(body),
            "application/x-www-form-urlencoded" => Ok(Self::of_form(body)),
            "" if body.is_empty() => Ok(Self::default()),
            "" => Err("missing_post_type"),
            _ => Err("invalid_post_type"),
        }
    }

    /// Reads `name=value` pairs.
    pub(super) fn of_form(text: &[u8]) -> Self {
        let mut arguments = Self::default();
        for (name, value) in form_urlencoded::parse(text) {
            let value = match name.as_ref() {
                "token" => {
                    arguments.form_token = Some(value.into_owned());
                    continue;
                }
                // What is no JSON stays a string, which is not the array that blocks must be.
                "blocks" | "attachments" | "metadata" | "view" => {
                    serde_json::from_str(&value).unwrap_or_else(|_| Value::String(value.into_owned()))
                }
                _ => Value::String(value.into_owned()),
            };
            arguments.values.insert(name.into_owned(), value);
        }
        arguments
    }

    fn of_json(body: &[u8]) -> Result<Self, &'static str> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(values)) => Ok(Self { values, form_token: None }),
            Ok(_) => Err("json_not_object"),
            Err(_) => Err("invalid_json"),
        }
    }

    pub(super) fn form_token(&self) -> Option<&str> {
        self.form_token.as_deref()
    }

    /// A string argument that is there and not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Everything.
    pub(super) fn all(&self) -> Value {
        Value::Object(self.values.clone())
    }

    /// An argument of any type; `null` counts as absent.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| !value.is_null())
    }
}

/// The bearer token of the `Authorization` header, whatever its scheme's case.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim()).filter(|token| !token.is_empty())
}
