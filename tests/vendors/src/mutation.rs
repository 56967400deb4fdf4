//! What is done to a signed request, one named change at a time.

use imchat_verify::Scheme;

use crate::request::Request;

/// One change. Where it cannot be made, because there is nothing to change, the request comes back as it was.
pub(crate) struct Mutation {
    pub(crate) name: &'static str,
    /// Whether nobody may take the changed request.
    pub(crate) forged: bool,
    pub(crate) change: fn(&mut Request, &Scheme),
}

const fn forged(name: &'static str, change: fn(&mut Request, &Scheme)) -> Mutation {
    Mutation { name, forged: true, change }
}

/// Both answers can be defended; they have to be the same, or the difference a policy.
const fn lenient(name: &'static str, change: fn(&mut Request, &Scheme)) -> Mutation {
    Mutation { name, forged: false, change }
}

pub(crate) const MUTATIONS: &[Mutation] = &[
    forged("body-bit", |request, _| {
        let middle = request.body.len() / 2;
        if let Some(byte) = request.body.get_mut(middle) {
            *byte ^= 1;
        }
    }),
    forged("body-newline", |request, _| request.body.push(b'\n')),
    forged("body-emptied", |request, _| request.body.clear()),
    forged("body-nul", |request, _| request.body.push(0)),
    forged("signature-missing", |request, scheme| request.headers.retain(|(name, _)| !proves(scheme, name))),
    forged("signature-empty", |request, scheme| signature(request, scheme, |_| String::new())),
    forged("signature-character", |request, scheme| signature(request, scheme, other_character)),
    forged("signature-cut", |request, scheme| {
        signature(request, scheme, |text| text.get(..text.len().saturating_sub(6)).unwrap_or_default().to_owned());
    }),
    forged("signature-version", |request, scheme| signature(request, scheme, other_version)),
    forged("signature-garbage", |request, scheme| signature(request, scheme, |_| "\u{e9}=,;, v1= ,".into())),
    lenient("signature-upper-case", |request, scheme| signature(request, scheme, upper_case)),
    lenient("signature-after-a-wrong-one", |request, scheme| signature(request, scheme, |text| beside(text, 1))),
    lenient("signature-after-eight-wrong-ones", |request, scheme| signature(request, scheme, |text| beside(text, 8))),
    lenient("signature-header-twice", |request, scheme| {
        let again: Vec<_> = request.headers.iter().filter(|(name, _)| proves(scheme, name)).cloned().collect();
        request.headers.extend(again);
    }),
    lenient("signature-header-behind-a-wrong-one", |request, scheme| {
        let wrong = |(name, value): &(String, String)| (name.clone(), other_character(value));
        let wrong: Vec<_> = request.headers.iter().filter(|(name, _)| proves(scheme, name)).map(wrong).collect();
        request.headers.splice(0..0, wrong);
    }),
    forged("id-changed", |request, scheme| {
        others(request, scheme, |text| Some(if is_time(text) { text.to_owned() } else { format!("{text}x") }));
    }),
    forged("id-missing", |request, scheme| others(request, scheme, |text| is_time(text).then(|| text.to_owned()))),
    forged("time-missing", |request, scheme| times(request, scheme, |_| None)),
    forged("time-next-second", |request, scheme| {
        times(request, scheme, |time| Some(time.saturating_add(1).to_string()));
    }),
    forged("time-word", |request, scheme| times(request, scheme, |_| Some("now".into()))),
    forged("time-other-year", |request, scheme| times(request, scheme, |_| Some("9".repeat(25)))),
    lenient("time-zero-before", |request, scheme| times(request, scheme, |time| Some(format!("0{time}")))),
    lenient("time-plus-before", |request, scheme| times(request, scheme, |time| Some(format!("+{time}")))),
    lenient("time-fraction", |request, scheme| times(request, scheme, |time| Some(format!("{time}.0")))),
    lenient("time-text-behind", |request, scheme| times(request, scheme, |time| Some(format!("{time}s")))),
    forged("no-headers", |request, _| request.headers.clear()),
];

