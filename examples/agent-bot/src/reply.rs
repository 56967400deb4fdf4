//! What the bot answers: a script, without a model.
//!
//! Pure: the text somebody wrote in, mrkdwn out. Whatever is repeated is escaped, so that nobody can make the bot ping
//! a channel or dress up a link, and cut, so that the answer stays within what Slack takes.

/// Characters of the sender's text that are repeated. Escaping makes at most five of one.
const MAX_ECHO: usize = 1000;

/// The answer to what somebody wrote.
///
/// `text` is as Slack delivers it: `&`, `<` and `>` escaped, mentions written `<@U…>`. Mentions at its start are dropped.
#[must_use]
pub fn answer(text: &str) -> String {
    let said = unescape(without_leading_mentions(text));
    let said = said.trim();
    match said.to_lowercase().as_str() {
        "" => "You called? Say `help` to see what I can do.".to_owned(),
        "help" => "I answer in the thread you write in. Say `ping`, or anything else and I repeat it.".to_owned(),
        "ping" => "pong".to_owned(),
        _ => format!("You said: {}", escape(&shortened(said))),
    }
}

/// Escapes the three characters that control mrkdwn, and no other: `&`, `<` and `>`.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Undoes [`escape`], once: `&amp;lt;` becomes `&lt;`.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        let (before, from) = rest.split_at(start);
        plain.push_str(before);
        let known = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>')];
        match known.iter().find_map(|(entity, plain)| Some((from.strip_prefix(entity)?, *plain))) {
            Some((after, character)) => {
                plain.push(character);
                rest = after;
            }
            None => {
                plain.push('&');
                rest = from.strip_prefix('&').unwrap_or_default();
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// Drops `<@U…>` and `<@U…|name>` from the start.
fn without_leading_mentions(text: &str) -> &str {
    let mut rest = text.trim_start();
    while let Some((_, after)) = rest.strip_prefix("<@").and_then(|mention| mention.split_once('>')) {
        rest = after.trim_start();
    }
    rest
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_ECHO) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script() {
        assert_eq!(answer("<@U0BOT> ping"), "pong");
        assert_eq!(answer("PING "), "pong");
        assert!(answer("<@U0BOT>").starts_with("You called?"));
        assert!(answer("help").contains("`ping`"));
        assert_eq!(answer("<@U0BOT> <@U0BOT|bot>  good morning "), "You said: good morning");
    }

    #[test]
    fn what_is_repeated_cannot_ping_or_link() {
        assert_eq!(answer("hey <!channel>"), "You said: hey &lt;!channel&gt;");
        assert_eq!(answer("<@U0BOT> ask <@U0ADA>"), "You said: ask &lt;@U0ADA&gt;");
        assert_eq!(answer("<https://evil.example|your bank>"), "You said: &lt;https://evil.example|your bank&gt;");
    }

    #[test]
    fn escaped_text_is_repeated_as_it_was_typed() {
        assert_eq!(answer("1 &lt; 2 &amp;&amp; 3"), "You said: 1 &lt; 2 &amp;&amp; 3");
        assert_eq!(answer("&amp;lt; & &unknown;"), "You said: &amp;lt; &amp; &amp;unknown;");
    }

    #[test]
    fn only_the_three_control_characters_are_escaped() {
        assert_eq!(escape("a&b<c>d\"e'f*_~`"), "a&amp;b&lt;c&gt;d\"e'f*_~`");
    }

    #[test]
    fn long_text_is_cut_between_characters_and_stays_far_below_the_limit() {
        let answer = answer(&"&".repeat(40_000));
        assert!(answer.ends_with("&amp;…"));
        assert!(answer.chars().count() <= 5 * MAX_ECHO + 20);
        assert_eq!(shortened(&"é".repeat(MAX_ECHO)), "é".repeat(MAX_ECHO));
        assert_eq!(shortened(&"é".repeat(MAX_ECHO + 1)), format!("{}…", "é".repeat(MAX_ECHO)));
    }

    #[test]
    fn an_unclosed_mention_is_text() {
        assert_eq!(answer("<@U0BOT"), "You said: &lt;@U0BOT");
    }
}
