//! How values are written for people and for shells.

use std::time::Duration;

/// A sender's text, fit for a terminal: control characters are written as escapes and what is long is cut.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 400;
    let mut out = String::new();
    for char in text.chars().take(MOST) {
        match char {
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}' => {
                out.extend(char.escape_unicode());
            }
            _ if char.is_control() => out.extend(char.escape_default()),
            _ => out.push(char),
        }
    }
    if text.chars().nth(MOST).is_some() {
        out.push('…');
    }
    out
}

/// A URL without what it may hold in confidence.
pub(crate) fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// A header's name as its platform writes it: the engine keeps them in lower case, as Standard Webhooks does.
pub(crate) fn header_name(name: &str) -> String {
    if name.starts_with("webhook-") || name.starts_with("svix-") {
        return name.to_owned();
    }
    let word = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect::<String>()
    };
    name.split('-').map(word).collect::<Vec<_>>().join("-")
}

/// One word of a POSIX shell.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// A span in its largest whole unit, such as `5 min`.
pub(crate) fn span(span: Duration) -> String {
    if span.subsec_millis() > 0 {
        return format!("{} ms", span.as_millis());
    }
    let seconds = span.as_secs();
    let units = [(86_400, 2, "days"), (3600, 1, "h"), (60, 1, "min")];
    for (length, least, unit) in units {
        let count = seconds.checked_div(length).unwrap_or_default();
        if count >= least && seconds.checked_rem(length) == Some(0) {
            return format!("{count} {unit}");
        }
    }
    format!("{seconds} s")
}

/// A latency in milliseconds, to a tenth where it is short.
pub(crate) fn millis(latency: Duration) -> String {
    let millis = latency.as_secs_f64() * 1000.0;
    let digits = if millis < 100.0 { 1 } else { 0 };
    format!("{millis:.digits$} ms")
}

/// `1 case`, `2 cases`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// What a body without its content type most likely is.
pub(crate) fn content_type(body: &[u8]) -> &'static str {
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{' | b'[') => "application/json",
        _ => "application/x-www-form-urlencoded",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_senders_text_cannot_steer_a_terminal() {
        assert_eq!(shown("a\u{1b}[2Jb\nc\u{202e}d"), "a\\u{1b}[2Jb\\nc\\u{202e}d");
        assert_eq!(shown(&"x".repeat(500)).chars().count(), 401);
    }

    #[test]
    fn headers_are_spelled_as_their_platforms_spell_them() {
        assert_eq!(header_name("x-slack-signature"), "X-Slack-Signature");
        assert_eq!(header_name("x-hub-signature-256"), "X-Hub-Signature-256");
        assert_eq!(header_name("webhook-id"), "webhook-id");
    }

    #[test]
    fn shell_words_survive_quotes() {
        assert_eq!(quoted("a.json"), "a.json");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn spans_are_written_in_their_largest_whole_unit() {
        let written = [0, 90, 300, 3600, 8 * 3600, 24 * 3600, 3 * 86_400].map(|secs| span(Duration::from_secs(secs)));
        assert_eq!(written, ["0 s", "90 s", "5 min", "1 h", "8 h", "24 h", "3 days"]);
    }
}