fn proves(scheme: &Scheme, name: &str) -> bool {
    scheme.proves_by(&name.to_ascii_lowercase())
}

fn signature(request: &mut Request, scheme: &Scheme, change: fn(&str) -> String) {
    for (_, value) in request.headers.iter_mut().filter(|(name, _)| proves(scheme, name)) {
        *value = change(value);
    }
}

/// Changes or removes the headers beside the signature.
fn others(request: &mut Request, scheme: &Scheme, change: fn(&str) -> Option<String>) {
    let headers = std::mem::take(&mut request.headers);
    request.headers = headers
        .into_iter()
        .filter_map(|(name, value)| {
            let value = if proves(scheme, &name) { Some(value) } else { change(&value) };
            Some((name, value?))
        })
        .collect();
}

fn is_time(text: &str) -> bool {
    text.len() >= 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Changes or removes the time, in a header of its own or as a member of the signature's.
fn times(request: &mut Request, scheme: &Scheme, change: fn(i64) -> Option<String>) {
    let headers = std::mem::take(&mut request.headers);
    let changed = |text: &str| text.parse().ok().and_then(change);
    for (name, value) in headers {
        let value = match (proves(scheme, &name), is_time(&value)) {
            (true, _) => Some(with_member(&value, changed)),
            (false, true) => changed(&value),
            (false, false) => Some(value),
        };
        request.headers.extend(value.map(|value| (name, value)));
    }
}

/// A signature's list with its time changed or removed, where it has one.
fn with_member(value: &str, changed: impl Fn(&str) -> Option<String>) -> String {
    let member = ["t=", "ts="].into_iter().find_map(|key| {
        let rest = value.strip_prefix(key)?;
        let (time, rest) = rest.split_at_checked(rest.find([',', ';'])?)?;
        let kept = changed(time).map(|time| format!("{key}{time}{rest}"));
        Some(kept.unwrap_or_else(|| rest.get(1..).unwrap_or_default().to_owned()))
    });
    member.unwrap_or_else(|| value.to_owned())
}

/// The text with another character of the tag, far enough from its end that base64 notices.
fn other_character(text: &str) -> String {
    let at = text.len().saturating_sub(8);
    let other = |char| if char == '0' { '1' } else { '0' };
    text.char_indices().map(|(index, char)| if index == at { other(char) } else { char }).collect()
}

fn other_version(text: &str) -> String {
    for (version, other) in [("v0=", "v9="), ("v1=", "v9="), ("v1,", "v9,"), ("h1=", "h9="), ("sha256=", "sha512=")] {
        if text.contains(version) {
            return text.replace(version, other);
        }
    }
    text.to_owned()
}

/// The text with its hex digits in upper case.
fn upper_case(text: &str) -> String {
    let from = text.rfind(['=', ',']).map_or(0, |at| at.saturating_add(1));
    match text.split_at_checked(from) {
        Some((before, tag)) => format!("{before}{}", tag.to_ascii_uppercase()),
        None => text.to_owned(),
    }
}

/// The text with so many wrong candidates before the right one, where the header is a list.
fn beside(text: &str, count: usize) -> String {
    let (separator, version) = match text {
        text if text.contains(",v1=") => (",", ",v1="),
        text if text.contains(";h1=") => (";", ";h1="),
        text if text.starts_with("v1,") => {
            return format!("{}{text}", format!("{} ", other_character(text)).repeat(count));
        }
        _ => return text.to_owned(),
    };
    let Some((before, tag)) = text.split_once(version) else { return text.to_owned() };
    let wrong = format!("{version}{}", other_character(tag)).repeat(count);
    format!("{before}{wrong}{separator}{}{tag}", version.trim_start_matches(separator))
}
