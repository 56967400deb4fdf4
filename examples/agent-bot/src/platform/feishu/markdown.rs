//! Spans in the Markdown of Feishu's cards.
//!
//! What has a meaning there is written as an HTML entity, which Feishu reads as the character alone:
//! <https://open.feishu.cn/document/feishu-cards/card-json-v2-components/content-components/rich-text>. So no text becomes an
//! `<at>` tag, a link or an emoji.

use crate::message::{Span, Text};
use crate::who::{Person, PlatformName};

/// Escapes what cards give a meaning.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        // A colon begins an emoji's name where a letter follows, and is a colon elsewhere.
        let marks =
            "&<>*_~`[]()#!|\\+-${}@".contains(c) || (c == ':' && chars.peek().is_some_and(char::is_ascii_alphabetic));
        if marks {
            escaped.push_str(&format!("&#{};", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// The text as a card's Markdown.
pub(super) fn markdown(text: &Text) -> String {
    text.spans.iter().map(span).collect()
}

fn span(span: &Span) -> String {
    match span {
        Span::Plain(text) => escape(text),
        Span::Bold(text) => format!("**{}**", escape(text)),
        Span::Italic(text) => format!("*{}*", escape(text)),
        Span::Strike(text) => format!("~~{}~~", escape(text)),
        // Entities are not read in code; a backtick would end it, and this one only looks alike.
        Span::Code(text) => {
            format!("`{}`", text.replace('`', "\u{2cb}").replace('<', "\u{2039}").replace('>', "\u{203a}"))
        }
        Span::Link { label, url } => {
            format!("[{}]({})", escape(label), url.replace('(', "%28").replace(')', "%29"))
        }
        Span::Mention(person) => mention(person),
        Span::Break => "\n".to_owned(),
    }
}

/// What a span takes, in bytes.
pub(super) fn cost(it: &Span) -> usize {
    span(it).len()
}

/// Only an id that can stand in a tag is put there; `all` is none.
fn mention(person: &Person) -> String {
    let id = &person.user;
    let plain = id.starts_with("ou_") && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if person.platform == PlatformName::Feishu && plain { format!("<at id={id}></at>") } else { escape(id) }
}

/// Preformatted text: its fence is broken where it holds one, and so is a tag that would ping. Whether Feishu reads tags in
/// code is not documented.
pub(super) fn fenced(code: &str) -> String {
    let mut text = code.replace("```", "`\u{200b}`\u{200b}`");
    for tag in ["at", "At", "aT", "AT"] {
        text = text.replace(&format!("<{tag}"), &format!("<\u{200b}{tag}"));
    }
    format!("```\n{text}\n```")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_has_a_meaning_is_left() {
        let escaped = escape("<at id=all></at> **b** [a](http://x) :OK: @_user_1 # h - l `c` a:1 http://x");
        assert!(!escaped.contains(['<', '>', '*', '[', ']', '(', ')', '`', '@', '-']), "{escaped}");
        assert!(escaped.starts_with("&#60;at id=all&#62;"), "{escaped}");
        assert!(escaped.contains("&#58;OK: ") && escaped.ends_with("a:1 http://x"), "{escaped}");
    }

    #[test]
    fn spans_become_markdown() {
        let text = Text::markdown("**a** *b* ~~c~~ `d` [e](https://example.com/?a=1&b=2)\n<at id=all></at>");
        let expected = "**a** *b* ~~c~~ `d` [e](https://example.com/?a=1&b=2)\n&#60;at id=all&#62;&#60;/at&#62;";
        assert_eq!(markdown(&text), expected);
    }

    #[test]
    fn a_mention_pings_one_person_of_feishu() {
        let person = |user: &str| {
            Span::Mention(Person { platform: PlatformName::Feishu, tenant: "t".to_owned(), user: user.to_owned() })
        };
        assert_eq!(span(&person("ou_1")), "<at id=ou_1></at>");
        assert_eq!(span(&person("all")), "all");
        assert_eq!(span(&person("ou_1></at><at id=all")), "ou&#95;1&#62;&#60;/at&#62;&#60;at id=all");
    }

    #[test]
    fn code_cannot_be_left() {
        assert_eq!(span(&Span::Code("a` <at id=all></at>".to_owned())), "`a\u{2cb} ‹at id=all›‹/at›`");
        assert_eq!(fenced("a```b").matches("```").count(), 2);
        let code = fenced("<at id=all></at> <AT>");
        assert!(!code.contains("<at") && !code.contains("<AT"), "{code}");
    }
}
