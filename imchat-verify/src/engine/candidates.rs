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

fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
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

/// The tag of one element, where its version is supported: whether it is the second algorithm's, and its tag where it
/// is readable.
fn candidate(scheme: &Scheme, version: &[u8], text: &[u8]) -> Option<(bool, Option<Tag>)> {
    let alternate = version_of(scheme, version)?;
    let algorithm = if alternate { scheme.alternate?.algorithm } else { scheme.algorithm };
    Some((alternate, decode(text, scheme.signature.encoding, tag_len(algorithm))))
}

impl<'r> Candidates<'r> {
    /// Reads the signature header, and on the way the only value of `field` in its list; `usable` says for which of the
    /// scheme's two algorithms there are keys.
    pub(super) fn read(
        scheme: &Scheme,
        header: &'r [u8],
        field: Option<&'static str>,
        usable: impl Fn(bool) -> bool,
    ) -> Result<(Self, Option<&'r [u8]>), Error> {
        let source = scheme.signature.source;
        if let Layout::Prefixed(prefix) = scheme.signature.layout {
            let malformed = Error::Malformed(source, "the scheme's prefix and one signature of exact length");
            let text = header.strip_prefix(prefix.as_bytes()).ok_or(malformed)?;
            let tag = decode(text, scheme.signature.encoding, tag_len(scheme.algorithm)).ok_or(malformed)?;
            return Ok((Self::One { tag, alternate: false }, None));
        }
        let mut value = None;
        let (mut count, mut readable, mut first) = (0_usize, 0_usize, None);
        for (version, text) in elements(header, scheme.signature.layout) {
            if let Some(name) = field.filter(|name| name.as_bytes() == version) {
                if value.is_some() {
                    return Err(Error::Repeated(Source::Field(name)));
                }
                value = Some(text);
                continue;
            }
            let Some((alternate, tag)) = candidate(scheme, version, text).filter(|(second, _)| usable(*second)) else {
                continue;
            };
            count = count.saturating_add(1);
            if let Some(tag) = tag {
                readable = readable.saturating_add(1);
                if first.is_none() {
                    first = Some(Self::One { tag, alternate });
                }
            }
        }
        if let (Some(name), None | Some([])) = (field, value) {
            return Err(Error::Missing(Source::Field(name)));
        }
        let candidates = match (count, readable, first) {
            (0, ..) => return Err(Error::Malformed(source, "a signature of a version that this scheme supports")),
            (count, ..) if count > MAX_CANDIDATES => return Err(Error::Malformed(source, "at most eight signatures")),
            (_, 1, Some(one)) => one,
            (_, _, Some(_)) => Self::List(header),
            (_, _, None) => return Err(Error::Mismatch),
        };
        Ok((candidates, value))
    }

    /// Whether any candidate of this algorithm satisfies `fits`; all of them are tried.
    pub(super) fn any(&self, scheme: &Scheme, of_alternate: bool, mut fits: impl FnMut(&Tag) -> bool) -> bool {
        match self {
            Self::None => false,
            Self::One { tag, alternate } => *alternate == of_alternate && fits(tag),
            Self::List(header) => elements(header, scheme.signature.layout)
                .filter_map(|(version, text)| candidate(scheme, version, text))
                .filter_map(|(alternate, tag)| tag.filter(|_| alternate == of_alternate))
                .fold(false, |any, tag| any | fits(&tag)),
        }
    }
}
