//! Finds the values of several sources in one pass over each text they stand in.

use alloc::borrow::Cow;
use alloc::string::String;

use super::form;
use super::json::{self, Found, MAX_POINTERS};
use crate::head::{Headers, single};
use crate::scheme::Source;

/// How many sources one look-up can take.
pub(crate) const MAX_SOURCES: usize = MAX_POINTERS;

/// What a look-up found at one source.
#[derive(Debug, Clone, Default)]
pub(crate) struct Value<'a> {
    /// The text of a scalar.
    pub(crate) text: Option<Cow<'a, str>>,
    /// Whether anything stands there, also what is no scalar or is ambiguous.
    pub(crate) present: bool,
}

impl<'a> Value<'a> {
    pub(crate) fn text(text: Option<Cow<'a, str>>) -> Self {
        Self { present: text.is_some(), text }
    }

    fn found(found: Found<'a>) -> Self {
        Self { present: found.is_present(), text: found.text() }
    }

    fn into_owned<'b>(self) -> Value<'b> {
        Value { present: self.present, text: self.text.map(|text| Cow::Owned(text.into_owned())) }
    }
}

/// Whether a body is read as JSON: the content type is not signed, so the body alone tells.
fn looks_like_json(body: &[u8]) -> bool {
    let first = body.iter().find(|byte| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t'));
    matches!(first, Some(b'{' | b'['))
}

/// The value at every source; nothing for sources beyond [`MAX_SOURCES`].
pub(crate) fn lookup<'a>(
    sources: &[Source],
    body: &'a [u8],
    headers: &'a (dyn Headers + 'a),
) -> [Value<'a>; MAX_SOURCES] {
    let mut values: [Value<'a>; MAX_SOURCES] = Default::default();
    for (value, source) in values.iter_mut().zip(sources) {
        if let Source::Header(name) = source {
            let text = single(headers, name).and_then(|bytes| core::str::from_utf8(bytes).ok());
            *value = Value::text(text.filter(|text| !text.is_empty()).map(Cow::Borrowed));
        }
    }
    if looks_like_json(body) {
        in_json(sources, body, &mut values);
    } else {
        in_form(sources, body, &mut values);
    }
    values
}

fn in_json<'a>(sources: &[Source], body: &'a [u8], values: &mut [Value<'a>; MAX_SOURCES]) {
    let mut pointers = [""; MAX_POINTERS];
    let mut any = false;
    for (slot, source) in pointers.iter_mut().zip(sources) {
        // A pointer that no text holds keeps the places in step with the sources.
        *slot = if let Source::Json(pointer) = source { pointer } else { "//" };
        any |= matches!(source, Source::Json(_));
    }
    let pointers = pointers.get(..sources.len().min(MAX_POINTERS)).unwrap_or_default();
    let mut found = [Found::Absent; MAX_POINTERS];
    if !any || json::scan(body, pointers, &mut found).is_err() {
        return;
    }
    for ((value, source), found) in values.iter_mut().zip(sources).zip(found) {
        if matches!(source, Source::Json(_)) {
            *value = Value::found(found);
        }
    }
}

fn in_form<'a>(sources: &[Source], body: &'a [u8], values: &mut [Value<'a>; MAX_SOURCES]) {
    // The decoded text of the JSON field last used: sources of one scheme share one field.
    let mut held: Option<(&'static str, String)> = None;
    for (value, source) in values.iter_mut().zip(sources) {
        match source {
            Source::Form(name) => {
                let text = form_text(body, name);
                let present = text.is_some() || form::has_field(body, name);
                *value = Value { text, present };
            }
            Source::FormJson(name, pointer) => {
                if held.as_ref().is_none_or(|(field, _)| field != name) {
                    held = form::field(body, name).map(|text| (*name, text));
                }
                let Some((_, text)) = &held else { continue };
                let mut found = [Found::Absent];
                if json::scan(text.as_bytes(), &[pointer], &mut found).is_ok() {
                    let [found] = found;
                    *value = Value::found(found).into_owned();
                }
            }
            _ => {}
        }
    }
}

fn form_text<'a>(body: &'a [u8], name: &str) -> Option<Cow<'a, str>> {
    let raw = form::raw_field(body, name)?;
    if form::needs_decoding(raw) {
        form::decode(raw).map(Cow::Owned)
    } else {
        core::str::from_utf8(raw).ok().map(Cow::Borrowed)
    }
}
