//! The arguments of a tool: declared once, shown to the model as a JSON schema, and held to it before anything is done.
//!
//! A tool takes one flat object. What is missing, too much, twice there, of another type, too long, or not made of the
//! characters it may be made of, is refused: the digest that people approve is over what is left, written one way only.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Value, json};

/// Bytes of one call's arguments.
const LONGEST: usize = 4 * 1024;

/// One argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argument {
    /// As the model writes it.
    pub name: &'static str,
    /// What it is, for the model.
    pub about: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// Whether it has to be there.
    pub required: bool,
}

/// What an argument may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name: ASCII letters, digits, `.`, `_`, `/` and `-`, a letter or digit first.
    Word {
        /// Bytes.
        most: usize,
    },
    /// A line of text, with nothing invisible in it.
    Line {
        /// Characters.
        most: usize,
    },
    /// A whole number.
    Number {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
    },
}

/// One valid value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Scalar {
    /// A word or a line.
    Text(String),
    /// A number.
    Number(u64),
}

/// Valid arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Arguments(BTreeMap<&'static str, Scalar>);

/// Why arguments are refused: a sentence for the model. It holds nothing of what the model wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// Not one flat JSON object.
    #[error("the arguments are not one JSON object of texts and whole numbers: write them as the schema says")]
    Shape,
    /// One too many, or one that is there twice.
    #[error("there is an argument that the tool does not take, or one is there twice: write each of the schema's once")]
    Unknown,
    /// One is missing.
    #[error("the argument {0} is missing: ask the person for it")]
    Missing(&'static str),
    /// One does not hold what it may.
    #[error("the argument {0} is not what the schema says")]
    Value(&'static str),
}

impl Arguments {
    /// Reads what a model wrote.
    ///
    /// # Errors
    /// [`ArgumentError`] for the first that is not as declared.
    pub fn parse(text: &str, declared: &'static [Argument]) -> Result<Self, ArgumentError> {
        // Some models write nothing where a tool takes nothing.
        let text = if text.trim().is_empty() { "{}" } else { text };
        if text.len() > LONGEST {
            return Err(ArgumentError::Shape);
        }
        let Flat(members) = serde_json::from_str(text).map_err(|_| ArgumentError::Shape)?;
        let mut valid = BTreeMap::new();
        for (name, value) in members {
            let argument = declared.iter().find(|argument| argument.name == name).ok_or(ArgumentError::Unknown)?;
            // An optional one that is null is one that is not there.
            if value.is_null() && !argument.required {
                continue;
            }
            let scalar = argument.kind.hold(value).ok_or(ArgumentError::Value(argument.name))?;
            if valid.insert(argument.name, scalar).is_some() {
                return Err(ArgumentError::Unknown);
            }
        }
        match declared.iter().find(|argument| argument.required && !valid.contains_key(argument.name)) {
            Some(missing) => Err(ArgumentError::Missing(missing.name)),
            None => Ok(Self(valid)),
        }
    }

    /// The one way to write them: members in the order of their names, no blanks.
    #[must_use]
    pub fn canonical(&self) -> String {
        // A map of texts and numbers is always JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The text of this name; empty where there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        match self.0.get(name) {
            Some(Scalar::Text(text)) => text,
            _ => "",
        }
    }

    /// The number of this name.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.0.get(name) {
            Some(Scalar::Number(number)) => Some(*number),
            _ => None,
        }
    }
}

impl Kind {
    fn hold(self, value: Value) -> Option<Scalar> {
        match (self, value) {
            (Self::Word { most }, Value::String(text)) => {
                let fits = text.len() <= most
                    && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
                    && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte));
                fits.then_some(Scalar::Text(text))
            }
            (Self::Line { most }, Value::String(text)) => {
                let hidden = |character: char| character.is_control() || super::egress::is_invisible(character);
                let fits = !text.trim().is_empty() && text.chars().count() <= most && !text.contains(hidden);
                fits.then_some(Scalar::Text(text))
            }
            (Self::Number { least, most }, Value::Number(number)) => {
                number.as_u64().filter(|number| (least..=most).contains(number)).map(Scalar::Number)
            }
            _ => None,
        }
    }

    fn schema(self) -> Value {
        match self {
            Self::Word { most } => {
                json!({ "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._/-]*$", "maxLength": most })
            }
            Self::Line { most } => json!({ "type": "string", "minLength": 1, "maxLength": most }),
            Self::Number { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        }
    }
}

