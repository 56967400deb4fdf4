//! `docs/providers.md`, written from the schemes.

use std::fmt::Write as _;
use std::time::Duration;

use imchat_verify::scheme::{Facts, Key, List, Part, Retries, Unit};
use imchat_verify::{Scheme, Source, providers};

const HEAD: &str = "\
# Providers

What is signed, what is not, and what each platform says of its deliveries. This page is written from the values in
`imchat-verify/src/providers`: change one there, then run `cargo run -q -p imchat-tests --bin providers-page > docs/providers.md`;
a test fails while the two differ.

- **Replay protection**: what keeps a captured request from being handled again. A *window* refuses it once it is old; an *id*
  or the body's *digest* is remembered by the store or inbox as long as its retention lasts.
- **Rotation**: up to four secrets count at once, each until an end date if it has one. Where a request may carry several
  signatures, the platform signs with old and new secret while it is changed.
- **Retention**: the least that must be remembered. Nothing builds with less; the default is 8 days.
";

/// The page.
#[must_use]
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    for scheme in providers::all() {
        section(&mut page, scheme, scheme.name());
        if let Some(without) = scheme.without_key() {
            section(&mut page, without, &format!("{} with its {} alone", scheme.name(), without.primary_role()));
        }
    }
    page
}

fn section(page: &mut String, scheme: &Scheme, name: &str) {
    let mut lines = vec![
        ("Signed content", signed(scheme)),
        ("Not signed", or_dash(&scheme.not_signed().join("; "))),
        ("Timestamp", timestamp(scheme)),
        ("Replay protection", replay(scheme)),
        ("Rotation", rotation(scheme)),
        ("Handshake", handshake(scheme)),
    ];
    for facts in scheme.all_facts() {
        lines.push((facts.name(), kind(scheme, facts)));
    }
    lines.push(("Source", format!("<{}>", scheme.docs_url())));
    writeln!(page, "\n## {name}\n").expect("a page has room");
    for (what, text) in lines {
        writeln!(page, "- **{}{}**: {text}", what[..1].to_uppercase(), &what[1..]).expect("a page has room");
    }
}

fn or_dash(text: &str) -> String {
    if text.is_empty() { "–".to_owned() } else { text.to_owned() }
}

fn signed(scheme: &Scheme) -> String {
    let proofs: Vec<&str> = scheme.proofs().collect();
    let proofs = proofs.join(" or ");
    let message: String = scheme.message().iter().map(part).collect();
    let sorted = if scheme.sorts_message() { ", sorted by their bytes" } else { "" };
    if message.is_empty() {
        format!("nothing; a {proofs} is compared")
    } else {
        format!("{proofs} of `{message}`{sorted}")
    }
}

fn part(part: &Part) -> String {
    match part {
        Part::Lit(text) => text.replace('\n', "\\n"),
        Part::Body => "{body}".to_owned(),
        Part::Url => "{url}".to_owned(),
        Part::Secret => "{secret}".to_owned(),
        Part::Timestamp => "{timestamp}".to_owned(),
        Part::From(source) => format!("{{{source}}}"),
        _ => "{a part that a function writes: see the scheme}".to_owned(),
    }
}

fn timestamp(scheme: &Scheme) -> String {
    let Some(((source, unit), window)) = scheme.timestamp().zip(scheme.default_window()) else {
        return "none is signed".to_owned();
    };
    let unit = match unit {
        Unit::Seconds => "Unix seconds",
        Unit::Millis => "Unix milliseconds",
        _ => "RFC 3339",
    };
    format!("{source}, {unit}; {} back and {} ahead", span(window.past), span(window.future))
}

fn replay(scheme: &Scheme) -> String {
    let memory = match scheme.dedup() {
        Key::Never => "none",
        Key::BodyDigest => "digest",
        Key::PerItem(_) => "id of each item",
        Key::Id(sources) | Key::SecretId(sources) | Key::Joined(sources) if !are_signed(scheme, sources) => {
            "an id that nobody signs"
        }
        _ => "id",
    };
    match (scheme.default_window(), memory) {
        (None, "none") => "none".to_owned(),
        (None, memory) => format!("{memory} only"),
        (Some(_), memory) => format!("window and {memory}"),
    }
}

