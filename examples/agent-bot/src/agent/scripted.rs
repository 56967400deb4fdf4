//! A model without a model: it does the same each time, and can be told to go wrong.
//!
//! It answers questions about a service's state, who is on call and what was said, and proposes a restart, a deployment or
//! a merge where it is asked for one, in English and in a few words.

use std::time::Duration;

use serde_json::json;

use super::model::{Model, ModelError, Step, Stepped, Usage};
use super::taint::Trust;
use super::tools::ToolSpec;
use super::transcript::{Call, Content, Entry, Task, Transcript};
use crate::platform::Doing;

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mood {
    /// As one would wish.
    #[default]
    Good,
    /// It writes arguments that are none, each time.
    Nonsense,
    /// It calls a tool that does not exist, each time.
    UnknownTool,
    /// It never stops calling tools.
    Endless,
    /// It says nothing and is done.
    Silent,
    /// It takes this long for each step, and is good then.
    Slow(Duration),
    /// It does not answer.
    Down,
}

/// The scripted model.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scripted {
    mood: Mood,
}

const HELP: &str = "I can tell how a service is (`status checkout`), who is on call (`on call`) and what was said here \
                    (`search timeout`). I can propose `restart checkout`, `deploy checkout 1.4.2` and `merge shop/web 12`; \
                    others agree before anything happens.";

impl Scripted {
    /// A model in this mood.
    #[must_use]
    pub const fn new(mood: Mood) -> Self {
        Self { mood }
    }

    fn next(self, transcript: &Transcript) -> Result<Step, ModelError> {
        if transcript.task() == Task::Summarize && matches!(self.mood, Mood::Good | Mood::Slow(_)) {
            return Ok(Step::Say(crate::sessions::summary::in_short(transcript.entries())));
        }
        match self.mood {
            Mood::Good | Mood::Slow(_) => Ok(script(transcript)),
            Mood::Nonsense => Ok(call(transcript, "service_status", "{\"service\": …".to_owned())),
            Mood::UnknownTool => Ok(call(transcript, "make_coffee", "{}".to_owned())),
            Mood::Endless => Ok(call(transcript, "on_call", "{}".to_owned())),
            Mood::Silent => Ok(Step::Done),
            Mood::Down => Err(ModelError::Down),
        }
    }
}

impl Model for Scripted {
    fn step<'a>(&'a self, transcript: &'a Transcript, _tools: &'a [ToolSpec]) -> Doing<'a, Stepped, ModelError> {
        Box::pin(async move {
            if let Mood::Slow(time) = self.mood {
                tokio::time::sleep(time).await;
            }
            let step = self.next(transcript)?;
            // About four characters to a token, as a rule of thumb of the field.
            let tokens = |characters: usize| u64::try_from(characters.div_ceil(4)).unwrap_or(u64::MAX);
            let read = transcript.entries().iter().map(|entry| text(entry).len()).fold(0, usize::saturating_add);
            let written = match &step {
                Step::Say(said) => said.len(),
                Step::Call(calls) => calls
                    .iter()
                    .map(|call| call.tool.len().saturating_add(call.arguments.len()))
                    .fold(0, usize::saturating_add),
                Step::Done => 0,
            };
            Ok(Stepped { step, usage: Usage { read: tokens(read), written: tokens(written) } })
        })
    }
}

/// The transcript's end decides: a result is told, a request is acted on.
fn script(transcript: &Transcript) -> Step {
    match transcript.entries().last() {
        Some(Entry { trust: Trust::Bot, content: Content::Result { text, .. }, .. }) => Step::Say(text.clone()),
        Some(Entry { content: Content::Result { text, .. }, .. }) => Step::Say(format!("Here is what I found: {text}")),
        _ => request(transcript),
    }
}

