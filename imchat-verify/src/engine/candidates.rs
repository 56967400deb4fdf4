//! The signatures that a request offers, decoded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::mac::{MAX_TAG, Tag};
use crate::error::Error;
use crate::scheme::{Algorithm, Encoding, Hash, Layout, Scheme, Source};

/// The most candidates of a supported version that one request may offer.
pub(super) const MAX_CANDIDATES: usize = 8;

/// The candidates of a request: the first readable one, and the header they stand in where there are more.
#[derive(Clone, Copy, Default)]
pub(crate) struct Candidates<'r> {
    first: Tag,
    alternate: bool,
    /// Several: read again when they are compared, so that the usual case stays small.
    list: Option<&'r [u8]>,
}

fn tag_len(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::Hmac(Hash::Sha256) | Algorithm::Digest(Hash::Sha256) => 32,
        Algorithm::Hmac(Hash::Sha1) | Algorithm::Digest(Hash::Sha1) => 20,
        Algorithm::Ed25519 => MAX_TAG,
        Algorithm::Token(_) | Algorithm::Custom(_) => 0,
        #[cfg(feature = "jwt")]
        Algorithm::Jwt(_) => 0,
    }
}

/// Decodes a tag of this length in place; says whether the text is one.
fn decode(text: &[u8], encoding: Encoding, len: usize, tag: &mut Tag) -> bool {
    tag.len = len;
    match encoding {
        Encoding::Hex => {
            let whole = len.checked_mul(2) == Some(text.len());
            whole && tag.bytes.get_mut(..len).is_some_and(|room| const_hex::decode_to_slice(text, room).is_ok())
        }
        Encoding::Base64 => STANDARD.decode_slice(text, &mut tag.bytes) == Ok(len),
    }
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// What follows the prefix. An empty one is not compared: it lies at no address, and looking there faults in silence.
fn after_prefix<'r>(header: &'r [u8], prefix: &str) -> Option<&'r [u8]> {
    if prefix.is_empty() { Some(header) } else { header.strip_prefix(prefix.as_bytes()) }
}

/// Splits at the first delimiter; nothing where there is none.
fn split(text: &[u8], delimiter: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == delimiter)?;
    Some((text.get(..at)?, text.get(at.checked_add(1)?..)?))
}

/// The elements of a list header, each as version and text.
fn elements(header: &[u8], layout: Layout) -> impl Iterator<Item = (&[u8], &[u8])> {
    let (separator, delimiter) = match layout {
        Layout::Prefixed(_) => (0, 0),
        Layout::Pairs { separator, .. } => (separator, b'='),
        Layout::Tagged { separator, delimiter, .. } => (separator, delimiter),
    };
    let mut rest = Some(header);
    core::iter::from_fn(move || {
        let text = rest?;
        let end = memchr::memchr(separator, text).unwrap_or(text.len());
        rest = end.checked_add(1).and_then(|next| text.get(next..));
        text.get(..end)
    })
    .filter_map(move |element| split(trim(element), delimiter))
}

/// Which of the scheme's algorithms a version belongs to: `Some(true)` is the second one.
fn version_of(scheme: &Scheme, version: &[u8]) -> Option<bool> {
    let main = match scheme.signature.layout {
        Layout::Prefixed(_) => return None,
        Layout::Pairs { version, .. } | Layout::Tagged { version, .. } => version,
    };
    if version == main.as_bytes() {
        return Some(false);
    }
    scheme.alternate.filter(|second| version == second.version.as_bytes()).map(|_| true)
}

/// Whether the tag of an element of this version belongs to the scheme's second algorithm, and its length; nothing
/// where the version is not supported.
fn supported(scheme: &Scheme, version: &[u8]) -> Option<(bool, usize)> {
    let alternate = version_of(scheme, version)?;
    let algorithm = if alternate { scheme.alternate?.algorithm } else { scheme.algorithm };
    Some((alternate, tag_len(algorithm)))
}

impl<'r> Candidates<'r> {
    /// Reads the signature header in place, and on the way the only value of `field` in its list; `usable` says for
    /// which of the scheme's two algorithms there are keys. Compiled into both of its callers: a single signature is every
    /// request's way, and a list is read apart from it.
    #[inline(always)]
    pub(super) fn read(
        &mut self,
        scheme: &Scheme,
        header: &'r [u8],
        field: Option<&'static str>,
        usable: impl Fn(bool) -> bool,
    ) -> Result<Option<&'r [u8]>, Error> {
        let Layout::Prefixed(prefix) = scheme.signature.layout else {
            return self.read_list(scheme, header, field, &usable);
        };
        match after_prefix(header, prefix) {
            Some(text) if decode(text, scheme.signature.encoding, tag_len(scheme.algorithm), &mut self.first) => {
                Ok(None)
            }
            _ => {
                let expected = "the scheme's prefix and one signature of exact length";
                Err(Error::Malformed(scheme.signature.source, expected))
            }
        }
    }

    fn read_list(
        &mut self,
        scheme: &Scheme,
        header: &'r [u8],
        field: Option<&'static str>,
        usable: &dyn Fn(bool) -> bool,
    ) -> Result<Option<&'r [u8]>, Error> {
        let source = scheme.signature.source;
        let encoding = scheme.signature.encoding;
        let mut value = None;
        let (mut count, mut readable) = (0_usize, 0_usize);
        let mut spare = Tag::default();
        for (version, text) in elements(header, scheme.signature.layout) {
            if let Some(name) = field.filter(|name| name.as_bytes() == version) {
                if value.is_some() {
                    return Err(Error::Repeated(Source::Field(name)));
                }
                value = Some(text);
                continue;
            }
            let Some((alternate, len)) = supported(scheme, version).filter(|(second, _)| usable(*second)) else {
                continue;
            };
            count = count.saturating_add(1);
            let tag = if readable == 0 { &mut self.first } else { &mut spare };
            if decode(text, encoding, len, tag) {
                if readable == 0 {
                    self.alternate = alternate;
                }
                readable = readable.saturating_add(1);
            }
        }
        if let (Some(name), None | Some([])) = (field, value) {
            return Err(Error::Missing(Source::Field(name)));
        }
        match (count, readable) {
            (0, _) => return Err(Error::Malformed(source, "a signature of a version that this scheme supports")),
            (count, _) if count > MAX_CANDIDATES => return Err(Error::Malformed(source, "at most eight signatures")),
            (_, 0) => return Err(Error::Mismatch),
            (_, 1) => {}
            _ => self.list = Some(header),
        }
        Ok(value)
    }

    /// Whether any candidate of this algorithm satisfies `fits`; all of them are tried.
    #[inline]
    pub(super) fn any(&self, scheme: &Scheme, of_alternate: bool, mut fits: impl FnMut(&Tag) -> bool) -> bool {
        match self.list {
            None => self.alternate == of_alternate && fits(&self.first),
            Some(header) => any_listed(header, scheme, of_alternate, &mut fits),
        }
    }
}

/// Reads the candidates of a list again, one after the other. Out of line: most requests bring one.
#[cold]
#[inline(never)]
fn any_listed(header: &[u8], scheme: &Scheme, of_alternate: bool, fits: &mut dyn FnMut(&Tag) -> bool) -> bool {
    let mut any = false;
    for (version, text) in elements(header, scheme.signature.layout) {
        let mut tag = Tag::default();
        match supported(scheme, version) {
            Some((alternate, len)) if alternate == of_alternate => {
                any |= decode(text, scheme.signature.encoding, len, &mut tag) && fits(&tag);
            }
            _ => {}
        }
    }
    any
}
