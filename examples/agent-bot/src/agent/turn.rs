//! One turn: a model reads with tools until it has something to say, and what it wants changed is written down.
//!
//! 1. Arguments are checked, then the policy is asked, then a read is run. A write is never run here: it becomes a
//!    [`PlannedCall`], and nothing in this room could do more.
//! 2. What a tool gives back is untrusted, and a plan says what the model had read by then.
//! 3. A plan's step is the job's key and a number: a turn that is run again after a crash plans the same under the same
//!    step, and whoever keeps plans keeps one of them.
//! 4. What is said has no buttons and no mentions, and links to allowed hosts only.
//! 5. Every way to end is a sentence for the person who asked.

use std::fmt;
use std::time::Duration;

use imchat_verify::Clock;

use super::budget::Budget;
use super::ended::Ended;
use super::model::{Model, Step, Usage};
use super::plan::PlannedCall;
use super::taint::{Source, Taint, Trust};
use super::tools::{Effect, Reads, TOOLS, ToolSpec, named};
use super::transcript::{Call, Content, Entry, Transcript};
use super::{arguments::Arguments, egress};
use crate::message::{Outbound, Part, Text};
use crate::policy::identity::Gate;
use crate::policy::{Act, Decision, Reason};

/// Characters of one tool's result that the model reads.
const RESULT: usize = 8_000;
/// Calls of one step; a model that wants more is asked again.
const CALLS: usize = 8;

/// What a turn needs beside its model and its transcript.
pub struct Turn<'a> {
    /// The job's key: see [`PlannedCall::step`].
    pub key: &'a str,
    /// The conversation that the tools may look into.
    pub conversation: &'a str,
    /// What the tools read.
    pub reads: &'a dyn Reads,
    /// Who decides what the person may.
    pub gate: &'a dyn Gate,
    /// The hosts that may be linked to.
    pub links: &'a [String],
    /// What may be used up.
    pub budget: Budget,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Whether something arrived that ends this turn at its next step.
    pub interrupted: &'a (dyn Fn() -> bool + Sync),
}

impl fmt::Debug for Turn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("key", &self.key).field("budget", &self.budget).finish_non_exhaustive()
    }
}

/// What came of a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnOutcome {
    /// What is said; without parts where the plans' cards say it all.
    pub say: Outbound,
    /// The same as text, for the session.
    pub said: String,
    /// What was read by then.
    pub read: Taint,
    /// What is put to people.
    pub planned: Vec<PlannedCall>,
    /// What it took.
    pub usage: Usage,
    /// How it ended.
    pub ended: Ended,
}

/// How far a turn has come.
struct Progress {
    transcript: Transcript,
    planned: Vec<PlannedCall>,
    denied: Vec<Reason>,
    usage: Usage,
    mistakes: u32,
}

