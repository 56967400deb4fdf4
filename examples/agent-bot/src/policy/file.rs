//! The policy as a file.
//!
//! ```toml
//! # Who may ask the bot anything, and where. Nobody else is answered.
//! ask = [
//!     { who = ["slack:T1:*"], where = ["slack:T1:C1"] },
//!     { who = ["slack:T1:group:ops", "slack:T1:U1"], where = ["slack:T1:*"] },
//! ]
//!
//! [tools.search_thread]
//! rule = "deny"
//!
//! [tools.restart_service]
//! rule = "ask"                          # allow (reading tools only), ask, or deny
//! who = ["slack:T1:group:ops"]          # all who may ask, where it is left out
//! where = ["slack:T1:C1"]               # everywhere, where it is left out
//! approvers = ["slack:T1:group:oncall"]
//! quorum = 1                            # different people
//! self_approval = false
//! second_factor = false                 # a typed passcode
//! within_secs = 900                     # how long it waits for them
//!
//! [conversations]
//! meanwhile = "queue"                   # or merge, or interrupt
//!
//! [links]
//! hosts = ["status.example.com", ".wiki.example.com"]
//!
//! [limits]                              # what is left out is as in Allowances::default
//! messages = { user = { most = 10, per_secs = 60 } }     # channel and workspace too
//! tokens = { workspace = { most = 1000000, per_secs = 3600 } }
//!
//! [hooks.deploys]                       # POST /hooks/deploys
//! provider = "github"                   # see docs/setup/hooks.md
//! secret_env = "DEPLOYS_SECRET"         # the name of the variable that holds the secret
//! say_in = "slack:T1:C1"
//!
//! [passcodes]                           # of `agent-bot admin passcode`
//! "slack:T1:U1" = "c8b1…"
//! ```
//!
//! Whatever is not known here is refused with its line: a rule that does not say what was meant protects nobody.

mod hooks;
mod limits;
mod passcodes;
mod tool;

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use self::tool::Tool;
use super::{Area, Meanwhile, Policy, Reach, Subject};

/// A policy that cannot be taken: where, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct PolicyError {
    /// Counted from one.
    pub line: usize,
    /// What is wrong and what to write.
    pub problem: String,
}

