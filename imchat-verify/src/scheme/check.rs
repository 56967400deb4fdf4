//! The rules that every scheme keeps, evaluated by the compiler where a scheme is a `const`.

use core::fmt;

use super::{Algorithm, Layout, Part, Scheme, Source, Unit, places, places::same};
use crate::engine::{MAX_FAMILIES, MAX_PARTS, MAX_PIECES};

/// The rule that a scheme breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemeError(pub(super) &'static str);

impl SchemeError {
    /// The rule, as a sentence.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        self.0
    }
}

impl fmt::Display for SchemeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl core::error::Error for SchemeError {}

macro_rules! require {
    ($holds:expr, $rule:expr) => {
        if !$holds {
            return Err(SchemeError($rule));
        }
    };
}
pub(super) use require;

pub(super) const fn check(scheme: &Scheme) -> Result<(), SchemeError> {
    require!(is_name(scheme.name), "a scheme's name is made of lower-case letters, digits and hyphens");
    require!(!scheme.crowded, "a scheme has at most six kinds and three handshakes: a further one would be dropped");
    require!(scheme.signature.family.len() <= MAX_FAMILIES, "a family has at most two spellings");
    let mut families = scheme.signature.family;
    while let [family, rest @ ..] = families {
        let spelled = !family.is_empty() && is_lower(family.as_bytes());
        require!(spelled, "a family is spelled in lower-case letters, digits and hyphens");
        families = rest;
    }
    require!(
        scheme.spellings.is_none() || is_hash(scheme.algorithm) && scheme.alternate.is_none(),
        "other spellings of a URL are tried by a scheme of one algorithm, which is a hash"
    );
    if let Err(error) = check_second(scheme) {
        return Err(error);
    }
    if let Err(error) = check_headers(scheme) {
        return Err(error);
    }
    if let Err(error) = check_message(scheme) {
        return Err(error);
    }
    if let Err(error) = check_timestamp(scheme) {
        return Err(error);
    }
    places::check(scheme)
}

const fn is_hash(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::Hmac(_) | Algorithm::Digest(_))
}

/// Elements of a list are told apart by their version, and secrets by their role: a second algorithm needs both.
const fn check_second(scheme: &Scheme) -> Result<(), SchemeError> {
    let Some(second) = scheme.alternate else { return Ok(()) };
    let own = match scheme.signature.layout {
        Layout::Prefixed(_) => false,
        Layout::Pairs { version, .. } | Layout::Tagged { version, .. } => !same(version, second.version),
    };
    require!(own, "a second algorithm needs a list of signatures and a version of its own");
    let role = second.key.role.name();
    require!(!same(scheme.key_role.role.name(), role), "a second algorithm needs a role of its own");
    Ok(())
}

const fn check_headers(scheme: &Scheme) -> Result<(), SchemeError> {
    if !matches!(scheme.algorithm, Algorithm::Token(_)) {
        require!(header_fits(scheme.signature.source, scheme), LOWER_CASE);
    }
    if let Some(rule) = scheme.timestamp {
        require!(header_fits(rule.source, scheme), LOWER_CASE);
        require!(
            !feeds_timestamp(scheme) || rule.source.in_head() == scheme.signature.source.in_head(),
            "a time that is part of the message stands where the signature does"
        );
        if let Source::Field(_) = rule.source {
            let pairs = matches!(scheme.signature.layout, Layout::Pairs { .. });
            require!(pairs, "a field of the signature header needs a signature laid out in pairs");
        }
    }
    let mut parts = scheme.message;
    while let [part, rest @ ..] = parts {
        if let Part::From(source) = part {
            let collected = matches!(source, Source::Header(_) | Source::Query(_));
            let beside = !scheme.signature.source.in_head() && !source.in_head();
            require!(
                collected || beside,
                "only values of the head, or those beside a signature in the body, can be part of a message"
            );
            require!(header_fits(*source, scheme), LOWER_CASE);
        }
        parts = rest;
    }
    Ok(())
}

pub(super) const LOWER_CASE: &str =
    "header names are lower-case, and start with * where, and only where, the signature has a family";

const fn header_fits(source: Source, scheme: &Scheme) -> bool {
    let Source::Header(name) = source else { return true };
    let (family, rest) = match name.as_bytes() {
        [b'*', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    is_lower(rest) && !rest.is_empty() && family != scheme.signature.family.is_empty()
}

pub(super) const fn is_lower(mut text: &[u8]) -> bool {
    while let [byte, rest @ ..] = text {
        if !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-') {
            return false;
        }
        text = rest;
    }
    true
}

const fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 32 && is_lower(name.as_bytes())
}

const URL_BORDER: &str = "the text beside the URL begins and ends with a byte that no URL holds, such as a line feed: a sender chooses the query";

const fn in_urls(byte: Option<&u8>) -> bool {
    // Servers let through more than the grammar allows.
    !matches!(byte, Some(..=b' '))
}

