//! The tools a model may ask for.
//!
//! A tool that has an [`Effect`] writes: it is never run from here, only planned. One without reads, and [`Reads`] is all
//! that a turn can run.

use super::arguments::{Argument, ArgumentError, Arguments, Kind, schema};
use super::plan::Risk;
use crate::platform::Doing;
use crate::policy::file::Known;

/// A tool.
#[derive(Debug, Clone, Copy)]
pub struct ToolSpec {
    /// As the model calls it.
    pub name: &'static str,
    /// What it does, for the model.
    pub about: &'static str,
    /// What it takes.
    pub arguments: &'static [Argument],
    /// What it changes; a tool that only reads has none.
    pub effect: Option<Effect>,
}

/// What a tool changes, told by the bot's own code and never by a model.
#[derive(Debug, Clone, Copy)]
pub struct Effect {
    /// How much it can hurt.
    pub risk: Risk,
    /// What happens, in a line.
    pub summary: fn(&Arguments) -> String,
    /// Whom it can hurt, in a line.
    pub blast_radius: fn(&Arguments) -> String,
}

const SERVICE: Argument =
    Argument { name: "service", about: "The service's name.", kind: Kind::Word { most: 64 }, required: true };

/// All of them.
pub const TOOLS: &[ToolSpec] = &[
    ToolSpec {
        name: "service_status",
        about: "Tells how a service is and which version of it runs.",
        arguments: &[SERVICE],
        effect: None,
    },
    ToolSpec {
        name: "on_call",
        about: "Tells who is on call, for a service or for everything.",
        arguments: &[Argument { required: false, ..SERVICE }],
        effect: None,
    },
    ToolSpec {
        name: "search_thread",
        about: "Finds earlier messages of this conversation that hold a text.",
        arguments: &[Argument {
            name: "query",
            about: "The text to look for.",
            kind: Kind::Line { most: 200 },
            required: true,
        }],
        effect: None,
    },
    ToolSpec {
        name: "restart_service",
        about: "Restarts a service, after people have agreed.",
        arguments: &[SERVICE],
        effect: Some(Effect {
            risk: Risk::Medium,
            summary: |arguments| format!("Restart {}", arguments.text("service")),
            blast_radius: |arguments| format!("Everybody who uses {}, until it is up again", arguments.text("service")),
        }),
    },
    ToolSpec {
        name: "deploy",
        about: "Deploys a version of a service, after people have agreed.",
        arguments: &[
            SERVICE,
            Argument { name: "version", about: "The version.", kind: Kind::Word { most: 64 }, required: true },
        ],
        effect: Some(Effect {
            risk: Risk::High,
            summary: |arguments| format!("Deploy {} {}", arguments.text("service"), arguments.text("version")),
            blast_radius: |arguments| format!("Everybody who uses {}", arguments.text("service")),
        }),
    },
    ToolSpec {
        name: "merge",
        about: "Merges a pull request, after people have agreed.",
        arguments: &[
            Argument {
                name: "repository",
                about: "The repository, as owner/name.",
                kind: Kind::Word { most: 100 },
                required: true,
            },
            Argument {
                name: "number",
                about: "The pull request's number.",
                kind: Kind::Number { least: 1, most: 9_999_999 },
                required: true,
            },
        ],
        effect: Some(Effect {
            risk: Risk::High,
            summary: |arguments| {
                let number = arguments.number("number").unwrap_or_default();
                format!("Merge pull request {number} of {}", arguments.text("repository"))
            },
            blast_radius: |arguments| format!("Everybody who builds from {}", arguments.text("repository")),
        }),
    },
];

/// The same, as a policy speaks of them.
pub const KNOWN: &[Known] = &[
    Known { name: "service_status", writes: false },
    Known { name: "on_call", writes: false },
    Known { name: "search_thread", writes: false },
    Known { name: "restart_service", writes: true },
    Known { name: "deploy", writes: true },
    Known { name: "merge", writes: true },
];

impl ToolSpec {
    /// What it takes, as a JSON schema.
    #[must_use]
    pub fn schema(&self) -> serde_json::Value {
        schema(self.arguments)
    }

    /// What a model wrote, if it is what the tool takes.
    ///
    /// # Errors
    /// [`ArgumentError`], a sentence for the model.
    pub fn check(&self, arguments: &str) -> Result<Arguments, ArgumentError> {
        Arguments::parse(arguments, self.arguments)
    }
}

/// The tool of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static ToolSpec> {
    TOOLS.iter().find(|tool| tool.name == name)
}

/// Why a tool told nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// What it reads from does not answer.
    #[error("it cannot be read just now: try again later")]
    Unavailable,
    /// No such tool reads.
    #[error("nothing can be read with it")]
    Unknown,
}

/// What the tools read. Nothing can be changed through it.
pub trait Reads: Send + Sync {
    /// What the tool finds. `conversation` bounds what it may look into:
    /// see [`Place::conversation`](crate::who::Place::conversation). What it finds is untrusted.
    fn read<'a>(
        &'a self,
        tool: &'a str,
        arguments: &'a Arguments,
        conversation: &'a str,
    ) -> Doing<'a, String, ReadError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_knows_every_tool_and_which_of_them_write() {
        let tools: Vec<_> = TOOLS.iter().map(|tool| Known { name: tool.name, writes: tool.effect.is_some() }).collect();
        assert_eq!(tools, KNOWN);
    }

    #[test]
    fn what_an_approver_reads_is_made_of_the_arguments() {
        let told = |tool: &str, arguments: &str| {
            let tool = named(tool).unwrap();
            let (arguments, effect) = (tool.check(arguments).unwrap(), tool.effect.unwrap());
            ((effect.summary)(&arguments), (effect.blast_radius)(&arguments))
        };
        let (summary, radius) = told("deploy", r#"{"service":"checkout","version":"1.4.2"}"#);
        assert_eq!((&*summary, &*radius), ("Deploy checkout 1.4.2", "Everybody who uses checkout"));
        let (summary, _) = told("merge", r#"{"repository":"shop/web","number":12}"#);
        assert_eq!(summary, "Merge pull request 12 of shop/web");
        let (summary, _) = told("restart_service", r#"{"service":"checkout"}"#);
        assert_eq!(summary, "Restart checkout");
    }
}
