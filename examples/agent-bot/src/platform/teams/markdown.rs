//! A message in the Markdown of Teams: <https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages>.
//!
//! Teams reads tags in it too, `<at>` among them, so none is written: nobody is pinged by what the bot answers.

use crate::message::{Outbound, Part, Span, Text};

/// A single line end is no line end there.
const LINE: &str = "\n\n";

pub(super) fn of(message: &Outbound) -> String {
    let parts: Vec<_> = message.parts.iter().filter_map(part).collect();
    parts.join(LINE)
}

fn part(part: &Part) -> Option<String> {
    Some(match part {
        Part::Heading(text) => format!("**{}**", escape(text)),
        Part::Text(text) | Part::Note(text) => spans(text),
        Part::Fields(fields) => {
            let lines = fields.iter().map(|field| format!("**{}**: {}", escape(&field.name), spans(&field.value)));
            lines.collect::<Vec<_>>().join(LINE)
        }
        Part::Code(code) => format!("```\n{}\n```", untagged(code).replace("```", "`\u{200b}`\u{200b}`")),
        // Nothing can be pressed in the answer of an outgoing webhook.
        Part::Buttons(_) | Part::Select(_) => return None,
    })
}

fn spans(text: &Text) -> String {
    text.spans.iter().map(span).collect()
}

fn span(span: &Span) -> String {
    match span {
        Span::Plain(text) => escape(text),
        Span::Bold(text) => format!("**{}**", escape(text)),
        Span::Italic(text) => format!("_{}_", escape(text)),
        Span::Strike(text) => format!("~~{}~~", escape(text)),
        // A backtick would end it; this one only looks alike.
        Span::Code(text) => format!("`{}`", untagged(text).replace('`', "\u{2cb}")),
        Span::Link { label, url } => {
            let url = url.replace('(', "%28").replace(')', "%29").replace('<', "%3C").replace('>', "%3E");
            format!("[{}]({url})", escape(label))
        }
        Span::Mention(person) => escape(&person.user),
        Span::Break => LINE.to_owned(),
    }
}

/// Escapes what Teams gives a meaning.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut at_start = true;
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\n' => escaped.push_str(LINE),
            _ => {
                // Some marks count at a line's start only.
                if "\\*_~`|[]".contains(c) || (at_start && "#-+".contains(c)) {
                    escaped.push('\\');
                }
                escaped.push(c);
            }
        }
        at_start = c == '\n' || (at_start && c.is_whitespace());
    }
    escaped
}

/// In code an entity would be read as typed: these only look like a tag's ends.
fn untagged(code: &str) -> String {
    code.replace('<', "‹").replace('>', "›")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::who::{Person, PlatformName};

    #[test]
    fn spans_become_markdown() {
        let text = Outbound::markdown("**a** *b* ~~c~~ `d` [e](https://example.com/?a=1&b=2)\nf\n\n```\ng\n```");
        assert_eq!(of(&text), "**a** _b_ ~~c~~ `d` [e](https://example.com/?a=1&b=2)\n\nf\n\n```\ng\n```");
    }

    #[test]
    fn nobody_is_pinged_and_no_text_is_markup() {
        let texts =
            [Part::Text(Text::plain("<at>everyone</at> **a** [b](c)")), Part::Code("<at>x</at> ```".to_owned())];
        let mut message = Outbound { parts: texts.to_vec() };
        let person = Person { platform: PlatformName::Teams, tenant: "t".to_owned(), user: "<at>u</at>".to_owned() };
        let code = Span::Code("` <at>y</at>".to_owned());
        message.parts.push(Part::Text(Text { spans: vec![Span::Mention(person), code] }));
        let markdown = of(&message);
        assert!(!markdown.contains("<at>"), "{markdown}");
        assert!(markdown.starts_with("&lt;at&gt;everyone&lt;/at&gt; \\*\\*a\\*\\* \\[b\\](c)"), "{markdown}");
        assert_eq!(markdown.matches("```").count(), 2, "{markdown}");
    }
}
