//! Signed requests, changed.

use std::collections::BTreeSet;

use imchat_verify::scheme::Part;
use imchat_verify::{Scheme, Verdict};
use time::OffsetDateTime;

use crate::candidates::holds_tag;
use crate::signed::{NOW, Pair, Signed};

/// The bytes of one change: where, at which byte of it (two bytes), how, and with what.
const CHANGE: usize = 5;

/// What comes of a request that is taken.
#[derive(Debug, PartialEq, Eq)]
struct Taken {
    sent_at: Option<OffsetDateTime>,
    opened: Vec<u8>,
}

/// The first byte chooses a scheme, the second how many changes there are, which follow; the rest is a body. It is signed and
/// then changed. Where it is still taken, all that the scheme signs is what it was.
pub fn mutations(data: &[u8]) {
    let Some(([choice, count], rest)) = data.split_first_chunk::<2>() else { return };
    let length = usize::from(count % 4).saturating_add(1).saturating_mul(CHANGE);
    let Some((changes, body)) = rest.split_at_checked(length) else { return };
    let Some(pair) = Pair::chosen(*choice) else { return };
    let Some(signed) = pair.sign(body) else { return };
    let Some(before) = taken(pair, &signed) else { return };
    let mut changed = signed.clone();
    for change in changes.chunks_exact(CHANGE) {
        let [place, high, low, how, byte] = change else { return };
        apply(&mut changed, *place, usize::from(u16::from_be_bytes([*high, *low])), *how, *byte);
    }
    if let Some(after) = taken(pair, &changed) {
        let scheme = pair.verifier.scheme();
        let name = scheme.name();
        assert_eq!(before.sent_at.is_some(), after.sent_at.is_some(), "{name} loses its time");
        if scheme.proves_in_query() {
            assert_eq!(proofs(&signed.url), proofs(&changed.url), "{name} takes another proof");
            assert!(!signs_body(scheme) || before.opened == after.opened, "{name} takes another body");
        } else {
            assert_eq!(before.sent_at, after.sent_at, "{name} takes another time");
            assert_same_headers(name, &signed, &changed);
            if name == "twilio" {
                assert_eq!(as_twilio(&signed), as_twilio(&changed), "{name} takes another URL or other fields");
                return;
            }
            assert!(!scheme.signs_url() || same_url(name, &signed.url, &changed.url), "{name} takes another URL");
            assert!(!signs_body(scheme) || signed.body == changed.body, "{name} takes another body");
        }
    }
}

fn taken(pair: &Pair, request: &Signed) -> Option<Taken> {
    match pair.verifier.verify(request.head(), &request.body, NOW) {
        Ok(Verdict::Event(proved)) => Some(Taken { sent_at: proved.sent_at(), opened: proved.body().to_vec() }),
        Ok(Verdict::Handshake(_)) | Err(_) => None,
    }
}

/// Changes the URL, the body or a header at a byte: one is replaced, put in, taken out, or all from there on are.
fn apply(request: &mut Signed, place: u8, at: usize, how: u8, byte: u8) {
    let mut url = std::mem::take(&mut request.url).into_bytes();
    let place = usize::from(place).checked_rem(request.headers.len().saturating_add(2)).unwrap_or_default();
    let text = match place.checked_sub(2) {
        None if place == 0 => &mut request.body,
        None => &mut url,
        Some(nth) => match request.headers.get_mut(nth) {
            Some((_, value)) => value,
            None => &mut url,
        },
    };
    let at = at.checked_rem(text.len().saturating_add(1)).unwrap_or_default();
    match (how % 4, text.get_mut(at)) {
        (0, Some(old)) => *old = byte,
        (1, Some(_)) => drop(text.remove(at)),
        (2, Some(_)) => text.truncate(at),
        _ => text.insert(at, byte),
    }
    // A URL is text: one that is none anymore is as it was, but for that byte.
    request.url = String::from_utf8_lossy(&url).into_owned();
}

fn signs_body(scheme: &Scheme) -> bool {
    scheme.message().iter().any(|part| matches!(part, Part::Body | Part::Custom(_)))
}

/// The signature comes last, and may stand among others; what comes before it is signed.
fn assert_same_headers(name: &str, signed: &Signed, changed: &Signed) {
    let (Some(((_, right), values)), Some(((_, bent), others))) =
        (signed.headers.split_last(), changed.headers.split_last())
    else {
        panic!("{name} takes a request without a proof")
    };
    assert_eq!(values, others, "{name} takes another value of the head");
    assert!(holds_tag(bent, right), "{name} takes another tag");
}

/// The proof in a query, hex digits in any case. Which of time and nonce is which nobody signs.
fn proofs(url: &str) -> BTreeSet<String> {
    let query = url.split('#').next().and_then(|url| url.split_once('?')).map_or("", |(_, query)| query);
    let proves = |name: &str| matches!(name, "timestamp" | "nonce" | "signature" | "msg_signature");
    let values = query.split('&').filter_map(|pair| pair.split_once('=')).filter(|(name, _)| proves(name));
    values.map(|(_, value)| value.to_ascii_lowercase()).collect()
}

/// Version 3 of HubSpot's signature resolves some escapes.
fn same_url(name: &str, signed: &str, changed: &str) -> bool {
    let resolved = |url: &str| -> Vec<u8> { percent_encoding::percent_decode_str(url).collect() };
    if name == "hubspot" { resolved(signed) == resolved(changed) } else { signed == changed }
}

/// What Twilio signs: URL and sorted fields in a row, however they are written and wherever one ends and its neighbour begins.
/// The URL counts with any port and without one, and with both spellings of an apostrophe.
fn as_twilio(request: &Signed) -> Vec<u8> {
    let fields: BTreeSet<(Vec<u8>, Vec<u8>)> = fields(&request.body).collect();
    let mut message = without_port(&request.url).replace("%27", "'").into_bytes();
    fields.into_iter().for_each(|(name, value)| message.extend([name, value].concat()));
    message
}

fn without_port(url: &str) -> String {
    const HOST: &str = "https://bot.example.com";
    let Some(ported) = url.strip_prefix(HOST).and_then(|rest| rest.strip_prefix(':')) else { return url.to_owned() };
    [HOST, ported.trim_start_matches(|character| !matches!(character, '/' | '?' | '#'))].concat()
}

/// The fields of a form, in bytes.
fn fields(form: &[u8]) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = pair.split_at_checked(at).unwrap_or_default();
        (decoded(name), decoded(value.get(1..).unwrap_or_default()))
    })
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_encoding::percent_decode(&spaced).collect()
}
