//! What the bot said, as lines of a terminal.
//!
//! Whatever comes from the bot is printed with its control characters escaped: a terminal would obey them.

use chat_sim::slack_api::Post;
use chat_sim::slack_clicks::buttons;
use serde_json::Value;

use super::person::Person;
use crate::agent::egress::is_invisible;

/// A message or a card, without its buttons: one paragraph of it after the other.
pub(super) fn lines(text: &str, blocks: &Value) -> Vec<String> {
    let told: Vec<String> = match blocks.as_array() {
        Some(blocks) if !blocks.is_empty() => blocks.iter().map(block).collect(),
        _ => vec![unescaped(text)],
    };
    told.iter().flat_map(|part| part.lines()).filter(|line| !line.trim().is_empty()).map(harmless).collect()
}

/// The labels of a card's buttons, from this number on: `[1] Approve   [2] Reject`.
pub(super) fn buttons_line(card: &Post, first: usize) -> Option<String> {
    let labels = buttons(card).into_iter().enumerate();
    let line: Vec<String> =
        labels.map(|(index, (label, _))| format!("[{}] {}", first.saturating_add(index), harmless(&label))).collect();
    (!line.is_empty()).then(|| line.join("   "))
}

/// Control characters, and what is not seen or changes the direction of a line, as escapes.
pub(super) fn harmless(text: &str) -> String {
    let steers = |c: char| c.is_control() || is_invisible(c);
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

fn block(block: &Value) -> String {
    let texts = |name: &str| block.get(name).and_then(Value::as_array).into_iter().flatten();
    match block.get("type").and_then(Value::as_str) {
        Some("actions") => String::new(),
        Some("section") if block.get("fields").is_some() => texts("fields").map(field).collect::<Vec<_>>().join("\n"),
        Some("context") => texts("elements").map(mrkdwn).collect::<Vec<_>>().join(" "),
        Some("rich_text") => texts("elements").map(rich).collect::<Vec<_>>().join("\n"),
        _ => block.get("text").map(mrkdwn).unwrap_or_default(),
    }
}

/// A field's name and value, which Slack sets under each other, in one line.
fn field(field: &Value) -> String {
    let text = mrkdwn(field);
    match text.split_once('\n') {
        Some((name, value)) => format!("{}: {}", name.trim_matches('*'), value.replace('\n', " ")),
        None => text,
    }
}

fn mrkdwn(object: &Value) -> String {
    unescaped(object.get("text").and_then(Value::as_str).unwrap_or_default())
}

/// Rich text, in which a text is a text and people are elements of their own.
fn rich(element: &Value) -> String {
    if let Some(elements) = element.get("elements").and_then(Value::as_array) {
        return elements.iter().map(rich).collect();
    }
    let text = |name: &str| element.get(name).and_then(Value::as_str);
    match (text("user_id"), text("text"), text("url")) {
        (Some(id), ..) => named(id),
        (None, Some(text), Some(url)) => format!("{text} ({url})"),
        (None, text, url) => text.or(url).unwrap_or_default().to_owned(),
    }
}

/// mrkdwn as it is read: mentions by name, and the three characters that are escaped in it.
fn unescaped(text: &str) -> String {
    let called = Person::ALL
        .into_iter()
        .fold(text.to_owned(), |text, person| text.replace(&format!("<@{}>", person.id()), &named(person.id())));
    called.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn named(id: &str) -> String {
    let person = Person::ALL.into_iter().find(|person| person.id() == id);
    format!("@{}", person.map_or(id, |person| person.name()))
}

#[cfg(test)]
mod tests {
    use chat_sim::slack_api::Outcome;
    use serde_json::json;

    use super::*;

    fn card() -> Post {
        let blocks = json!([
            { "type": "header", "text": { "type": "plain_text", "text": "Restart checkout" } },
            { "type": "section", "fields": [{ "type": "mrkdwn", "text": "*Asked by*\n<@U0ADA00001>" }] },
            { "type": "rich_text", "elements": [{ "type": "rich_text_section", "elements": [
                { "type": "user", "user_id": "U0BEN00001" }, { "type": "text", "text": " may &amp; can" }] }] },
            { "type": "actions", "elements": [
                { "type": "button", "action_id": "approve:1", "text": { "type": "plain_text", "text": "Approve" } },
                { "type": "button", "action_id": "reject:1", "text": { "type": "plain_text", "text": "Re\u{1b}ject" } }] },
            { "type": "context", "elements": [{ "type": "mrkdwn", "text": "a &lt; b" }] },
        ]);
        Post {
            channel: "C0OPS00001".to_owned(),
            thread_ts: None,
            text: "Restart".to_owned(),
            blocks,
            arguments: Value::Null,
            token_valid: true,
            outcome: Outcome::Posted { ts: "1.000001".to_owned() },
        }
    }

    #[test]
    fn a_card_is_read_from_top_to_bottom_and_its_buttons_are_numbered() {
        let card = card();
        let expected = ["Restart checkout", "Asked by: @ada", "@ben may &amp; can", "a < b"];
        assert_eq!(lines(&card.text, &card.blocks), expected);
        assert_eq!(buttons_line(&card, 3).as_deref(), Some("[3] Approve   [4] Re\\u{1b}ject"));
        assert_eq!(buttons_line(&Post { blocks: Value::Null, ..card }, 1), None);
    }

    #[test]
    fn without_blocks_the_text_is_read() {
        assert_eq!(lines("one\n\n<@U0CLEO0001> &gt; two", &Value::Null), ["one", "@cleo > two"]);
    }

    #[test]
    fn a_terminal_is_told_nothing_by_the_bot() {
        let hostile = "a\u{1b}[2Jb\u{7}\rc\u{9b}31m\u{202e}d";
        for line in lines(hostile, &json!([{ "type": "section", "text": { "text": hostile } }])) {
            assert!(!line.chars().any(char::is_control) && !line.contains('\u{202e}'), "{line:?}");
        }
        assert_eq!(harmless("a\u{1b}[2J\n"), "a\\u{1b}[2J\\n");
        assert_eq!(harmless("pro\u{200b}d\u{61c}\u{2067}\u{feff}"), "pro\\u{200b}d\\u{61c}\\u{2067}\\u{feff}");
    }

    #[test]
    fn blocks_of_no_known_shape_print_nothing_and_do_no_harm() {
        for blocks in
            [json!([1, null, "x", {}]), json!([{ "type": "section", "fields": 3 }]), json!([{ "type": "rich_text" }])]
        {
            assert_eq!(lines("text", &blocks), Vec::<String>::new());
        }
    }
}
