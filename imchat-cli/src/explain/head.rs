//! Heads that a proxy or a parser has changed, and requests that are another provider's.

use imchat_verify::{Scheme, providers};

use crate::capture::Captured;

/// Every repeated header by its first, and by its last value alone.
pub(super) fn first_of_repeated(request: &Captured) -> Vec<Captured> {
    let is_repeated = |name: &str| request.all(name).nth(1).is_some();
    if !request.headers.iter().any(|(name, _)| is_repeated(name)) {
        return Vec::new();
    }
    let kept = |last: bool| {
        let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
        for (name, value) in &request.headers {
            match headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
                Some((_, known)) if last => known.clone_from(value),
                Some(_) => {}
                None => headers.push((name.clone(), value.clone())),
            }
        }
        Captured { headers, ..request.clone() }
    };
    vec![kept(false), kept(true)]
}

/// Every header with another word before its token, or with none; and the head without an `Authorization`.
pub(super) fn other_credentials(request: &Captured) -> Vec<Captured> {
    const WORDS: [&str; 4] = ["", "Bearer ", "Token ", "HMAC "];
    let mut others = Vec::new();
    for (at, (name, value)) in request.headers.iter().enumerate() {
        let Ok(text) = std::str::from_utf8(value) else { continue };
        let bare = bare(text, &WORDS);
        let is_usual = name.eq_ignore_ascii_case("authorization");
        for word in WORDS.iter().filter(|_| is_usual || bare != text) {
            let mut other = request.clone();
            if let Some((_, value)) = other.headers.get_mut(at) {
                *value = [word, bare].concat().into_bytes();
            }
            others.push(other);
        }
        if is_usual {
            let mut other = request.clone();
            other.headers.remove(at);
            others.push(other);
        }
    }
    others
}

/// The text behind any of the words, however many of them stand before it.
fn bare<'a>(text: &'a str, words: &[&str]) -> &'a str {
    let mut rest = text.trim();
    while let Some(after) = words.iter().filter(|word| !word.is_empty()).find_map(|word| {
        let (start, after) = rest.split_at_checked(word.len())?;
        start.eq_ignore_ascii_case(word).then(|| after.trim_start())
    }) {
        rest = after;
    }
    rest
}

pub(super) fn other_schemes(scheme: &Scheme) -> Vec<&'static Scheme> {
    providers::all().iter().filter(|other| other.name() != scheme.name()).copied().collect()
}

pub(super) fn other_methods(request: &Captured) -> Vec<Captured> {
    let others = ["POST", "GET", "PUT", "PATCH", "DELETE"].into_iter().filter(|method| *method != request.method);
    others.map(|method| Captured { method: method.into(), ..request.clone() }).collect()
}

/// Every header that has a time in seconds, in milliseconds, and the other way round.
pub(super) fn other_unit(request: &Captured) -> Vec<Captured> {
    let changed = |at: usize, value: Vec<u8>| {
        let mut request = request.clone();
        if let Some((_, known)) = request.headers.get_mut(at) {
            *known = value;
        }
        request
    };
    let others = request.headers.iter().enumerate();
    others.filter_map(|(at, (_, value))| Some(changed(at, in_other_unit(value)?))).collect()
}

/// The value with its first number of ten digits in milliseconds, or of thirteen in seconds.
fn in_other_unit(value: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(value).ok()?;
    let numbers = text.split(|char: char| !char.is_ascii_digit());
    let number = numbers.into_iter().find(|number| matches!(number.len(), 10 | 13))?;
    let other = if number.len() == 10 { format!("{number}000") } else { number.get(..10)?.to_owned() };
    Some(text.replacen(number, &other, 1).into_bytes())
}
