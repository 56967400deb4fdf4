//! One row for every scheme and kind of delivery, in words.

use imchat_verify::scheme::{Facts, Key, List, Part, Retries};
use imchat_verify::{Scheme, Source};

use crate::text::span;

/// The cells of one scheme's kind; those of [`HEADINGS`].
pub(super) type Row = [String; 8];

pub(super) const HEADINGS: [&str; 8] =
    ["provider", "kind", "what is signed", "not signed", "replay protection", "ack", "retries", "dedup key"];

/// The place of what is not signed, which only Markdown has room for.
pub(super) const NOT_SIGNED: usize = 3;

/// The rows of a scheme, and of the one that stands in where its signing secret is not given.
pub(super) fn of(scheme: &'static Scheme) -> Vec<Row> {
    let with_key = scheme.all_facts().map(|facts| row(scheme, facts, scheme.name().into()));
    let without = scheme.without_key().into_iter().flat_map(|scheme| {
        let name = format!("{} ({} alone)", scheme.name(), scheme.primary_role());
        scheme.all_facts().map(move |facts| row(scheme, facts, name.clone()))
    });
    with_key.chain(without).collect()
}

fn row(scheme: &Scheme, facts: &Facts, name: String) -> Row {
    let ack = facts.published_ack().map_or("not published".into(), span);
    let not_signed = match scheme.not_signed() {
        [] => "–".into(),
        list => list.join(", "),
    };
    let key = key(scheme.dedup_of(facts));
    [name, facts.name().into(), signed(scheme), not_signed, replay(scheme), ack, retries(facts), key]
}

pub(super) fn signed(scheme: &Scheme) -> String {
    let proofs: Vec<&str> = scheme.proofs().collect();
    let message: String = scheme.message().iter().map(part).collect();
    if message.is_empty() {
        return format!("nothing: a {} is compared", proofs.join(" or "));
    }
    let sorted = if scheme.sorts_message() { ", sorted" } else { "" };
    format!("{} of `{message}`{sorted}", proofs.join(" or "))
}

fn part(part: &Part) -> String {
    match part {
        Part::Lit(text) => text.escape_default().to_string(),
        Part::Body => "{body}".into(),
        Part::Url => "{url}".into(),
        Part::Secret => "{secret}".into(),
        Part::Timestamp => "{timestamp}".into(),
        Part::From(Source::Header(name)) => format!("{{{}}}", name.trim_start_matches("*-")),
        Part::From(Source::Query(name)) => format!("{{{name}}}"),
        Part::From(source) => format!("{{{source}}}"),
        _ => "{…}".into(),
    }
}

fn replay(scheme: &Scheme) -> String {
    match scheme.default_window() {
        None => "no signed time: the dedup key alone".into(),
        Some(window) if window.past == window.future => format!("signed time, {} both ways", span(window.past)),
        Some(window) => format!("signed time, {} back and {} ahead", span(window.past), span(window.future)),
    }
}

pub(super) fn retries(facts: &Facts) -> String {
    let mut text = match facts.ladder() {
        Retries::Never => "never".into(),
        Retries::Ladder(gaps) => {
            let gaps: Vec<String> = gaps.iter().copied().map(span).collect();
            format!("after {}", gaps.join(", "))
        }
        Retries::Within(last) => format!("for {}, gaps not published", span(last)),
        _ => "not published".into(),
    };
    if let Retries::Ladder(gaps) = facts.ladder()
        && gaps.iter().sum::<std::time::Duration>() < facts.horizon()
    {
        text.push_str("; by option up to ");
        text.push_str(&span(facts.horizon()));
    }
    if let Some(how) = facts.manual_redelivery() {
        text.push_str("; by hand: ");
        text.push_str(how);
    }
    text
}

pub(super) fn key(key: Key) -> String {
    match key {
        Key::Id(sources) => sources.iter().map(place).collect::<Vec<_>>().join(" or "),
        Key::SecretId(sources) => format!("hash of {}", sources.iter().map(place).collect::<Vec<_>>().join(" or ")),
        Key::Joined(sources) => sources.iter().map(place).collect::<Vec<_>>().join(" and "),
        Key::PerItem(lists) => format!("of each item: {}", lists.iter().map(items).collect::<Vec<_>>().join("; ")),
        Key::BodyDigest => "SHA-256 of the body".into(),
        Key::Never => "none".into(),
        _ => "another".into(),
    }
}

/// A list of a batch, and what tells its items apart.
fn items(list: &List) -> String {
    let ids = list.item_ids().iter().map(|parts| {
        let parts: Vec<String> = parts.iter().map(|part| format!("`{part}`")).collect();
        parts.join(" and ")
    });
    let ids: Vec<String> = ids.collect();
    let place = if list.place().is_empty() { "the body".into() } else { format!("`{}`", list.place()) };
    let told = if ids.is_empty() { "their SHA-256".into() } else { ids.join(" or ") };
    format!("in {place} by {told}")
}

/// Where a value stands, as short as it can be said.
fn place(source: &Source) -> String {
    match source {
        Source::Header(name) => format!("{} header", name.trim_start_matches("*-")),
        Source::Json(pointer) => format!("`{pointer}`"),
        Source::Xml(name) => format!("`<{name}>`"),
        Source::Form(name) => format!("`{name}=`"),
        Source::FormJson(name, pointer) => format!("`{pointer}` in `{name}=`"),
        source => source.to_string(),
    }
}
