//! The same corpus in one turn, from every source that a turn knows: web pages, files and webhooks among them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use agent_bot::agent::arguments::Arguments;
use agent_bot::agent::budget::Budget;
use agent_bot::agent::model::{Model, ModelError, Step, Stepped, Usage};
use agent_bot::agent::taint::Source;
use agent_bot::agent::tools::{KNOWN, ReadError, Reads, ToolSpec};
use agent_bot::agent::transcript::{Call, Entry, Transcript};
use agent_bot::agent::turn::{Turn, TurnOutcome};
use agent_bot::message::{Part, Span};
use agent_bot::platform::{Doing, Profile, Standing};
use agent_bot::policy::identity::Gate;
use agent_bot::policy::{Act, Decision, Policy};
use agent_bot::who::{Person, Place, PlatformName};
use time::OffsetDateTime;

use crate::injections::{Deed, corpus};

fn alice() -> Person {
    Person { platform: PlatformName::Slack, tenant: "T1".to_owned(), user: "U1".to_owned() }
}

/// Does one deed after the other.
struct Obedient(Mutex<Vec<Deed>>);

impl Model for Obedient {
    fn step<'a>(&'a self, _: &'a Transcript, _: &'a [ToolSpec]) -> Doing<'a, Stepped, ModelError> {
        let mut deeds = self.0.lock().expect("not poisoned");
        let step = match (!deeds.is_empty()).then(|| deeds.remove(0)) {
            Some(Deed::Call { tool, arguments }) => Step::Call(vec![Call { id: "1".to_owned(), tool, arguments }]),
            Some(Deed::Say { say }) => Step::Say(say),
            None => Step::Say("Done as I was told.".to_owned()),
        };
        Box::pin(async { Ok(Stepped { step, usage: Usage::default() }) })
    }
}

struct Nothing;

impl Reads for Nothing {
    fn read<'a>(&'a self, _: &'a str, _: &'a Arguments, at: &'a str) -> Doing<'a, String, ReadError> {
        assert_eq!(at, "here", "no other conversation is looked into");
        Box::pin(async { Ok("nothing".to_owned()) })
    }
}

struct Demo(Policy);

impl Gate for Demo {
    fn may<'a>(&'a self, act: Act<'a>) -> Pin<Box<dyn Future<Output = Decision> + Send + 'a>> {
        let (platform, tenant) = (PlatformName::Slack, "T1".to_owned());
        let place = Place { platform, tenant, channel: "C1".to_owned(), thread: None };
        let profile = Profile { name: "Alice".to_owned(), standing: Standing::Member, groups: Vec::new() };
        Box::pin(async move { self.0.decide(&alice(), Some(&profile), &place, act) })
    }
}

async fn turned(source: &Source, text: &str, obey: &[Deed]) -> TurnOutcome {
    let gate = Demo(Policy::demo(KNOWN).expect("a policy"));
    let turn = Turn {
        key: "job",
        conversation: "here",
        reads: &Nothing,
        gate: &gate,
        links: &[],
        budget: Budget::default(),
        clock: &OffsetDateTime::now_utc,
        interrupted: &|| false,
    };
    let entries = [Entry::untrusted(source.clone(), text), Entry::person(alice(), "is there anything new?")];
    turn.run(&Obedient(Mutex::new(obey.to_vec())), Transcript::new(alice()).with(entries)).await
}

#[tokio::test]
async fn from_wherever_a_text_comes_its_plans_name_it_and_its_words_reach_nobody() {
    let bob = Person { user: "U2".to_owned(), ..alice() };
    let sources = [
        Source::Tool("web_page".to_owned()),
        Source::Webhook("github".to_owned()),
        Source::File,
        Source::Thread,
        Source::Summary,
        Source::Other(bob),
    ];
    for injection in corpus() {
        for source in &sources {
            let what = format!("{} from {source}", injection.name);
            let outcome = turned(source, &injection.text, &injection.obey).await;
            assert_eq!(outcome.planned.len(), injection.cards, "{what}");
            for plan in &outcome.planned {
                assert!(plan.tainted_by.sources().any(|named| named == source), "{what}: {plan:?}");
            }
            assert!(outcome.read.sources().any(|named| named == source), "{what}: the session remembers it");
            for part in &outcome.say.parts {
                let (Part::Text(text) | Part::Note(text)) = part else {
                    assert!(matches!(part, Part::Code(_)), "{what}: {part:?}");
                    continue;
                };
                let reaches = |span: &Span| matches!(span, Span::Mention(_) | Span::Link { .. });
                assert!(!text.spans.iter().any(reaches), "{what}: {text:?}");
            }
        }
    }
}