/// The JSON schema of these arguments.
#[must_use]
pub fn schema(declared: &[Argument]) -> Value {
    let mut properties = serde_json::Map::new();
    for argument in declared {
        let mut schema = argument.kind.schema();
        if let Some(members) = schema.as_object_mut() {
            members.insert("description".to_owned(), argument.about.into());
        }
        properties.insert(argument.name.to_owned(), schema);
    }
    let required: Vec<_> = declared.iter().filter(|argument| argument.required).map(|argument| argument.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// The members of one object, in order and each of them: a map would hide a second one of the same name.
struct Flat(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Flat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Flat;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Flat, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if value.is_array() || value.is_object() {
                        return Err(A::Error::custom("nested"));
                    }
                    members.push((name, value));
                }
                Ok(Flat(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECLARED: &[Argument] = &[
        Argument { name: "service", about: "", kind: Kind::Word { most: 8 }, required: true },
        Argument { name: "count", about: "", kind: Kind::Number { least: 1, most: 9 }, required: false },
        Argument { name: "query", about: "", kind: Kind::Line { most: 5 }, required: false },
    ];

    #[test]
    fn the_same_arguments_are_written_one_way() {
        for text in [
            r#"{"service":"web","count":3}"#,
            " { \"count\" : 3,\n \"service\" : \"w\\u0065b\" } ",
            r#"{"query":null,"count":3,"service":"web"}"#,
        ] {
            assert_eq!(
                Arguments::parse(text, DECLARED).unwrap().canonical(),
                r#"{"count":3,"service":"web"}"#,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_declared_is_refused() {
        use ArgumentError::{Missing, Shape, Unknown, Value};
        for (text, error) in [
            ("", Missing("service")),
            ("{}", Missing("service")),
            ("{{{", Shape),
            ("[]", Shape),
            ("\"web\"", Shape),
            (r#"{"service":"web"} {"service":"db"}"#, Shape),
            (r#"{"service":{"name":"web"}}"#, Shape),
            (r#"{"service":["web"]}"#, Shape),
            (r#"{"service":"web","force":true}"#, Unknown),
            (r#"{"service":"web","service":"db"}"#, Unknown),
            (r#"{"service":null}"#, Value("service")),
            (r#"{"service":7}"#, Value("service")),
            (r#"{"service":""}"#, Value("service")),
            (r#"{"service":"-rf"}"#, Value("service")),
            (r#"{"service":"web;id"}"#, Value("service")),
            (r#"{"service":"wéb"}"#, Value("service")),
            (r#"{"service":"w\u202Eb"}"#, Value("service")),
            (r#"{"service":"muchtoolong"}"#, Value("service")),
            (r#"{"service":"web","count":"3"}"#, Value("count")),
            (r#"{"service":"web","count":3.0}"#, Value("count")),
            (r#"{"service":"web","count":-3}"#, Value("count")),
            (r#"{"service":"web","count":0}"#, Value("count")),
            (r#"{"service":"web","count":18446744073709551616}"#, Value("count")),
            (r#"{"service":"web","query":"  "}"#, Value("query")),
            (r#"{"service":"web","query":"a\nb"}"#, Value("query")),
            (r#"{"service":"web","query":"a\u200Bb"}"#, Value("query")),
            (r#"{"service":"web","query":"longer"}"#, Value("query")),
        ] {
            assert_eq!(Arguments::parse(text, DECLARED), Err(error), "{text}");
        }
        assert_eq!(Arguments::parse(&format!("{}{{}}", " ".repeat(LONGEST)), DECLARED), Err(Shape));
    }

    #[test]
    fn the_schema_says_what_is_held_to() {
        let schema = schema(DECLARED);
        assert_eq!(schema["required"], json!(["service"]));
        assert_eq!(schema["additionalProperties"], json!(false));
        assert_eq!(schema["properties"]["count"]["maximum"], json!(9));
        assert_eq!(schema["properties"]["service"]["maxLength"], json!(8));
    }
}
