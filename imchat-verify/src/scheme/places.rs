//! The rules for the places a scheme names: each can be read, and what a key rests on is signed.

use super::check::{LOWER_CASE, SchemeError, is_lower, require};
use super::{Algorithm, Answer, Key, List, Part, Scheme, Source, When};
use crate::scan::json::{MAX_LISTS, MAX_POINTERS};

const POINTER: &str = "a JSON pointer starts with a slash and has no ~ escapes";
const UNSIGNED_KEY: &str =
    "an id that is not signed is no key: a replay would bring another one (name it with event_id())";

pub(super) const fn check(scheme: &Scheme) -> Result<(), SchemeError> {
    // What a token scheme reads nobody signs, and what a function covers only it knows.
    let signs = scheme.algorithm.tags();
    if let Err(error) = check_key(&scheme.key, scheme, signs) {
        return Err(error);
    }
    let named = [scheme.event_id, scheme.event_type, scheme.tenant];
    let mut lists: &[&[Source]] = &named;
    while let [sources, rest @ ..] = lists {
        if let Err(error) = check_all(sources, scheme, true) {
            return Err(error);
        }
        lists = rest;
    }
    if let Err(error) = check_kinds(scheme, signs) {
        return Err(error);
    }
    if let Err(error) = check_handshakes(scheme) {
        return Err(error);
    }
    check_proofs(scheme)
}

/// Tokens, and a time that stands in the body.
const fn check_proofs(scheme: &Scheme) -> Result<(), SchemeError> {
    if let Algorithm::Token(sources) = scheme.algorithm
        && let Err(error) = check_all(sources, scheme, false)
    {
        return Err(error);
    }
    #[cfg(feature = "jwt")]
    if let Algorithm::Jwt(rule) = &scheme.algorithm {
        if let Some(bound) = &rule.bound
            && let Err(error) = check_place(bound.source, scheme, false)
        {
            return Err(error);
        }
        if let Some(source) = rule.endorsed
            && let Err(error) = check_place(source, scheme, false)
        {
            return Err(error);
        }
    }
    if !scheme.signature.source.in_head()
        && let Err(error) = check_place(scheme.signature.source, scheme, false)
    {
        return Err(error);
    }
    let mut parts = scheme.message;
    while let [part, rest @ ..] = parts {
        if let Part::From(source) = part
            && !source.in_head()
            && let Err(error) = check_place(*source, scheme, false)
        {
            return Err(error);
        }
        parts = rest;
    }
    if let Some(rule) = scheme.token
        && let Err(error) = check_all(rule.sources, scheme, false)
    {
        return Err(error);
    }
    match scheme.timestamp {
        Some(rule) if !rule.source.in_head() => check_place(rule.source, scheme, false),
        _ => Ok(()),
    }
}

const fn check_kinds(scheme: &Scheme, signs: bool) -> Result<(), SchemeError> {
    let mut kinds: &[_] = &scheme.kinds;
    while let [Some(kind), rest @ ..] = kinds {
        let own = kind.facts.own_key();
        if let Some(key) = own
            && let Err(error) = check_key(&key, scheme, signs)
        {
            return Err(error);
        }
        let mut conditions = kind.when;
        while let [when, rest @ ..] = conditions {
            if let Err(error) = check_place(when.source(), scheme, true) {
                return Err(error);
            }
            require!(
                own.is_none() || !signs || !scheme.signs_body() || is_signed(when.source(), scheme),
                "a kind that is told apart by what is not signed has no key of its own: a replay would choose it"
            );
            conditions = rest;
        }
        kinds = rest;
    }
    Ok(())
}

const fn check_handshakes(scheme: &Scheme) -> Result<(), SchemeError> {
    let mut handshakes: &[_] = &scheme.handshakes;
    while let [Some(handshake), rest @ ..] = handshakes {
        if let Answer::Echo(pointer) = handshake.answer {
            require!(is_pointer(pointer), POINTER);
        }
        let mut conditions: &[When] = handshake.when;
        while let [when, rest @ ..] = conditions {
            if let Err(error) = check_place(when.source(), scheme, false) {
                return Err(error);
            }
            conditions = rest;
        }
        handshakes = rest;
    }
    Ok(())
}