impl Turn<'_> {
    /// Runs a turn to its end. It never fails: what goes wrong is said.
    pub async fn run(&self, model: &dyn Model, transcript: Transcript) -> TurnOutcome {
        let mut progress =
            Progress { transcript, planned: Vec::new(), denied: Vec::new(), usage: Usage::default(), mistakes: 0 };
        let started = self.clock.micros();
        let (ended, text) = self.steps(model, &mut progress, started).await;
        self.outcome(progress, ended, &text)
    }

    async fn steps(&self, model: &dyn Model, progress: &mut Progress, started: u64) -> (Ended, String) {
        let nothing = |ended| (ended, String::new());
        for _ in 0..self.budget.steps {
            if (self.interrupted)() {
                return nothing(Ended::Interrupted);
            }
            if progress.usage.total() >= self.budget.tokens {
                return nothing(Ended::Spent);
            }
            let step = model.step(&progress.transcript, TOOLS);
            let stepped = match tokio::time::timeout(self.left(started), step).await {
                Ok(Ok(stepped)) => stepped,
                Ok(Err(error)) => return nothing(error.into()),
                Err(_) => return nothing(Ended::Late),
            };
            progress.usage = progress.usage.and(stepped.usage);
            let calls = match stepped.step {
                Step::Say(text) if text.trim().is_empty() => return nothing(Ended::Nonsense),
                Step::Say(text) => return (Ended::Said, text),
                Step::Done if progress.planned.is_empty() && progress.denied.is_empty() => {
                    return nothing(Ended::Silent);
                }
                Step::Done => return nothing(Ended::Said),
                Step::Call(calls) if calls.is_empty() => return nothing(Ended::Nonsense),
                Step::Call(calls) => calls,
            };
            for call in calls.into_iter().take(CALLS) {
                match tokio::time::timeout(self.left(started), self.call(progress, call)).await {
                    Ok(None) => {}
                    Ok(Some(mistake)) => {
                        progress.mistakes = progress.mistakes.saturating_add(1);
                        if progress.mistakes > self.budget.mistakes {
                            return nothing(mistake);
                        }
                    }
                    Err(_) => return nothing(Ended::Late),
                }
            }
        }
        nothing(Ended::Endless)
    }

    fn left(&self, started: u64) -> Duration {
        let passed = Duration::from_micros(self.clock.micros().saturating_sub(started));
        self.budget.time.saturating_sub(passed)
    }

    /// Runs or plans one call. What it returns is a mistake of the model's.
    async fn call(&self, progress: &mut Progress, call: Call) -> Option<Ended> {
        let (mistake, trust, text) = match named(&call.tool) {
            None => {
                let names: Vec<_> = TOOLS.iter().map(|tool| tool.name).collect();
                let text = format!("There is no such tool. There are {}.", names.join(", "));
                (Some(Ended::UnknownTool), Trust::Bot, text)
            }
            Some(tool) => match tool.check(&call.arguments) {
                Err(error) => (Some(Ended::Nonsense), Trust::Bot, format!("Nothing was done: {error}.")),
                Ok(arguments) => {
                    let (trust, text) = self.decided(progress, tool, &arguments).await;
                    (None, trust, text)
                }
            },
        };
        let read = progress.transcript.taint();
        let result = Content::Result { id: call.id.clone(), tool: call.tool.clone(), text };
        progress.transcript.push(Entry { trust: Trust::Bot, content: Content::Call(call), read: read.clone() });
        progress.transcript.push(Entry { trust, content: result, read });
        mistake
    }

    async fn decided(&self, progress: &mut Progress, tool: &ToolSpec, arguments: &Arguments) -> (Trust, String) {
        let act = if tool.effect.is_some() { Act::Write(tool.name) } else { Act::Read(tool.name) };
        match (self.gate.may(act).await, tool.effect) {
            (Decision::Deny(reason), _) => {
                if !progress.denied.contains(&reason) {
                    progress.denied.push(reason);
                }
                (Trust::Bot, format!("Nothing was done. {reason}"))
            }
            (Decision::Allow, None) => match self.reads.read(tool.name, arguments, self.conversation).await {
                Ok(found) => {
                    let found = found.chars().take(RESULT).collect();
                    (Trust::Untrusted(Source::Tool(tool.name.to_owned())), found)
                }
                Err(error) => (Trust::Bot, format!("Nothing was found: {error}.")),
            },
            (Decision::Ask(approvers), Some(effect)) => {
                (Trust::Bot, self.plan(progress, tool, effect, arguments, approvers))
            }
            // The policy allows no write and asks nobody about a read.
            (Decision::Allow, Some(_)) | (Decision::Ask(_), None) => (Trust::Bot, "Nothing was done.".to_owned()),
        }
    }

    fn plan(
        &self,
        progress: &mut Progress,
        tool: &ToolSpec,
        effect: Effect,
        arguments: &Arguments,
        approvers: crate::policy::Approvers,
    ) -> String {
        let canonical = arguments.canonical();
        let summary = (effect.summary)(arguments);
        let number = progress.planned.len();
        if progress.planned.iter().any(|plan| plan.tool == tool.name && plan.arguments == canonical) {
            return format!("{summary}: this waits already until somebody agrees.");
        }
        if number >= self.budget.plans {
            return "Nothing was done: there are enough proposals for one message. Ask for the rest in another one."
                .to_owned();
        }
        let waits = format!("{summary}: this waits until somebody agrees. Nothing has happened yet.");
        progress.planned.push(PlannedCall {
            step: format!("{}/plan/{number}", self.key),
            tool: tool.name.to_owned(),
            arguments: canonical,
            summary,
            risk: effect.risk,
            blast_radius: (effect.blast_radius)(arguments),
            tainted_by: progress.transcript.taint(),
            approvers,
        });
        waits
    }

    fn outcome(&self, progress: Progress, ended: Ended, text: &str) -> TurnOutcome {
        let mut say = Outbound::new();
        let mut said = egress::clean(text, self.links);
        if !said.trim().is_empty() {
            say = egress::without_reach(Outbound::markdown(&said), self.links);
        }
        let mut own = |sentence: String| {
            say.parts.push(Part::Note(Text::plain(sentence.as_str())));
            said.push_str(if said.is_empty() { "" } else { "\n" });
            said.push_str(&sentence);
        };
        for reason in progress.denied.iter().map(ToString::to_string) {
            own(reason);
        }
        if let Some(sentence) = ended.sentence() {
            own(sentence.to_owned());
        }
        let Progress { transcript, planned, usage, .. } = progress;
        TurnOutcome { say, said, read: transcript.taint(), planned, usage, ended }
    }
}

#[cfg(test)]
mod tests;
