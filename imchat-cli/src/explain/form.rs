//! Forms that were decoded, encoded again, or handed on as something else.

use serde_json::Value;

use super::mistakes::Bodies;

/// How an encoder writes what is not a letter or a digit.
#[derive(Clone, Copy)]
struct Style {
    /// What it leaves as it is.
    plain: &'static [u8],
    /// Whether a space is `+` rather than `%20`.
    plus: bool,
    upper: bool,
}

/// What encoders leave as it is: browsers and most libraries, RFC 3986, PHP, JavaScript's `encodeURIComponent`.
const PLAIN: [&[u8]; 4] = [b"*-._", b"-._~", b"-._", b"-_.!~*'()"];

fn styles() -> impl Iterator<Item = Style> {
    PLAIN.into_iter().flat_map(|plain| {
        [(true, true), (false, true), (true, false), (false, false)].map(|(plus, upper)| Style { plain, plus, upper })
    })
}

/// A form of the same fields, encoded otherwise.
pub(super) fn reencoded(body: &[u8]) -> Bodies<'_> {
    let fields = fields(body).unwrap_or_default();
    let known = !fields.is_empty();
    Box::new(styles().filter(move |_| known).map(move |style| written(&fields, style)))
}

/// A body whose escapes were all decoded: what is no separator was escaped.
pub(super) fn decoded(body: &[u8]) -> Bodies<'_> {
    let is_form = body.contains(&b'=') && !is_escaped(body);
    let split = |part: &[u8]| match part.iter().position(|byte| *byte == b'=') {
        Some(at) => {
            let (name, value) = part.split_at_checked(at).unwrap_or_default();
            (name.to_vec(), value.get(1..).map(<[u8]>::to_vec))
        }
        None => (part.to_vec(), None),
    };
    let fields: Vec<Field> = body.split(|byte| *byte == b'&').map(split).collect();
    Box::new(styles().filter(move |_| is_form).map(move |style| written(&fields, style)))
}

/// A JSON object of texts, as a parser of forms hands one on.
pub(super) fn as_json(body: &[u8]) -> Bodies<'_> {
    let members = object_in_order(body).unwrap_or_default();
    let known = !members.is_empty();
    Box::new(styles().filter(move |_| known).map(move |style| written(&members, style)))
}

/// The JSON that Slack and GitHub send as the one field `payload`.
pub(super) fn payload_alone(body: &[u8]) -> Bodies<'_> {
    let is_json = body.first() == Some(&b'{');
    let fields = [(b"payload".to_vec(), Some(body.to_vec()))];
    Box::new(styles().filter(move |_| is_json).map(move |style| written(&fields, style)))
}

/// A name, and a value unless there is no `=`.
type Field = (Vec<u8>, Option<Vec<u8>>);

fn fields(body: &[u8]) -> Option<Vec<Field>> {
    if !is_escaped(body) || matches!(body.first(), Some(b'{' | b'[')) {
        return None;
    }
    let field = |part: &[u8]| {
        let mut halves = part.splitn(2, |byte| *byte == b'=');
        Some((read(halves.next()?), halves.next().map(read)))
    };
    body.split(|byte| *byte == b'&').map(field).collect()
}

fn is_escaped(body: &[u8]) -> bool {
    body.iter().any(|byte| matches!(byte, b'%' | b'+'))
}

/// Decodes `%XX` and `+`; what is no escape stays.
fn read(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digits = after.get(..2).and_then(|digits| const_hex::decode(digits).ok());
                match digits.as_deref() {
                    Some([decoded]) => {
                        out.push(*decoded);
                        rest = after.get(2..).unwrap_or_default();
                    }
                    _ => out.push(b'%'),
                }
            }
            other => out.push(*other),
        }
    }
    out
}

fn written(fields: &[Field], style: Style) -> Vec<u8> {
    let mut out = Vec::new();
    for (nth, (name, value)) in fields.iter().enumerate() {
        if nth > 0 {
            out.push(b'&');
        }
        encode(name, style, &mut out);
        if let Some(value) = value {
            out.push(b'=');
            encode(value, style, &mut out);
        }
    }
    out
}

fn encode(text: &[u8], style: Style, out: &mut Vec<u8>) {
    for byte in text {
        match byte {
            b' ' if style.plus => out.push(b'+'),
            plain if plain.is_ascii_alphanumeric() || style.plain.contains(plain) => out.push(*plain),
            other => {
                let digits = const_hex::encode([*other]);
                out.push(b'%');
                out.extend(if style.upper { digits.to_ascii_uppercase() } else { digits }.into_bytes());
            }
        }
    }
}

/// The members of a JSON object whose values are all texts, in the order in which they stand there.
fn object_in_order(body: &[u8]) -> Option<Vec<Field>> {
    let object: Value = serde_json::from_slice(body).ok()?;
    let object = object.as_object()?;
    let text = std::str::from_utf8(body).ok()?;
    let mut members: Vec<(usize, Field)> = Vec::new();
    for (name, value) in object {
        let at = text.find(&serde_json::to_string(name).ok()?).unwrap_or(usize::MAX);
        members.push((at, (name.clone().into_bytes(), Some(value.as_str()?.as_bytes().to_vec()))));
    }
    members.sort_by_key(|(at, _)| *at);
    Some(members.into_iter().map(|(_, field)| field).collect())
}
