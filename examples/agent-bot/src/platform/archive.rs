//! Rendered messages are compared with the ones in `tests/rendered/`, which a person has looked at.
//!
//! With `UPDATE_RENDERED=1` in the environment they are written instead: look at the difference before you commit it.

use serde_json::Value;

use super::Rendered;
use crate::message::{Action, Button, Field, Outbound, Part, Select, Span, Style, Text};
use crate::who::{Person, PlatformName};

/// Every message that is rendered for every platform, by its name.
pub(crate) fn messages(platform: PlatformName) -> Vec<(&'static str, Outbound)> {
    vec![
        ("message", answer()),
        ("card", card(platform)),
        ("edit", outcome(platform)),
        ("long", long()),
        ("hostile", hostile()),
    ]
}

/// Compares with `tests/rendered/<platform>/<name>.json`.
pub(crate) fn compare(platform: PlatformName, name: &str, rendered: &[Rendered]) {
    let path = format!("{}/tests/rendered/{platform}/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let found: Vec<&Value> = rendered.iter().map(|message| &message.json).collect();
    if std::env::var_os("UPDATE_RENDERED").is_some() {
        let text = serde_json::to_string_pretty(&found).expect("JSON") + "\n";
        std::fs::create_dir_all(std::path::Path::new(&path).parent().expect("a folder")).expect("the folder");
        std::fs::write(&path, text).expect("the archive");
        return;
    }
    let archived = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let archived: Vec<Value> = serde_json::from_slice(&archived).expect("JSON");
    assert_eq!(found, archived.iter().collect::<Vec<_>>(), "{path}: UPDATE_RENDERED=1 writes it anew");
}

fn answer() -> Outbound {
    Outbound::markdown(
        "**checkout** is *degraded*, see [the board](https://status.example.com/?a=1&b=2).\n\
         - `api` is up\n- ~~`web`~~ is down\n\n```\nGET /pay 503\n```\n\nShall I restart it?",
    )
}

fn person(platform: PlatformName) -> Span {
    let user = match platform {
        PlatformName::Slack => "U0ADA",
        PlatformName::Feishu => "ou_ada",
        PlatformName::Discord => "900000000000000004",
        PlatformName::Teams => "aad-ada",
    };
    Span::Mention(Person { platform, tenant: "T1".to_owned(), user: user.to_owned() })
}

fn field(name: &str, value: Vec<Span>) -> Field {
    Field { name: name.to_owned(), value: Text { spans: value } }
}

fn button(label: &str, verb: &str, style: Style, confirm: Option<&str>) -> Button {
    Button {
        label: label.to_owned(),
        action: Action::new(verb, "plan_42").expect("an action"),
        style,
        confirm: confirm.map(str::to_owned),
    }
}

fn card(platform: PlatformName) -> Outbound {
    let options = [("Europe", "eu"), ("America", "us")].map(|(label, value)| (label.to_owned(), value.to_owned()));
    Outbound::new()
        .with(Part::Heading("Restart checkout?".to_owned()))
        .with(Part::Text(Text { spans: vec![person(platform), Span::Plain(" asks for it.".to_owned())] }))
        .with(Part::Fields(vec![
            field("Risk", vec![Span::Bold("high".to_owned())]),
            field("Ends", vec![Span::Plain("in 15 minutes".to_owned())]),
        ]))
        .with(Part::Code(r#"{"service":"checkout"}"#.to_owned()))
        .with(Part::Select(Select {
            label: "Where?".to_owned(),
            action: Action::new("pick", "plan_42").expect("an action"),
            options: options.into(),
        }))
        .with(Part::Buttons(vec![
            button("Approve", "approve", Style::Primary, Some("This restarts checkout for everybody.")),
            button("Reject", "reject", Style::Danger, None),
        ]))
        .with(Part::Note(Text::plain("Only people on call can decide.")))
}

fn outcome(platform: PlatformName) -> Outbound {
    Outbound::new()
        .with(Part::Heading("Restarted checkout".to_owned()))
        .with(Part::Text(Text { spans: vec![Span::Plain("Approved by ".to_owned()), person(platform)] }))
}

/// About 9000 characters: longer than a message on any platform but Feishu.
fn long() -> Outbound {
    let paragraphs: Vec<String> = (1..=30).map(|n| format!("Paragraph {n}. {}", "It goes on. ".repeat(20))).collect();
    let log: Vec<String> = (1..=60).map(|n| format!("{n:03} GET /pay 503 upstream timed out")).collect();
    Outbound::markdown(&format!("{}\n\n```\n{}\n```\n\nThe end.", paragraphs.join("\n\n"), log.join("\n")))
}

/// What must come out as plain text, whatever a platform gives a meaning.
pub(crate) const HOSTILE: &str = "<!channel> <@U1> @everyone @here <@&1> <at id=all></at> <https://evil.example|bank> \
     *b* _i_ ~s~ || spoiler || # h &lt;!here&gt; [a](javascript:x) ```x``` \u{202e}abc";

fn hostile() -> Outbound {
    Outbound::new()
        .with(Part::Heading(HOSTILE.to_owned()))
        .with(Part::Text(Text::plain(HOSTILE)))
        .with(Part::Text(Text { spans: vec![Span::Code(HOSTILE.to_owned())] }))
        .with(Part::Fields(vec![field(HOSTILE, vec![Span::Plain(HOSTILE.to_owned())])]))
        .with(Part::Code(format!("{HOSTILE}\n```\n{HOSTILE}")))
        .with(Part::Note(Text::plain(HOSTILE)))
}
