//! The signatures that a request offers, decoded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::mac::{MAX_TAG, Tag};
use crate::error::Error;
use crate::scheme::{Algorithm, Encoding, Hash, Layout, Scheme, Source};

/// The most candidates of a supported version that one request may offer.
pub(super) const MAX_CANDIDATES: usize = 8;

/// The candidates of a request.
#[derive(Clone, Copy)]
pub(crate) enum Candidates<'r> {
    /// There are none to compare (tokens, custom checks).
    None,
    /// The one readable candidate.
    One { tag: Tag, alternate: bool },
    /// Several: read again when they are compared, so that the usual case stays small.
    List(&'r [u8]),
}

fn tag_len(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::Hmac(Hash::Sha256) | Algorithm::Digest(Hash::Sha256) => 32,
        Algorithm::Hmac(Hash::Sha1) | Algorithm::Digest(Hash::Sha1) => 20,
        Algorithm::Ed25519 => MAX_TAG,
        Algorithm::Token(_) | Algorithm::Custom(_) => 0,
    }
}

fn decode(text: &[u8], encoding: Encoding, len: usize) -> Option<Tag> {
    let mut bytes = [0; MAX_TAG];
    match encoding {
        Encoding::Hex => {
            if text.len() != len.checked_mul(2)? {
                return None;
            }
            const_hex::decode_to_slice(text, bytes.get_mut(..len)?).ok()?;
        }
        Encoding::Base64 => {
            // The decoder wants room for a last group of three that padding then shortens.
            let mut roomy = [0; MAX_TAG + 2];
            let written = STANDARD.decode_slice(text, &mut roomy).ok()?;
            if written != len {
                return None;
            }
            bytes.get_mut(..len)?.copy_from_slice(roomy.get(..len)?);
        }
    }
    Some(Tag { bytes, len })
}

fn trim(text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = text.iter().position(|byte| !is_space(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last.saturating_add(1));
    text.get(start..end).unwrap_or_default()
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
    header.split(move |byte| *byte == separator).filter_map(move |element| split(trim(element), delimiter))
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

/// Every candidate of a supported version, with its tag where it is readable.
fn of_list(scheme: &Scheme, header: &[u8]) -> impl Iterator<Item = (bool, Option<Tag>)> {
    elements(header, scheme.signature.layout).filter_map(|(version, text)| {
        let alternate = version_of(scheme, version)?;
        let algorithm = if alternate { scheme.alternate?.algorithm } else { scheme.algorithm };
        Some((alternate, decode(text, scheme.signature.encoding, tag_len(algorithm))))
    })
}

/// The only value of a key in the signature header's list.
pub(super) fn field<'r>(scheme: &Scheme, header: &'r [u8], name: &'static str) -> Result<&'r [u8], Error> {
    let source = Source::Field(name);
    let mut values = elements(header, scheme.signature.layout).filter(|(key, _)| *key == name.as_bytes());
    let (_, value) = values.next().ok_or(Error::Missing(source))?;
    if values.next().is_some() {
        return Err(Error::Repeated(source));
    }
    if value.is_empty() { Err(Error::Missing(source)) } else { Ok(value) }
}

impl<'r> Candidates<'r> {
    /// Reads the signature header; `usable` says for which of the scheme's two algorithms there are keys.
    pub(super) fn read(scheme: &Scheme, header: &'r [u8], usable: impl Fn(bool) -> bool) -> Result<Self, Error> {
        let source = scheme.signature.source;
        if let Layout::Prefixed(prefix) = scheme.signature.layout {
            let malformed = Error::Malformed(source, "the scheme's prefix and one signature of exact length");
            let text = header.strip_prefix(prefix.as_bytes()).ok_or(malformed)?;
            let tag = decode(text, scheme.signature.encoding, tag_len(scheme.algorithm)).ok_or(malformed)?;
            return Ok(Self::One { tag, alternate: false });
        }
        let (mut count, mut readable, mut first) = (0_usize, 0_usize, None);
        for (alternate, tag) in of_list(scheme, header) {
            if !usable(alternate) {
                continue;
            }
            count = count.saturating_add(1);
            if let Some(tag) = tag {
                readable = readable.saturating_add(1);
                first = first.or(Some(Self::One { tag, alternate }));
            }
        }
        match (count, readable, first) {
            (0, ..) => Err(Error::Malformed(source, "a signature of a version that this scheme supports")),
            (count, ..) if count > MAX_CANDIDATES => Err(Error::Malformed(source, "at most eight signatures")),
            (_, 1, Some(one)) => Ok(one),
            (_, _, Some(_)) => Ok(Self::List(header)),
            (_, _, None) => Err(Error::Mismatch),
        }
    }

    /// Whether any candidate of this algorithm satisfies `fits`; all of them are tried.
    pub(super) fn any(&self, scheme: &Scheme, of_alternate: bool, mut fits: impl FnMut(&Tag) -> bool) -> bool {
        match self {
            Self::None => false,
            Self::One { tag, alternate } => *alternate == of_alternate && fits(tag),
            Self::List(header) => of_list(scheme, header)
                .filter(|(alternate, _)| *alternate == of_alternate)
                .filter_map(|(_, tag)| tag)
                .fold(false, |any, tag| any | fits(&tag)),
        }
    }
}