const fn check_key(key: &Key, scheme: &Scheme, signs: bool) -> Result<(), SchemeError> {
    if let Key::PerItem(lists) = key
        && let Err(error) = check_lists(lists, scheme)
    {
        return Err(error);
    }
    let mut sources = key.sources();
    while let [source, rest @ ..] = sources {
        if let Err(error) = check_place(*source, scheme, true) {
            return Err(error);
        }
        let no_better = !scheme.signs_body() && !source.in_head();
        require!(!signs || no_better || is_signed(*source, scheme), UNSIGNED_KEY);
        sources = rest;
    }
    Ok(())
}

const fn check_lists(mut lists: &[List], scheme: &Scheme) -> Result<(), SchemeError> {
    require!(cfg!(feature = "batches"), "batches are read with the cargo feature `batches` of imchat-verify");
    require!(!lists.is_empty() && lists.len() <= MAX_LISTS, "a batch has at least one list and at most eight");
    require!(scheme.signs_body(), "items are told apart by what is signed: a scheme that signs no body has no batches");
    while let [list, rest @ ..] = lists {
        require!(list.place.is_empty() || is_pointer(list.place), POINTER);
        let mut ids = list.ids;
        while let [parts, more @ ..] = ids {
            require!(!parts.is_empty() && parts.len() <= MAX_POINTERS, "an id has a part");
            let mut parts: &[_] = parts;
            while let [part, others @ ..] = parts {
                require!(is_pointer(part), POINTER);
                parts = others;
            }
            ids = more;
        }
        lists = rest;
    }
    Ok(())
}

const fn check_all(mut sources: &[Source], scheme: &Scheme, families: bool) -> Result<(), SchemeError> {
    while let [source, rest @ ..] = sources {
        if let Err(error) = check_place(*source, scheme, families) {
            return Err(error);
        }
        sources = rest;
    }
    Ok(())
}

/// `families` says whether a `*` is read as one of the family's spellings there.
const fn check_place(source: Source, scheme: &Scheme, families: bool) -> Result<(), SchemeError> {
    match source {
        Source::Header(name) | Source::Credential(name, _) => {
            let rest = match name.as_bytes() {
                [b'*', rest @ ..] if families && !scheme.signature.family.is_empty() => rest,
                rest => rest,
            };
            require!(!rest.is_empty() && is_lower(rest), LOWER_CASE);
        }
        Source::Json(pointer) | Source::FormJson(_, pointer) => require!(is_pointer(pointer), POINTER),
        Source::Xml(_) => require!(cfg!(feature = "xml"), "XML is read with the cargo feature `xml` of imchat-verify"),
        Source::Form(_) => {}
        Source::Query(_) | Source::Field(_) | Source::WholeBody => {
            require!(false, "ids, types, tenants, tokens and conditions are read from a header, JSON, XML or a form");
        }
    }
    Ok(())
}

const fn is_pointer(pointer: &str) -> bool {
    let [b'/', rest @ ..] = pointer.as_bytes() else { return false };
    let mut rest = rest;
    while let [byte, more @ ..] = rest {
        if *byte == b'~' {
            return false;
        }
        rest = more;
    }
    true
}

const fn is_signed(source: Source, scheme: &Scheme) -> bool {
    let mut parts = scheme.message;
    while let [part, rest @ ..] = parts {
        if let Part::From(signed) = part
            && same_place(*signed, source)
        {
            return true;
        }
        parts = rest;
    }
    !source.in_head() && scheme.signs_body()
}

const fn same_place(one: Source, other: Source) -> bool {
    match (one, other) {
        (Source::Header(one), Source::Header(other))
        | (Source::Json(one), Source::Json(other))
        | (Source::Xml(one), Source::Xml(other))
        | (Source::Form(one), Source::Form(other)) => same(one, other),
        _ => false,
    }
}

pub(super) const fn same(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.as_bytes(), other.as_bytes());
    while let ([a, one_rest @ ..], [b, other_rest @ ..]) = (one, other) {
        if *a != *b {
            return false;
        }
        (one, other) = (one_rest, other_rest);
    }
    one.is_empty() && other.is_empty()
}
