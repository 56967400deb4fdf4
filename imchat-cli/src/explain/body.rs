//! Bodies whose ends, lines or wrapping were changed on the way.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::mistakes::Bodies;

const BOM: &[u8] = b"\xef\xbb\xbf";

fn some<'b>(bodies: impl IntoIterator<Item = Vec<u8>, IntoIter: 'b>) -> Bodies<'b> {
    Box::new(bodies.into_iter())
}

pub(super) fn newline_added(body: &[u8]) -> Bodies<'_> {
    let ends: [&[u8]; 3] = [b"\r\n", b"\n", b"\r"];
    some(ends.into_iter().filter_map(|end| body.strip_suffix(end).map(<[u8]>::to_vec)))
}

pub(super) fn newline_lost(body: &[u8]) -> Bodies<'_> {
    let ends: [&[u8]; 2] = [b"\n", b"\r\n"];
    some(ends.into_iter().map(move |end| [body, end].concat()))
}

pub(super) fn crlf_added(body: &[u8]) -> Bodies<'_> {
    let unix = unix(body);
    some((unix.len() != body.len()).then_some(unix))
}

pub(super) fn crlf_lost(body: &[u8]) -> Bodies<'_> {
    let lines: Vec<&[u8]> = body.split(|byte| *byte == b'\n').collect();
    some((lines.len() > 1 && !body.contains(&b'\r')).then(|| lines.join(&b"\r\n"[..])))
}

pub(super) fn bom_added(body: &[u8]) -> Bodies<'_> {
    some(body.strip_prefix(BOM).map(<[u8]>::to_vec))
}

pub(super) fn bom_lost(body: &[u8]) -> Bodies<'_> {
    some((!body.starts_with(BOM)).then(|| [BOM, body].concat()))
}

pub(super) fn base64_kept(body: &[u8]) -> Bodies<'_> {
    some(STANDARD.decode(body.trim_ascii()).ok().filter(|body| !body.is_empty()))
}

/// The body without the CR of every CR LF.
fn unix(body: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(body.len());
    let mut rest = body.iter().peekable();
    while let Some(byte) = rest.next() {
        if !(*byte == b'\r' && rest.peek() == Some(&&b'\n')) {
            kept.push(*byte);
        }
    }
    kept
}