/// Whether a key's places are covered: those of the body with it, others as parts of the message.
fn are_signed(scheme: &Scheme, sources: &[Source]) -> bool {
    let parts = scheme.message();
    let body = parts.iter().any(|part| matches!(part, Part::Body | Part::Custom(_)));
    let is_part = |source: &Source| parts.iter().any(|part| matches!(part, Part::From(signed) if signed == source));
    sources.iter().all(|source| is_part(source) || (body && !matches!(source, Source::Header(_) | Source::Query(_))))
}

fn rotation(scheme: &Scheme) -> String {
    let roles: Vec<String> = scheme.roles().map(|(role, form)| format!("`{role}`: {}", form.expected())).collect();
    let several = if scheme.lists_signatures() { "; a request may carry several signatures" } else { "" };
    format!("{}{several}", roles.join("; "))
}

fn handshake(scheme: &Scheme) -> String {
    let by_get = scheme.answers_get() && !scheme.answers_unsigned();
    let signed = match (scheme.answers_signed(), by_get) {
        (true, true) => Some("a proved GET is answered"),
        (true, false) => Some("a proved request that asks is answered"),
        (false, _) => None,
    };
    let unsigned = match (scheme.answers_unsigned(), scheme.answers_get()) {
        (true, true) => Some("a GET that nobody signs is answered"),
        (true, false) => Some("an unsigned POST that asks is answered"),
        _ => None,
    };
    let all: Vec<&str> = signed.into_iter().chain(unsigned).collect();
    if all.is_empty() { "none".to_owned() } else { all.join("; ") }
}

fn kind(scheme: &Scheme, facts: &Facts) -> String {
    let ack = facts
        .published_ack()
        .map_or("no published deadline".to_owned(), |ack| format!("answered within {}", span(ack)));
    let redelivery = facts.manual_redelivery().map(|how| format!(", by hand: {how}")).unwrap_or_default();
    let least = scheme.default_window().map_or(facts.horizon(), |window| window.past.max(facts.horizon()));
    format!(
        "{ack}; {}{redelivery}; retention over {}; at most {} KiB; key: {}",
        retries(facts),
        span(least),
        facts.largest_body() / 1024,
        key(scheme.dedup_of(facts))
    )
}

fn retries(facts: &Facts) -> String {
    match facts.ladder() {
        Retries::Never => "never sent again".to_owned(),
        Retries::Ladder(gaps) => {
            let gaps: Vec<String> = gaps.iter().copied().map(span).collect();
            format!("sent again after {}", gaps.join(", "))
        }
        Retries::Within(last) => format!("sent again for {}", span(last)),
        _ => "retries are not published, which counts as 24 h".to_owned(),
    }
}

fn key(key: Key) -> String {
    let places =
        |sources: &[Source], joint: &str| sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(joint);
    match key {
        Key::Id(sources) => places(sources, ", or else "),
        Key::SecretId(sources) => format!("the SHA-256 of {}", places(sources, ", or else ")),
        Key::Joined(sources) => places(sources, " with "),
        Key::PerItem(lists) => lists.iter().map(list).collect::<Vec<_>>().join("; "),
        Key::Never => "none: handling it twice changes nothing".to_owned(),
        _ => "SHA-256 of the body".to_owned(),
    }
}

fn list(list: &List) -> String {
    let ids: Vec<String> = list.item_ids().iter().map(|parts| format!("`{}`", parts.join("` with `"))).collect();
    let place = if list.place().is_empty() { "the body".to_owned() } else { format!("`{}`", list.place()) };
    let told = if ids.is_empty() { "SHA-256".to_owned() } else { ids.join(", or else ") };
    format!("each item of {place} by {told}")
}

fn span(span: Duration) -> String {
    if span.subsec_millis() > 0 {
        return format!("{} ms", span.as_millis());
    }
    match span.as_secs() {
        0 => "0 s".to_owned(),
        seconds if seconds % 86_400 == 0 => format!("{} d", seconds / 86_400),
        seconds if seconds % 3600 == 0 => format!("{} h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}
