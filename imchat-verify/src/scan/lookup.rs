//! Finds the values of several sources in one pass over each text they stand in.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::form;
use super::json::{self, Found, MAX_POINTERS};
#[cfg(feature = "xml")]
use super::xml;
use crate::head::{Headers, met};
use crate::scheme::Source;

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
pub(crate) fn looks_like_json(body: &[u8]) -> bool {
    let first = body.iter().find(|byte| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t'));
    matches!(first, Some(b'{' | b'['))
}

/// The value at one source.
pub(crate) fn value<'a>(source: Source, body: &'a [u8], headers: &'a (dyn Headers + 'a)) -> Value<'a> {
    match source {
        Source::Header(name) => header(name, headers),
        Source::Credential(name, scheme) => credential(name, scheme, headers),
        Source::Json(pointer) if looks_like_json(body) => {
            json::at(body, pointer).map_or_else(|json::NotJson| Value::default(), Value::found)
        }
        Source::Form(_) | Source::FormJson(..) if !looks_like_json(body) => in_form(source, body, &mut None),
        #[cfg(feature = "xml")]
        Source::Xml(name) => in_xml(name, body),
        _ => Value::default(),
    }
}

/// Sources without repetition, made ready to be looked up together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    all: Vec<Source>,
    /// The JSON pointers among them, and their places.
    pointers: Vec<json::Path<'static>>,
    places: Vec<usize>,
}

impl Sources {
    pub(crate) fn new(sources: &[Source]) -> Self {
        let mut ready = Self::default();
        for source in sources.iter().copied() {
            if ready.all.contains(&source) {
                continue;
            }
            if let Source::Json(pointer) = source {
                ready.pointers.push(json::Path::new(pointer));
                ready.places.push(ready.all.len());
            }
            ready.all.push(source);
        }
        ready
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Source> {
        self.all.iter().copied()
    }

    pub(crate) fn place(&self, source: Source) -> Option<usize> {
        self.all.iter().position(|listed| *listed == source)
    }

    /// The places of those that are among them.
    pub(crate) fn places(&self, sources: &mut dyn Iterator<Item = Source>) -> Vec<usize> {
        let mut places = Vec::new();
        for source in sources {
            places.extend(self.place(source));
        }
        places
    }

    /// The value at every source, in their order.
    pub(crate) fn read<'a>(&self, body: &'a [u8], headers: &'a (dyn Headers + 'a)) -> Vec<Value<'a>> {
        let mut values = Vec::new();
        values.resize_with(self.all.len(), Value::default);
        let json = looks_like_json(body);
        let mut held = None;
        for (value, source) in values.iter_mut().zip(&self.all) {
            match source {
                Source::Header(name) => *value = header(name, headers),
                Source::Credential(name, scheme) => *value = credential(name, scheme, headers),
                #[cfg(feature = "xml")]
                Source::Xml(name) if !json => *value = in_xml(name, body),
                Source::Form(_) | Source::FormJson(..) if !json => *value = in_form(*source, body, &mut held),
                _ => {}
            }
        }
        if !json {
            return values;
        }
        // One scan does for every scheme but those with very many places.
        for (pointers, places) in self.pointers.chunks(MAX_POINTERS).zip(self.places.chunks(MAX_POINTERS)) {
            let mut found = [Found::Absent; MAX_POINTERS];
            if json::scan(body, pointers, &mut found).is_err() {
                break;
            }
            for (place, found) in places.iter().zip(found) {
                if let Some(value) = values.get_mut(*place) {
                    *value = Value::found(found);
                }
            }
        }
        values
    }
}

fn header<'a>(name: &str, headers: &'a (dyn Headers + 'a)) -> Value<'a> {
    let (first, more) = met(headers, name);
    let Some(first) = first.filter(|first| more || !first.is_empty()) else { return Value::default() };
    let text = core::str::from_utf8(first).ok().filter(|_| !more);
    Value { text: text.map(Cow::Borrowed), present: true }
}

fn credential<'a>(name: &str, scheme: &str, headers: &'a (dyn Headers + 'a)) -> Value<'a> {
    let Value { text, present } = header(name, headers);
    let Some(Cow::Borrowed(text)) = text else { return Value { text: None, present } };
    let of_scheme = text.split_once(' ').filter(|(found, _)| found.eq_ignore_ascii_case(scheme));
    Value::text(of_scheme.map(|(_, credential)| Cow::Borrowed(credential)))
}

#[cfg(feature = "xml")]
fn in_xml<'a>(name: &str, body: &'a [u8]) -> Value<'a> {
    match xml::child(body, name) {
        Ok(xml::Child::Text(text)) => Value::text(Some(text)),
        Ok(xml::Child::Other) => Value { text: None, present: true },
        Ok(xml::Child::Absent) | Err(xml::NotXml) => Value::default(),
    }
}

/// The decoded text of the JSON field that was last used: sources of one scheme share one field.
type Held = Option<(&'static str, String)>;

fn in_form<'a>(source: Source, body: &'a [u8], held: &mut Held) -> Value<'a> {
    match source {
        Source::Form(name) => {
            let text = form_text(body, name);
            let present = text.is_some() || form::has_field(body, name);
            Value { text, present }
        }
        Source::FormJson(name, pointer) => {
            if held.as_ref().is_none_or(|(field, _)| *field != name) {
                *held = form::field(body, name).map(|text| (name, text));
            }
            let Some((_, text)) = held else { return Value::default() };
            json::at(text.as_bytes(), pointer)
                .map_or_else(|json::NotJson| Value::default(), |at| Value::found(at).into_owned())
        }
        _ => Value::default(),
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
