//! Where a value of a request comes from, and what is fed to the hash.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::head::query;

/// A place in a request from which the engine reads one value.
///
/// Header names are lower-case. JSON pointers are RFC 6901 without `~` escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A header, by its lower-case name. In a [family](crate::Signature::family) a leading `*` stands for the family.
    Header(&'static str),
    /// The credential in a header such as `Authorization`, by the header's lower-case name and the authentication scheme
    /// before it, which counts in any case (RFC 9110).
    Credential(&'static str, &'static str),
    /// A parameter of the URL's query, as written there.
    Query(&'static str),
    /// A key of the signature header's own list, such as `t` in `t=1,v1=…`.
    Field(&'static str),
    /// A scalar of a JSON body, by its pointer.
    Json(&'static str),
    /// The text of an element of an XML body, right below its root, by the element's name; needs the feature `xml`.
    Xml(&'static str),
    /// A field of a form body.
    Form(&'static str),
    /// A scalar, by its pointer, of the JSON text in a field of a form body.
    FormJson(&'static str, &'static str),
    /// The body as a whole.
    WholeBody,
}

impl Source {
    /// Whether the value is known before a byte of the body is.
    pub(crate) const fn in_head(self) -> bool {
        matches!(self, Self::Header(_) | Self::Credential(..) | Self::Query(_) | Self::Field(_))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, name) = match self {
            Self::Credential(name, scheme) => return write!(f, "{scheme} credential of header {name}"),
            Self::Field(name) => return write!(f, "field {name} of the signature header"),
            Self::FormJson(name, pointer) => return write!(f, "JSON member {pointer} of form field {name}"),
            Self::WholeBody => return f.write_str("body"),
            Self::Header(name) => ("header", name),
            Self::Query(name) => ("query parameter", name),
            Self::Json(pointer) => ("JSON member", pointer),
            Self::Xml(name) => ("XML element", name),
            Self::Form(name) => ("form field", name),
        };
        write!(f, "{what} {name}")
    }
}

/// What a [`Part::Custom`] function may see of the request.
#[derive(Clone, Copy)]
pub struct PartInput<'a> {
    /// The request's method, upper-case.
    pub method: &'a str,
    /// The public URL, where the caller gave one.
    pub url: Option<&'a str>,
    /// The raw body.
    pub body: &'a [u8],
}

impl PartInput<'_> {
    /// A parameter of the URL's query, decoded; nothing where it is absent, empty, no text, comes twice, or is longer than
    /// 1 KiB.
    #[must_use]
    #[inline]
    pub fn query(&self, name: &str) -> Option<String> {
        query(self.url?, name)
    }
}

impl fmt::Debug for PartInput<'_> {
    /// A URL's query may hold tokens, and the body is its writer's: neither is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartInput")
            .field("method", &self.method)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Writes one part of the signed message, piece by piece, to the sink; the error says what was expected of the request.
pub type WritePart = fn(&PartInput<'_>, &mut dyn FnMut(&[u8])) -> Result<(), &'static str>;

/// The other spellings of a public URL that a platform may have signed in its place, each tried like the URL itself.
pub type SpellUrl = fn(&str) -> Vec<String>;

/// One piece of the signed message; pieces stream into the hash in order and are never concatenated.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Part {
    /// Fixed text.
    Lit(&'static str),
    /// The raw body, any bytes.
    Body,
    /// The public URL as configured, byte for byte. Right before the body it may hold only what a URL may, and the body
    /// must be empty or begin with what no URL holds, such as a brace: the border is not a sender's to move.
    Url,
    /// The secret itself.
    Secret,
    /// The timestamp's text as received.
    Timestamp,
    /// Another value of the head, as received.
    From(Source),
    /// A piece that one platform alone needs.
    Custom(WritePart),
}

impl Part {
    /// Whether a sender chooses what stands here.
    pub(crate) const fn is_variable(&self) -> bool {
        !matches!(self, Self::Lit(_) | Self::Secret)
    }
}

/// How a timestamp is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Unix seconds in canonical decimals.
    Seconds,
    /// Unix milliseconds in canonical decimals.
    Millis,
    /// RFC 3339 in UTC, ending in `Z`, with at most nine digits of a fraction.
    Rfc3339,
}
