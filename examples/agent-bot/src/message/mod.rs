//! What the bot says, before any platform has a say in it.
//!
//! Text comes in two kinds and there is no third: [`Text::plain`] is never markup, whatever it holds, and [`Text::markdown`]
//! reads a small subset of Markdown. Neither can ping anybody: only a [`Span::Mention`] can, and no parser makes one.

mod markdown;
mod split;
mod untrusted;

use serde::{Deserialize, Serialize};

pub use split::{Cost, split_code};
pub use untrusted::{is_unseen, legible};

use crate::who::Person;

/// One message, or one card.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outbound {
    /// From top to bottom.
    pub parts: Vec<Part>,
}

/// One piece of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// A short line that stands out.
    Heading(String),
    /// A paragraph.
    Text(Text),
    /// Names and values, side by side where the platform can.
    Fields(Vec<Field>),
    /// Preformatted text; what it holds is never markup.
    Code(String),
    /// Things to press.
    Buttons(Vec<Button>),
    /// One of several.
    Select(Select),
    /// Small print.
    Note(Text),
}

/// A run of spans.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Text {
    /// In reading order.
    pub spans: Vec<Span>,
}

/// A run of characters that look alike. The texts are as people read them: each platform escapes when it renders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Span {
    /// As it is.
    Plain(String),
    /// Bold.
    Bold(String),
    /// Italic.
    Italic(String),
    /// Struck out.
    Strike(String),
    /// Inline code.
    Code(String),
    /// A link, `https://` or `http://` only.
    Link {
        /// What is read.
        label: String,
        /// Where it leads.
        url: String,
    },
    /// Pings this person. Made by the bot's own code only.
    Mention(Person),
    /// The next line.
    Break,
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// What it is.
    pub name: String,
    /// What it says.
    pub value: Text,
}

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Style {
    /// Like any other.
    #[default]
    Plain,
    /// The one that is meant.
    Primary,
    /// The one that hurts.
    Danger,
}

/// Something to press. Only the bot's own code makes one; a model's text cannot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What stands on it.
    pub label: String,
    /// What comes back when it is pressed: see [`Action`].
    pub action: Action,
    /// How it looks.
    pub style: Style,
    /// Asked before it counts, where the platform can.
    pub confirm: Option<String>,
}

/// What a press brings back: a verb and an opaque id that only says where to look; nothing rests on its being secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// `approve`, `reject`, …: ASCII letters, digits and `_`, at most 20 bytes.
    pub verb: String,
    /// Of what: ASCII letters, digits, `-` and `_`, at most 64 bytes.
    pub id: String,
}

/// One of several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Select {
    /// What is asked.
    pub label: String,
    /// What comes back, with the chosen value beside it.
    pub action: Action,
    /// Labels and values.
    pub options: Vec<(String, String)>,
}

impl Action {
    /// An action, where both parts are what an action's may be.
    #[must_use]
    pub fn new(verb: impl Into<String>, id: impl Into<String>) -> Option<Self> {
        let (verb, id) = (verb.into(), id.into());
        let verb_fits = (1..=20).contains(&verb.len()) && verb.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let id_fits = (1..=64).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        (verb_fits && id_fits).then_some(Self { verb, id })
    }

    /// The action in one text, `approve:req_42`.
    #[must_use]
    pub fn code(&self) -> String {
        format!("{}:{}", self.verb, self.id)
    }

    /// Reads [`code`](Self::code).
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        let (verb, id) = code.split_once(':')?;
        Self::new(verb, id)
    }
}

impl Text {
    /// Text that is never markup.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self { spans: vec![Span::Plain(text.into())] }
    }
}

impl Outbound {
    /// An empty message.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part.
    #[must_use]
    pub fn with(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// A message of one paragraph that is never markup.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self::new().with(Part::Text(Text::plain(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_one_text_and_back() {
        let action = Action::new("approve", "req_42").expect("an action");
        assert_eq!(action.code(), "approve:req_42");
        assert_eq!(Action::of_code("approve:req_42"), Some(action));
    }

    #[test]
    fn what_is_no_action_is_none() {
        for code in ["", ":", "approve", "approve:", ":req", "a b:req", "approve:req 42", "approve:a:b", "é:x"] {
            assert_eq!(Action::of_code(code), None, "{code}");
        }
        assert_eq!(Action::new("a".repeat(21), "x"), None);
        assert_eq!(Action::new("a", "x".repeat(65)), None);
    }
}