const fn check_message(scheme: &Scheme) -> Result<(), SchemeError> {
    let (mut body, mut secret, mut variable, mut custom, mut free) = (false, false, false, false, false);
    let (mut loose, mut after_url, mut from_head) = (false, false, 0_usize);
    let mut parts = scheme.message;
    while let [part, rest @ ..] = parts {
        match part {
            Part::Body => {
                require!(!body, "the body stands once in a message");
                body = true;
            }
            Part::Custom(_) => (body, custom) = (true, true),
            Part::Secret => secret = true,
            Part::Lit(text) => {
                require!(!text.is_empty(), "fixed text in a message is not empty: it would be no border");
            }
            Part::From(_) => from_head = from_head.saturating_add(1),
            _ => {}
        }
        // Digits cannot move between a canonical timestamp and its neighbour without leaving the window.
        let this_is_loose = part.is_variable() && !matches!(part, Part::Timestamp);
        // Where a body follows the URL, the engine holds both to what keeps their border in its place.
        let loose_before = loose && !(after_url && matches!(part, Part::Body));
        after_url = matches!(part, Part::Url);
        require!(
            scheme.sorts_message() || !(loose_before && this_is_loose),
            "two variable parts stand side by side: a sender could move the border"
        );
        // RFC 3339 begins and ends in one way, and the engine lets no value before it hold a colon.
        let is_border = !part.is_variable() || (matches!(part, Part::Timestamp) && is_rfc3339(scheme));
        loose = if is_border { false } else { this_is_loose || (variable && loose) };
        variable = part.is_variable();
        if let (Part::Url, [Part::Lit(text), ..]) = (part, rest) {
            require!(!in_urls(text.as_bytes().first()), URL_BORDER);
        }
        if let (Part::Lit(text), [Part::Url, ..], true) = (part, rest, body) {
            require!(!in_urls(text.as_bytes().last()), URL_BORDER);
        }
        free |= matches!(part, Part::Body | Part::Url);
        parts = rest;
    }
    require!(from_head <= MAX_PARTS, "at most two values of the head are parts of a message");
    if scheme.sorts_message() {
        require!(
            !free,
            "a sorted message has no place for a raw body or a URL, which may hold anything: write it by a function"
        );
    }
    if is_ed25519(scheme) {
        require!(!scheme.sorts_message(), "an Ed25519 message is fed in the order in which it is given");
        require!(!custom, "a part written by a function cannot be fed to Ed25519: use a hash, or Scheme::custom");
        require!(scheme.message.len() <= MAX_PIECES, "an Ed25519 message has at most eight parts");
    }
    match scheme.algorithm {
        Algorithm::Token(sources) => {
            require!(!sources.is_empty(), "a token scheme names where the token stands");
            require!(scheme.body_not_signed, "a token signs nothing: a token scheme admits body_not_signed()");
        }
        Algorithm::Custom(_) => {}
        #[cfg(feature = "jwt")]
        Algorithm::Jwt(rule) => {
            require!(!rule.issuers.is_empty(), "a token scheme names who issues the tokens");
            require!(scheme.body_not_signed, "a token signs no body: it admits body_not_signed()");
        }
        Algorithm::Digest(_) => require!(secret, "a plain digest without the secret proves nothing"),
        Algorithm::Hmac(_) | Algorithm::Ed25519 => {
            let alone = !secret || scheme.body_not_signed;
            require!(alone, "a keyed signature does not feed the secret into its message, unless it signs no body");
            require!(!secret || !is_ed25519(scheme), "a public key is no secret to feed into a message");
        }
    }
    let in_body = !scheme.signature.source.in_head();
    require!(
        !in_body || scheme.body_not_signed,
        "a signature in the body cannot be over the body: admit it with body_not_signed()"
    );
    if scheme.algorithm.tags() {
        require!(body || scheme.body_not_signed, "the body is not signed: admit it with body_not_signed()");
        require!(!(body && scheme.body_not_signed), "the body is signed: body_not_signed() is not true");
    }
    Ok(())
}

const fn is_rfc3339(scheme: &Scheme) -> bool {
    match scheme.timestamp {
        Some(rule) => matches!(rule.unit, Unit::Rfc3339),
        None => false,
    }
}

/// Whether any of the scheme's algorithms takes its message in pieces.
const fn is_ed25519(scheme: &Scheme) -> bool {
    let second = match scheme.alternate {
        Some(second) => matches!(second.algorithm, Algorithm::Ed25519),
        None => false,
    };
    second || matches!(scheme.algorithm, Algorithm::Ed25519)
}

const fn feeds_timestamp(scheme: &Scheme) -> bool {
    let mut parts = scheme.message;
    while let [part, rest @ ..] = parts {
        if matches!(part, Part::Timestamp) {
            return true;
        }
        parts = rest;
    }
    false
}

const fn check_timestamp(scheme: &Scheme) -> Result<(), SchemeError> {
    let signed = feeds_timestamp(scheme);
    match scheme.timestamp {
        None => {
            require!(!signed, "the message has a timestamp part but the scheme has no timestamp");
        }
        Some(rule) => {
            let in_signed_body = !rule.source.in_head() && scheme.signs_body();
            let custom = matches!(scheme.algorithm, Algorithm::Custom(_));
            require!(signed || in_signed_body || custom, "the timestamp is checked but not signed");
        }
    }
    Ok(())
}
