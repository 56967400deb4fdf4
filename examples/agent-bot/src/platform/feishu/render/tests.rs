use super::*;
use crate::message::Text;
use crate::platform::archive::{self, HOSTILE};
use crate::platform::feishu::LIMITS;
use crate::who::PlatformName;

#[test]
fn messages_are_rendered_as_archived() {
    for (name, message) in archive::messages(PlatformName::Feishu) {
        archive::compare(PlatformName::Feishu, name, &render(&message, &LIMITS));
    }
}

#[test]
fn no_text_pings_or_links() {
    let message = Outbound::new()
        .with(Part::Heading(HOSTILE.to_owned()))
        .with(Part::Heading(HOSTILE.to_owned()))
        .with(Part::Text(Text::plain(HOSTILE)))
        .with(Part::Code(HOSTILE.to_owned()))
        .with(Part::Note(Text::plain(HOSTILE)))
        .with(Part::Fields(vec![Field { name: HOSTILE.to_owned(), value: Text::plain(HOSTILE) }]));
    for rendered in render(&message, &LIMITS) {
        let body = rendered.json.pointer("/body").expect("a body").to_string();
        assert!(!body.contains("<at"), "{body}");
        for element in rendered.json["body"]["elements"].as_array().expect("elements") {
            let text = element.to_string();
            assert!(text.contains("```") || !text.contains("]("), "{text}");
        }
    }
}

#[test]
fn every_card_is_within_thirty_kilobytes() {
    let message = Outbound::new()
        .with(Part::Heading("&".repeat(400)))
        .with(Part::Text(Text::plain("<&>\" 结账 ".repeat(9000))))
        .with(Part::Code("\"结账\"\n".repeat(9000)))
        .with(Part::Fields(
            (0..40).map(|_| Field { name: "n".repeat(200), value: Text::plain("&".repeat(3000)) }).collect(),
        ));
    let rendered = render(&message, &LIMITS);
    assert!(rendered.len() > 5);
    for card in &rendered {
        let size = card.json.to_string().len();
        assert!(size <= 30 * 1024, "{size}");
    }
}

#[test]
fn nothing_makes_no_message() {
    assert!(render(&Outbound::new(), &LIMITS).is_empty());
}
