//! Spans in Discord's Markdown.
//!
//! What has a meaning there stands behind a backslash, which Discord takes away:
//! <https://support.discord.com/hc/articles/210298617>. So no text becomes a mention, a custom emoji, a time or a link with
//! another name. Who is pinged is said beside the text, in `allowed_mentions`: nobody but the people of [`Span::Mention`].

use crate::message::{Span, Text};
use crate::who::{Person, PlatformName};

/// Keeps `@everyone` from being one.
const NOTHING: char = '\u{200b}';

/// Escapes what Discord gives a meaning.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut at_start = true;
    while let Some(c) = chars.next() {
        // Some marks count at a line's start only.
        if "\\*_~`|<[]".contains(c) || (at_start && "#-+>".contains(c)) {
            escaped.push('\\');
        }
        escaped.push(c);
        // What comes next may be the start of another span: then it counts as meant.
        if c == '@' && chars.peek().is_none_or(|next| matches!(next, 'e' | 'h' | 'E' | 'H' | '&' | '!')) {
            escaped.push(NOTHING);
        }
        at_start = c == '\n' || (at_start && c.is_whitespace());
    }
    escaped
}

/// The text as Discord's Markdown.
pub(super) fn markdown(text: &Text) -> String {
    text.spans.iter().map(span).collect()
}

fn span(span: &Span) -> String {
    match span {
        Span::Plain(text) => escape(text),
        Span::Bold(text) => format!("**{}**", escape(text)),
        Span::Italic(text) => format!("*{}*", escape(text)),
        Span::Strike(text) => format!("~~{}~~", escape(text)),
        // A backtick would end it; this one only looks alike.
        Span::Code(text) => format!("`{}`", text.replace('`', "\u{2cb}")),
        Span::Link { label, url } => {
            let url = url.replace('(', "%28").replace(')', "%29");
            // Discord shows no link under a name that looks like another.
            if label.contains("://") { format!("<{url}>") } else { format!("[{}](<{url}>)", escape(label)) }
        }
        Span::Mention(person) => match discord_user(person) {
            Some(id) => format!("<@{id}>"),
            None => escape(&person.user),
        },
        Span::Break => "\n".to_owned(),
    }
}

/// What a span takes, in the measure of Discord's own clients, which is never less than the API's.
pub(super) fn cost(it: &Span) -> usize {
    length(&span(it))
}

/// UTF-16 units.
pub(super) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// An id that can be pinged: a snowflake.
pub(super) fn discord_user(person: &Person) -> Option<&str> {
    let plain = (1..=20).contains(&person.user.len()) && person.user.bytes().all(|byte| byte.is_ascii_digit());
    (person.platform == PlatformName::Discord && plain).then_some(person.user.as_str())
}

/// Preformatted text: its fence is broken where it holds one.
pub(super) fn fenced(code: &str) -> String {
    format!("```\n{}\n```", code.replace("```", "`\u{200b}`\u{200b}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_discord_gives_a_meaning_is_escaped() {
        assert_eq!(escape("<@1> <@&2> <#3> <:e:4> <t:5>"), "\\<@1> \\<@\u{200b}&2> \\<#3> \\<:e:4> \\<t:5>");
        assert_eq!(
            escape("**a** _b_ ~~c~~ `d` ||e|| [f](g)"),
            "\\*\\*a\\*\\* \\_b\\_ \\~\\~c\\~\\~ \\`d\\` \\|\\|e\\|\\| \\[f\\](g)"
        );
        assert_eq!(escape("# a\n> b\n  - c\n-# d - e > f # g"), "\\# a\n\\> b\n  \\- c\n\\-# d - e > f # g");
        assert_eq!(escape("\\*"), "\\\\\\*");
    }

    #[test]
    fn nobody_is_called_together() {
        for text in ["@everyone", "@here", "a@everyone b"] {
            assert!(!escape(text).contains(text.trim_start_matches('a').split(' ').next().expect("a word")), "{text}");
        }
        let text = Text { spans: vec![Span::Plain("@".to_owned()), Span::Plain("here".to_owned())] };
        assert!(!markdown(&text).contains("@here"));
        assert_eq!(escape("ada@example.com @ada"), "ada@\u{200b}example.com @ada");
    }

    #[test]
    fn spans_become_markdown() {
        let text =
            Text::markdown("**a** *b* ~~c~~ `d` [e](https://example.com/?a=1&b=2)\nhttps://x [https://y](https://z)");
        assert_eq!(markdown(&text), "**a** *b* ~~c~~ `d` [e](<https://example.com/?a=1&b=2>)\nhttps://x <https://z>");
        let url = "https://example.com/(a)".to_owned();
        assert_eq!(span(&Span::Link { label: "a]".to_owned(), url }), "[a\\]](<https://example.com/%28a%29>)");
    }

    #[test]
    fn a_mention_pings_one_person_of_discord() {
        let person =
            |platform, user: &str| Span::Mention(Person { platform, tenant: "1".to_owned(), user: user.to_owned() });
        assert_eq!(span(&person(PlatformName::Discord, "42")), "<@42>");
        assert_eq!(span(&person(PlatformName::Discord, "&42")), "&42");
        assert_eq!(span(&person(PlatformName::Discord, "@everyone")), "@\u{200b}everyone");
        assert_eq!(span(&person(PlatformName::Slack, "42")), "42");
    }

    #[test]
    fn code_cannot_be_left() {
        assert_eq!(span(&Span::Code("a` <@1> `b".to_owned())), "`a\u{2cb} <@1> \u{2cb}b`");
        assert_eq!(fenced("a```b").matches("```").count(), 2);
    }
}
