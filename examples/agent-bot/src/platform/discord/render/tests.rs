use super::*;
use crate::platform::archive::{self, HOSTILE};
use crate::platform::discord::LIMITS;
use crate::who::{Person, PlatformName};

#[test]
fn messages_are_rendered_as_archived() {
    for (name, message) in archive::messages(PlatformName::Discord) {
        archive::compare(PlatformName::Discord, name, &render(&message, &LIMITS));
    }
}

#[test]
fn no_text_pings_or_links() {
    let message = Outbound::new()
        .with(Part::Heading(HOSTILE.to_owned()))
        .with(Part::Text(Text::plain(HOSTILE)))
        .with(Part::Note(Text::plain(HOSTILE)))
        .with(Part::Fields(vec![Field { name: HOSTILE.to_owned(), value: Text::plain(HOSTILE) }]));
    for rendered in render(&message, &LIMITS) {
        let content = rendered.json["content"].as_str().expect("content");
        for (at, mark) in content.match_indices(['<', '[', '`', '|']) {
            assert!(content[..at].ends_with('\\'), "{mark} in {content}");
        }
        assert!(!content.contains("@everyone") && !content.contains("@here"), "{content}");
        assert_eq!(rendered.json["allowed_mentions"], json!({ "parse": [], "users": [] }));
    }
}

#[test]
fn only_who_is_mentioned_by_the_bot_is_pinged() {
    let person = |user: &str| {
        Span::Mention(Person { platform: PlatformName::Discord, tenant: "1".to_owned(), user: user.to_owned() })
    };
    let text = Text { spans: vec![person("42"), Span::Plain("<@43>".to_owned()), person("42"), person("x")] };
    let field = Field { name: "<@44>".to_owned(), value: Text { spans: vec![person("45")] } };
    let message = Outbound::new().with(Part::Text(text)).with(Part::Fields(vec![field]));
    assert_eq!(render(&message, &LIMITS)[0].json["allowed_mentions"]["users"], json!(["42", "45"]));
}

#[test]
fn every_message_is_within_the_limits() {
    let button = |n: usize| Button {
        label: "x".repeat(200),
        action: Action::new("v".repeat(20), format!("{n:064}")).expect("an action"),
        style: Style::Plain,
        confirm: None,
    };
    let select = Select {
        label: "w".repeat(300),
        action: Action::new("pick", "1").expect("an action"),
        options: (0..40).map(|n| ("l".repeat(200), n.to_string())).collect(),
    };
    let message = Outbound::new()
        .with(Part::Heading("*".repeat(400)))
        .with(Part::Text(Text::plain("* 结账 🎉 @".repeat(2000))))
        .with(Part::Code("🎉```\n".repeat(2000)))
        .with(Part::Note(Text::markdown(&"**a** *b*\n".repeat(600))))
        .with(Part::Fields(
            (0..25).map(|_| Field { name: "_".repeat(200), value: Text::plain("_".repeat(3000)) }).collect(),
        ))
        .with(Part::Select(select))
        .with(Part::Buttons((0..33).map(button).collect()));
    let rendered = render(&message, &LIMITS);
    for message in &rendered {
        let content = message.json["content"].as_str().expect("content");
        let rows = message.json["components"].as_array().expect("rows");
        assert!(content.encode_utf16().count() <= 2000, "{}", content.encode_utf16().count());
        assert!(!content.is_empty() || !rows.is_empty());
        assert!(rows.len() <= 5);
        for row in rows {
            let components = row["components"].as_array().expect("components");
            assert!((1..=5).contains(&components.len()));
            for component in components {
                assert!(component["custom_id"].as_str().expect("an id").len() <= 100);
                assert!(component["label"].as_str().unwrap_or_default().chars().count() <= 80);
            }
        }
    }
    let rows: usize = rendered.iter().map(|message| message.json["components"].as_array().expect("rows").len()).sum();
    assert_eq!(rows, 8, "a select and seven rows of buttons");
}

#[test]
fn a_form_is_asked_for_by_a_button_that_fits() {
    let action = Action::new("v".repeat(20), "i".repeat(64)).expect("an action");
    let prompt =
        Prompt { title: "Enter passcode".to_owned(), label: "Your pass_code".to_owned(), submit: String::new() };
    let form = form(&action, &prompt).json;
    assert_eq!(form["content"], "Your pass\\_code");
    let button = &form["components"][0]["components"][0];
    assert_eq!(
        (&button["label"], &button["custom_id"]),
        (&json!("Enter passcode"), &json!(format!("?{}", action.code())))
    );
}

#[test]
fn nothing_makes_no_message() {
    assert!(render(&Outbound::new(), &LIMITS).is_empty());
    assert!(render(&Outbound::plain(""), &LIMITS).is_empty());
}
