//! A small subset of Markdown becomes spans.
//!
//! | typed | read as |
//! |---|---|
//! | `**bold**`, `__bold__` | bold |
//! | `*italic*`, `_italic_` | italic |
//! | `~~struck~~` | struck out |
//! | `` `code` `` | code |
//! | `[label](https://…)` | a link, `http://` and `https://` only |
//! | `- item`, `* item` at a line's start | a line with a bullet |
//! | three backticks, alone or before a language, up to the same | preformatted text |
//! | an empty line | the next paragraph |
//!
//! Everything else stays as typed, and so does markup within markup: spans do not nest. A backslash takes the meaning from
//! the mark that follows it. No span of a mention comes out of here, whatever the text holds.

use super::{Outbound, Part, Span, Text};

/// What a backslash may stand before.
const MARKS: &[char] = &['*', '_', '~', '`', '['];
const FENCE: &str = "```";
/// A link that is longer is left as typed.
const URL_CHARS: usize = 2000;

impl Text {
    /// Reads the inline marks of one paragraph; a line's end is a [`Span::Break`].
    #[must_use]
    pub fn markdown(text: &str) -> Self {
        let mut spans = Vec::new();
        for (index, line) in text.trim_matches('\n').lines().enumerate() {
            if index > 0 {
                spans.push(Span::Break);
            }
            inline(&bulleted(line), &mut spans);
        }
        Self { spans }
    }
}

impl Outbound {
    /// Reads a whole text: its paragraphs and its fenced code, in order. A fence that is never closed runs to the end.
    #[must_use]
    pub fn markdown(text: &str) -> Self {
        let mut message = Self::new();
        let (mut paragraph, mut code): (Vec<&str>, Option<Vec<&str>>) = (Vec::new(), None);
        for line in text.lines() {
            let fence = is_fence(line);
            match &mut code {
                Some(lines) if fence && line.trim() == FENCE => {
                    message.parts.push(Part::Code(lines.join("\n")));
                    code = None;
                }
                Some(lines) => lines.push(line),
                None if fence => {
                    message.paragraph(&mut paragraph);
                    code = Some(Vec::new());
                }
                None if line.trim().is_empty() => message.paragraph(&mut paragraph),
                None => paragraph.push(line),
            }
        }
        if let Some(lines) = code {
            message.parts.push(Part::Code(lines.join("\n")));
        }
        message.paragraph(&mut paragraph);
        message
    }

    fn paragraph(&mut self, lines: &mut Vec<&str>) {
        if !lines.is_empty() {
            self.parts.push(Part::Text(Text::markdown(&lines.join("\n"))));
            lines.clear();
        }
    }
}

/// Makes a span of what a pair of marks holds.
type Kind = fn(String) -> Span;

/// Three backticks and at most a language: a line that closes its own fence is inline code.
fn is_fence(line: &str) -> bool {
    line.trim().strip_prefix(FENCE).is_some_and(|language| !language.contains(['`', ' ']))
}

fn bulleted(line: &str) -> String {
    let text = line.trim_start();
    let indent = line.len().saturating_sub(text.len());
    match text.strip_prefix("- ").or_else(|| text.strip_prefix("* ")) {
        Some(item) => format!("{}• {item}", " ".repeat(indent)),
        None => line.to_owned(),
    }
}

fn inline(line: &str, spans: &mut Vec<Span>) {
    let (mut rest, mut plain, mut before) = (line, String::new(), None);
    while let Some(next) = rest.chars().next() {
        if let Some((span, after)) = marked(rest, before) {
            if !plain.is_empty() {
                spans.push(Span::Plain(std::mem::take(&mut plain)));
            }
            before = rest.strip_suffix(after).and_then(|taken| taken.chars().next_back());
            spans.push(span);
            rest = after;
            continue;
        }
        let mut after = rest.chars();
        after.next();
        let mut typed = next;
        if let ('\\', Some(mark)) = (next, after.clone().next().filter(|mark| MARKS.contains(mark))) {
            after.next();
            typed = mark;
        }
        plain.push(typed);
        before = Some(typed);
        rest = after.as_str();
    }
    if !plain.is_empty() {
        spans.push(Span::Plain(plain));
    }
}

/// The span that `text` starts with, and what comes after it.
fn marked(text: &str, before: Option<char>) -> Option<(Span, &str)> {
    if text.starts_with('[') {
        return link(text);
    }
    if let Some(inside) = text.strip_prefix('`') {
        let (code, after) = inside.split_once('`')?;
        return (!code.trim().is_empty()).then(|| (Span::Code(code.to_owned()), after));
    }
    let marks: [(&str, Kind); 5] =
        [("**", Span::Bold), ("__", Span::Bold), ("~~", Span::Strike), ("*", Span::Italic), ("_", Span::Italic)];
    let (mark, span) = marks.into_iter().find(|(mark, _)| text.starts_with(mark))?;
    // `snake_case` and `2*3*4` are no markup: a mark opens at a word's start and closes at its end.
    if before.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let inside = text.strip_prefix(mark)?;
    if inside.starts_with(|first: char| first.is_whitespace() || mark.starts_with(first)) {
        return None;
    }
    closings(inside, mark).find_map(|(within, after)| {
        let closes = !within.ends_with(char::is_whitespace)
            && !within.ends_with('\\')
            && !after.starts_with(|next: char| next.is_alphanumeric() || mark.starts_with(next));
        (closes && !within.is_empty()).then(|| (span(within.to_owned()), after))
    })
}

/// Every way to cut `text` at `mark`.
fn closings<'t>(text: &'t str, mark: &'t str) -> impl Iterator<Item = (&'t str, &'t str)> {
    text.match_indices(mark).filter_map(move |(at, _)| Some((text.get(..at)?, text.get(at..)?.strip_prefix(mark)?)))
}

/// `[label](url)`. A label that looks like another address is replaced by the real one, so that it cannot mislead.
fn link(text: &str) -> Option<(Span, &str)> {
    let (label, after) = text.strip_prefix('[')?.split_once("](")?;
    let (url, after) = after.split_once(')')?;
    if label.trim().is_empty() || label.contains(['[', ']']) || !is_web(url) {
        return None;
    }
    let label = if label.contains("://") || label.contains("www.") { url } else { label };
    Some((Span::Link { label: label.to_owned(), url: url.to_owned() }, after))
}

/// An `http://` or `https://` address that names its host plainly, and that no platform's own markup can be hidden in.
fn is_web(url: &str) -> bool {
    let Some(address) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else { return false };
    let host = address.split(['/', '?', '#']).next().unwrap_or_default();
    !host.is_empty()
        // What stands before an @ looks like a host and is none.
        && !host.contains('@')
        && url.chars().count() <= URL_CHARS
        && url.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'|' | b'"' | b'\\' | b'`'))
}

#[cfg(test)]
mod tests;