fn request(transcript: &Transcript) -> Step {
    let asked =
        transcript.entries().iter().rev().find(|entry| entry.trust == Trust::Person(transcript.asker().clone()));
    let said = asked.map(text).unwrap_or_default();
    let words: Vec<&str> =
        said.split_whitespace().map(|word| word.trim_matches(|c: char| ",.!?:;`\"'".contains(c))).collect();
    let lower = said.to_lowercase();
    let at = |verb: &str| words.iter().position(|word| word.eq_ignore_ascii_case(verb));
    // What follows the verb, without the small words between.
    let after = |verb: &str| {
        let from = at(verb).map_or(words.len(), |at| at.saturating_add(1));
        let small = ["of", "the", "service", "version", "to", "for", "request", "pull", "is", "please", "with"];
        words
            .iter()
            .skip(from)
            .filter(move |word| !word.is_empty() && !small.iter().any(|small| word.eq_ignore_ascii_case(small)))
    };
    if at("restart").is_some() {
        let Some(service) = after("restart").next() else {
            return Step::Say("Which service shall I restart?".to_owned());
        };
        return call(transcript, "restart_service", json!({ "service": service }).to_string());
    }
    if at("deploy").is_some() {
        let mut rest = after("deploy");
        let (Some(service), Some(version)) = (rest.next(), rest.next()) else {
            return Step::Say(
                "Which version of which service shall I deploy? Say for instance `deploy checkout 1.4.2`.".to_owned(),
            );
        };
        return call(transcript, "deploy", json!({ "service": service, "version": version }).to_string());
    }
    if at("merge").is_some() {
        let parts: Vec<_> = after("merge").flat_map(|word| word.split('#')).filter(|part| !part.is_empty()).collect();
        let number = parts.get(1).and_then(|number| number.parse::<u64>().ok());
        let (Some(repository), Some(number)) = (parts.first(), number) else {
            return Step::Say("Which pull request shall I merge? Say for instance `merge shop/web 12`.".to_owned());
        };
        return call(transcript, "merge", json!({ "repository": repository, "number": number }).to_string());
    }
    if lower.contains("on call") || lower.contains("on-call") || lower.contains("oncall") {
        let service = after("for").next();
        return call(
            transcript,
            "on_call",
            service.map_or("{}".to_owned(), |service| json!({ "service": service }).to_string()),
        );
    }
    if at("search").is_some() {
        let query: Vec<_> = after("search").copied().collect();
        return match query.is_empty() {
            true => Step::Say("What shall I look for?".to_owned()),
            false => call(transcript, "search_thread", json!({ "query": query.join(" ") }).to_string()),
        };
    }
    match after("status").next() {
        Some(service) => call(transcript, "service_status", json!({ "service": service }).to_string()),
        None => Step::Say(HELP.to_owned()),
    }
}

/// A call whose id is its place in the transcript.
fn call(transcript: &Transcript, tool: &str, arguments: String) -> Step {
    let id = format!("call-{}", transcript.entries().len());
    Step::Call(vec![Call { id, tool: tool.to_owned(), arguments }])
}

fn text(entry: &Entry) -> &str {
    match &entry.content {
        Content::Text(text) | Content::Result { text, .. } => text,
        Content::Call(call) => &call.arguments,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::who::{Person, PlatformName};

    fn asked(text: &str) -> Step {
        let ada = Person { platform: PlatformName::Slack, tenant: "T1".to_owned(), user: "U1".to_owned() };
        script(&Transcript::new(ada.clone()).with([Entry::person(ada, text)]))
    }

    #[test]
    fn requests_become_calls() {
        for (text, tool, arguments) in [
            ("what is the status of checkout?", "service_status", r#"{"service":"checkout"}"#),
            ("status checkout", "service_status", r#"{"service":"checkout"}"#),
            ("who is on call?", "on_call", "{}"),
            ("who is on-call for checkout", "on_call", r#"{"service":"checkout"}"#),
            ("search for card timeout", "search_thread", r#"{"query":"card timeout"}"#),
            ("please restart the checkout service.", "restart_service", r#"{"service":"checkout"}"#),
            ("Deploy version 1.4.2", "", ""),
            ("deploy checkout 1.4.2", "deploy", r#"{"service":"checkout","version":"1.4.2"}"#),
            ("merge shop/web#12", "merge", r#"{"number":12,"repository":"shop/web"}"#),
            ("merge pull request shop/web 12", "merge", r#"{"number":12,"repository":"shop/web"}"#),
            ("hello", "", ""),
            ("merge", "", ""),
        ] {
            match asked(text) {
                Step::Call(calls) => {
                    assert_eq!((calls.len(), &*calls[0].tool, &*calls[0].arguments), (1, tool, arguments), "{text}");
                }
                step => assert!(matches!(step, Step::Say(_)) && tool.is_empty(), "{text}: {step:?}"),
            }
        }
    }
}
