//! Spans in Slack's two dialects: mrkdwn, where text must be escaped, and rich text, where none has to be.
//!
//! <https://docs.slack.dev/messaging/formatting-message-text> and
//! <https://docs.slack.dev/reference/block-kit/blocks/rich-text-block>.

use serde_json::{Value, json};

use crate::message::{Span, Text};
use crate::who::{Person, PlatformName};

/// Escapes what Slack gives a meaning: with `<` gone there is no `<!channel>`, no `<@U…>` and no link.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Undoes [`escape`], which Slack does to what people write.
pub(super) fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The text as mrkdwn.
pub(super) fn mrkdwn(text: &Text) -> String {
    text.spans.iter().map(span).collect()
}

fn span(span: &Span) -> String {
    match span {
        Span::Plain(text) => escape(text),
        Span::Bold(text) => format!("*{}*", escape(text)),
        Span::Italic(text) => format!("_{}_", escape(text)),
        Span::Strike(text) => format!("~{}~", escape(text)),
        // A backtick would end it; this one only looks alike.
        Span::Code(text) => format!("`{}`", escape(text).replace('`', "\u{2cb}")),
        Span::Link { label, url } => {
            format!("<{}|{}>", escape(url).replace('|', "%7C"), escape(label).replace('|', "¦"))
        }
        Span::Mention(person) => mention(person),
        Span::Break => "\n".to_owned(),
    }
}

/// What a span takes as mrkdwn, in characters.
pub(super) fn cost(it: &Span) -> usize {
    span(it).chars().count()
}

fn mention(person: &Person) -> String {
    match slack_user(person) {
        Some(id) => format!("<@{id}>"),
        None => escape(&person.user),
    }
}

/// An id that can stand in markup. A person of another platform is not pinged here.
fn slack_user(person: &Person) -> Option<&str> {
    let plain = !person.user.is_empty() && person.user.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (person.platform == PlatformName::Slack && plain).then_some(person.user.as_str())
}

/// The text as the elements of a rich text section, where nothing but a style makes a style.
pub(super) fn elements(text: &Text) -> Vec<Value> {
    let styled = |text: &str, style: &str| json!({ "type": "text", "text": text, "style": { style: true } });
    let element = |span: &Span| match span {
        Span::Plain(text) => json!({ "type": "text", "text": text }),
        Span::Bold(text) => styled(text, "bold"),
        Span::Italic(text) => styled(text, "italic"),
        Span::Strike(text) => styled(text, "strike"),
        Span::Code(text) => styled(text, "code"),
        Span::Link { label, url } => json!({ "type": "link", "url": url, "text": label }),
        Span::Mention(person) => match slack_user(person) {
            Some(id) => json!({ "type": "user", "user_id": id }),
            None => json!({ "type": "text", "text": person.user }),
        },
        Span::Break => json!({ "type": "text", "text": "\n" }),
    };
    // An element without text is refused.
    text.spans.iter().filter(|span| !is_empty(span)).map(element).collect()
}

fn is_empty(span: &Span) -> bool {
    match span {
        Span::Plain(text) | Span::Bold(text) | Span::Italic(text) | Span::Strike(text) | Span::Code(text) => {
            text.is_empty()
        }
        Span::Link { .. } | Span::Mention(_) | Span::Break => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_slack_gives_a_meaning_is_escaped_and_comes_back() {
        let hostile = "<!channel> <@U1> <https://evil.example|bank> a&amp;b & <b>";
        let escaped = escape(hostile);
        assert!(!escaped.contains(['<', '>']), "{escaped}");
        assert_eq!(unescape(&escaped), hostile);
    }

    #[test]
    fn spans_become_mrkdwn() {
        let text = Text::markdown("**a** *b* ~~c~~ `d` [e|f](https://example.com/?a=1&b=2)\n<!here>");
        assert_eq!(mrkdwn(&text), "*a* _b_ ~c~ `d` <https://example.com/?a=1&amp;b=2|e¦f>\n&lt;!here&gt;");
    }

    #[test]
    fn a_mention_pings_a_person_of_slack_and_nobody_else() {
        let person =
            |platform, user: &str| Span::Mention(Person { platform, tenant: "T1".to_owned(), user: user.to_owned() });
        assert_eq!(span(&person(PlatformName::Slack, "U1")), "<@U1>");
        assert_eq!(span(&person(PlatformName::Slack, "U1> <!channel")), "U1&gt; &lt;!channel");
        assert_eq!(span(&person(PlatformName::Discord, "1")), "1");
    }

    #[test]
    fn code_cannot_be_left() {
        assert_eq!(span(&Span::Code("a` <!here> `b".to_owned())), "`a\u{2cb} &lt;!here&gt; \u{2cb}b`");
    }
}
