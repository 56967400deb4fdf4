use super::*;
use crate::message::Action;
use crate::platform::archive::{self, HOSTILE};
use crate::platform::slack::LIMITS;
use crate::who::PlatformName;

#[test]
fn messages_are_rendered_as_archived() {
    for (name, message) in archive::messages(PlatformName::Slack) {
        archive::compare(PlatformName::Slack, name, &render(&message, &LIMITS));
    }
}

/// Every text that Slack reads as mrkdwn.
fn markup(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if fields.get("type").is_some_and(|kind| kind == "mrkdwn") {
                found.extend(fields["text"].as_str().map(str::to_owned));
            }
            fields.values().for_each(|value| markup(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| markup(value, found)),
        _ => {}
    }
}

#[test]
fn no_text_pings_or_links() {
    let message = Outbound::new()
        .with(Part::Text(Text::plain(HOSTILE)))
        .with(Part::Note(Text::plain(HOSTILE)))
        .with(Part::Fields(vec![Field { name: HOSTILE.to_owned(), value: Text::plain(HOSTILE) }]));
    for rendered in render(&message, &LIMITS) {
        let mut texts = vec![rendered.json["text"].as_str().expect("a fallback").to_owned()];
        markup(&rendered.json["blocks"], &mut texts);
        assert_eq!(texts.len(), 3);
        assert!(texts.iter().all(|text| !text.contains('<')), "{texts:?}");
        assert!(!rendered.json.to_string().contains(r#""type":"user""#));
    }
}

#[test]
fn every_message_is_within_the_limits() {
    let button = |n: usize| Button {
        label: "x".repeat(200),
        action: Action::new("pick", n.to_string()).expect("an action"),
        style: Style::Plain,
        confirm: Some("y".repeat(500)),
    };
    let message = Outbound::new()
        .with(Part::Heading("&".repeat(400)))
        .with(Part::Text(Text::plain("<&> ".repeat(5000))))
        .with(Part::Code("&&&&\n".repeat(3000)))
        .with(Part::Fields(
            (0..25).map(|_| Field { name: "n".repeat(90), value: Text::plain("&".repeat(3000)) }).collect(),
        ))
        .with(Part::Buttons((0..30).map(button).collect()));
    let rendered = render(&message, &LIMITS);
    for message in &rendered {
        let blocks = message.json["blocks"].as_array().expect("blocks");
        assert!(!blocks.is_empty() && blocks.len() <= 50);
        for block in blocks {
            match block["type"].as_str().expect("a type") {
                "header" => assert_eq!(block["text"]["text"].as_str().expect("text").chars().count(), 150),
                "section" => {
                    let fields = block["fields"].as_array().expect("fields");
                    assert!(fields.len() <= 10);
                    assert!(fields.iter().all(|field| field["text"].as_str().expect("text").chars().count() <= 2000));
                }
                "actions" => {
                    let elements = block["elements"].as_array().expect("elements");
                    assert!(elements.len() <= 25);
                    assert!(elements.iter().all(|button| button["text"]["text"].as_str().expect("text").len() <= 77));
                }
                "rich_text" => {
                    let text = block["elements"][0]["elements"][0]["text"].as_str().expect("text");
                    assert!(text.chars().count() <= 3000);
                }
                other => panic!("{other}"),
            }
        }
    }
    let text = |message: &Rendered| message.json["text"].as_str().expect("a fallback").chars().count();
    assert!(rendered.iter().filter(|message| text(message) > LIMITS.message).count() <= 3, "only fields may be larger");
}

#[test]
fn nothing_makes_no_message() {
    assert!(render(&Outbound::new(), &LIMITS).is_empty());
    assert!(render(&Outbound::plain(""), &LIMITS).is_empty());
}