/// A tool that a policy may speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// As the model calls it.
    pub name: &'static str,
    /// Whether it changes anything.
    pub writes: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    ask: Spanned<Vec<Asked>>,
    #[serde(default)]
    tools: BTreeMap<Spanned<String>, Tool>,
    #[serde(default)]
    conversations: Conversations,
    #[serde(default)]
    links: Links,
    #[serde(default)]
    limits: limits::Limits,
    #[serde(default)]
    hooks: BTreeMap<Spanned<String>, hooks::Entry>,
    #[serde(default)]
    passcodes: BTreeMap<Spanned<String>, Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    who: Spanned<Vec<Spanned<String>>>,
    r#where: Spanned<Vec<Spanned<String>>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Conversations {
    #[serde(default)]
    meanwhile: Between,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum Between {
    #[default]
    Queue,
    Merge,
    Interrupt,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Links {
    #[serde(default)]
    hosts: Vec<Spanned<String>>,
}

/// A fault and where it begins and ends in the text.
type Fault = (Range<usize>, String);

impl Policy {
    /// Reads a policy. `known` are the tools it may speak of.
    ///
    /// # Errors
    /// The first fault, with its line and what to write instead.
    pub fn parse(text: &str, known: &[Known]) -> Result<Self, PolicyError> {
        let file: File = toml::from_str(text).map_err(|error| PolicyError {
            line: line(text, error.span().map_or(0, |span| span.start)),
            problem: format!("{}: compare with the example in the documentation", error.message()),
        })?;
        file.checked(known).map_err(|(span, problem)| PolicyError { line: line(text, span.start), problem })
    }

    /// What holds without a file: everybody may ask, wherever the bot is, and nothing is ever changed.
    ///
    /// # Errors
    /// None: the text is a part of the program, and tested.
    pub fn read_only(known: &[Known]) -> Result<Self, PolicyError> {
        Self::parse(include_str!("default.toml"), known)
    }

    /// The demo's: everybody may ask, and what changes something waits for somebody else to agree.
    ///
    /// # Errors
    /// None where `known` has the bot's own tools: the text is a part of the program, and tested.
    pub fn demo(known: &[Known]) -> Result<Self, PolicyError> {
        Self::parse(include_str!("demo.toml"), known)
    }
}

impl File {
    fn checked(self, known: &[Known]) -> Result<Policy, Fault> {
        if self.ask.get_ref().is_empty() {
            let example = r#"write ask = [{ who = ["slack:T1:*"], where = ["slack:T1:C1"] }]"#;
            return Err((self.ask.span(), format!("ask is empty, so that nobody is answered: {example}")));
        }
        let ask =
            self.ask.into_inner().iter().map(|asked| reach(&asked.who, &asked.r#where)).collect::<Result<_, _>>()?;
        let mut tools = BTreeMap::new();
        for (name, tool) in self.tools {
            let Some(known) = known.iter().find(|known| known.name == name.get_ref()) else {
                let names: Vec<_> = known.iter().map(|known| known.name).collect();
                return Err((name.span(), format!("there is no such tool: write one of {}", names.join(", "))));
            };
            tools.insert(known.name.to_owned(), tool.checked(*known, name.span())?);
        }
        let meanwhile = match self.conversations.meanwhile {
            Between::Queue => Meanwhile::Queue,
            Between::Merge => Meanwhile::Merge,
            Between::Interrupt => Meanwhile::Interrupt,
        };
        let links = self.links.hosts.iter().map(host).collect::<Result<_, _>>()?;
        let (limits, passcodes) = (self.limits.checked()?, passcodes::checked(&self.passcodes)?);
        let hooks = self.hooks.iter().map(|(name, entry)| entry.checked(name)).collect::<Result<_, _>>()?;
        Ok(Policy { ask, tools, meanwhile, links, passcodes, limits, hooks })
    }
}

fn reach(who: &Spanned<Vec<Spanned<String>>>, places: &Spanned<Vec<Spanned<String>>>) -> Result<Reach, Fault> {
    Ok(Reach { who: subjects(who)?, places: areas(places)? })
}

fn subjects(texts: &Spanned<Vec<Spanned<String>>>) -> Result<Vec<Subject>, Fault> {
    let expected = "write slack:T1:U1, slack:T1:group:ops, slack:T1:* or *";
    each(texts, expected, Subject::parse)
}

fn areas(texts: &Spanned<Vec<Spanned<String>>>) -> Result<Vec<Area>, Fault> {
    each(texts, "write slack:T1:C1, slack:T1:* or *", Area::parse)
}

fn each<T>(
    texts: &Spanned<Vec<Spanned<String>>>,
    expected: &str,
    parse: fn(&str) -> Option<T>,
) -> Result<Vec<T>, Fault> {
    if texts.get_ref().is_empty() {
        return Err((texts.span(), format!("the list is empty: {expected}")));
    }
    let one = |text: &Spanned<String>| {
        parse(text.get_ref())
            .ok_or_else(|| (text.span(), format!("{:?} is not understood: {expected}", text.get_ref())))
    };
    texts.get_ref().iter().map(one).collect()
}

/// A host name in lower case, with a dot before it where those below are meant.
fn host(text: &Spanned<String>) -> Result<String, Fault> {
    let name = text.get_ref().strip_prefix('.').unwrap_or(text.get_ref());
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if name.contains('.') && name.split('.').all(label) {
        return Ok(text.get_ref().clone());
    }
    let problem = "is not a host: write it in lower case and alone, as in status.example.com or .example.com";
    Err((text.span(), format!("{:?} {problem}", text.get_ref())))
}

fn line(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1)
}
