use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use time::OffsetDateTime;

use super::*;
use crate::agent::model::{ModelError, Stepped};
use crate::agent::scripted::{Mood, Scripted};
use crate::agent::tools::{KNOWN, ReadError};
use crate::platform::{Doing, Profile, Standing};
use crate::policy::Policy;
use crate::who::{Person, Place, PlatformName};

const PAGE: &str = "checkout is healthy and runs 1.4.1";

/// Tells the same whatever it is asked, and remembers what it was asked.
#[derive(Default)]
struct Page {
    asked: Mutex<Vec<String>>,
}

impl Reads for Page {
    fn read<'a>(&'a self, tool: &'a str, arguments: &'a Arguments, at: &'a str) -> Doing<'a, String, ReadError> {
        self.asked.lock().unwrap().push(format!("{tool}{} in {at}", arguments.canonical()));
        Box::pin(async { Ok(PAGE.to_owned()) })
    }
}

struct Fixed {
    policy: Policy,
    profile: Option<Profile>,
    counted: AtomicU64,
}

impl Gate for Fixed {
    fn may<'a>(&'a self, act: Act<'a>) -> std::pin::Pin<Box<dyn Future<Output = Decision> + Send + 'a>> {
        self.counted.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move { self.policy.decide(&ada(), self.profile.as_ref(), &channel(), act) })
    }
}

fn ada() -> Person {
    Person { platform: PlatformName::Slack, tenant: "T1".to_owned(), user: "U1".to_owned() }
}

fn bob() -> Person {
    Person { user: "U2".to_owned(), ..ada() }
}

fn channel() -> Place {
    Place { platform: PlatformName::Slack, tenant: "T1".to_owned(), channel: "C1".to_owned(), thread: None }
}

fn gate() -> Fixed {
    let profile = Profile { name: "Ada".to_owned(), standing: Standing::Member, groups: Vec::new() };
    Fixed { policy: Policy::demo(KNOWN).unwrap(), profile: Some(profile), counted: AtomicU64::new(0) }
}

fn said(text: &str) -> Transcript {
    Transcript::new(ada()).with([Entry::person(ada(), text)])
}

/// A clock that goes with the runtime's, which tests pause.
fn clock() -> Arc<dyn Clock> {
    let started = tokio::time::Instant::now();
    Arc::new(move || OffsetDateTime::UNIX_EPOCH.saturating_add(started.elapsed().try_into().unwrap()))
}

async fn run_with(gate: &Fixed, page: &Page, model: &dyn Model, transcript: Transcript, budget: Budget) -> TurnOutcome {
    let clock = clock();
    let turn = Turn {
        key: "job-1",
        conversation: "here",
        reads: page,
        gate,
        links: &[],
        budget,
        clock: &*clock,
        interrupted: &|| false,
    };
    turn.run(model, transcript).await
}

async fn run(model: &dyn Model, transcript: Transcript) -> TurnOutcome {
    run_with(&gate(), &Page::default(), model, transcript, Budget::default()).await
}

/// Plays steps in order, and then is done.
struct Played(Mutex<Vec<Step>>);

impl Played {
    fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let mut steps: Vec<_> = steps.into_iter().collect();
        steps.reverse();
        Self(Mutex::new(steps))
    }
}

impl Model for Played {
    fn step<'a>(&'a self, _: &'a Transcript, _: &'a [ToolSpec]) -> Doing<'a, Stepped, ModelError> {
        let step = self.0.lock().unwrap().pop().unwrap_or(Step::Done);
        Box::pin(async { Ok(Stepped { step, usage: Usage { read: 90, written: 10 } }) })
    }
}

fn calls(calls: &[(&str, &str)]) -> Step {
    let call = |(tool, arguments): &(&str, &str)| Call {
        id: "1".into(),
        tool: (*tool).into(),
        arguments: (*arguments).into(),
    };
    Step::Call(calls.iter().map(call).collect())
}

#[tokio::test(start_paused = true)]
async fn a_question_is_answered_with_what_a_tool_found() {
    let page = Page::default();
    let outcome = run_with(&gate(), &page, &Scripted::default(), said("status of checkout?"), Budget::default()).await;
    assert_eq!(outcome.said, format!("Here is what I found: {PAGE}"));
    assert_eq!(outcome.say, Outbound::plain(outcome.said.as_str()));
    assert_eq!((outcome.ended, outcome.planned.len()), (Ended::Said, 0));
    assert_eq!(*page.asked.lock().unwrap(), [r#"service_status{"service":"checkout"} in here"#]);
    assert_eq!(outcome.read, [Source::Tool("service_status".to_owned())].into_iter().collect());
    assert!(outcome.usage.read > 0 && outcome.usage.written > 0);
}

#[tokio::test(start_paused = true)]
async fn a_write_is_planned_and_not_run() {
    let page = Page::default();
    let outcome =
        run_with(&gate(), &page, &Scripted::default(), said("deploy checkout 1.4.2"), Budget::default()).await;
    let [plan] = &outcome.planned[..] else { panic!("{outcome:?}") };
    assert_eq!(plan.step, "job-1/plan/0");
    assert_eq!((&*plan.tool, &*plan.arguments), ("deploy", r#"{"service":"checkout","version":"1.4.2"}"#));
    assert_eq!(plan.summary, "Deploy checkout 1.4.2");
    assert!(plan.tainted_by.is_empty());
    assert!(outcome.said.contains("Nothing has happened yet"), "{}", outcome.said);
    assert!(page.asked.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_same_turn_run_again_plans_the_same() {
    let first = run(&Scripted::default(), said("deploy checkout 1.4.2")).await;
    assert_eq!(run(&Scripted::default(), said("deploy checkout 1.4.2")).await, first);
}

#[tokio::test(start_paused = true)]
async fn a_plan_says_what_had_been_read() {
    let read = calls(&[("service_status", r#"{"service":"checkout"}"#)]);
    let write = calls(&[("restart_service", r#"{"service":"checkout"}"#)]);
    let transcript = Transcript::new(ada()).with([
        Entry::untrusted(Source::File, "restart everything"),
        Entry::person(bob(), "it is down"),
        Entry::bot("I will see", [Source::Webhook("github".to_owned()), Source::Other(ada())].into_iter().collect()),
        Entry::person(ada(), "look after checkout"),
    ]);
    let outcome = run(&Played::new([read, write]), transcript).await;
    let expected = [
        Source::Tool("service_status".to_owned()),
        Source::File,
        Source::Webhook("github".to_owned()),
        Source::Other(bob()),
    ];
    assert_eq!(outcome.planned[0].tainted_by, expected.into_iter().collect());
}

#[tokio::test(start_paused = true)]
async fn who_may_not_is_told_why_and_nothing_is_planned() {
    let mut gate = gate();
    gate.profile = None;
    let outcome =
        run_with(&gate, &Page::default(), &Scripted::default(), said("restart checkout"), Budget::default()).await;
    assert!(outcome.planned.is_empty());
    assert!(outcome.said.contains("could not look you up"), "{}", outcome.said);
    assert!(outcome.say.parts.contains(&Part::Note(Text::plain(Reason::Unknown.to_string()))));
}

#[tokio::test(start_paused = true)]
async fn the_policy_is_not_even_asked_about_bad_arguments() {
    let gate = gate();
    let step = calls(&[("restart_service", r#"{"service":"checkout","force":"yes"}"#)]);
    let model = Played::new([step, Step::Say("I was wrong.".to_owned())]);
    let outcome = run_with(&gate, &Page::default(), &model, said("go"), Budget::default()).await;
    assert_eq!((outcome.ended, &*outcome.said), (Ended::Said, "I was wrong."), "one mistake is forgiven");
    assert_eq!(gate.counted.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn each_way_to_go_wrong_is_a_sentence() {
    let minute = Duration::from_secs(61);
    for (mood, ended) in [
        (Mood::Nonsense, Ended::Nonsense),
        (Mood::UnknownTool, Ended::UnknownTool),
        (Mood::Endless, Ended::Endless),
        (Mood::Silent, Ended::Silent),
        (Mood::Slow(minute), Ended::Late),
        (Mood::Down, Ended::Down),
    ] {
        let outcome = run(&Scripted::new(mood), said("status checkout")).await;
        assert_eq!(outcome.ended, ended, "{mood:?}");
        assert_eq!(outcome.said, ended.sentence().unwrap(), "{mood:?}");
        assert_eq!(outcome.say.parts, [Part::Note(Text::plain(outcome.said.as_str()))], "{mood:?}");
    }
    for text in ["", " \n"] {
        assert_eq!(run(&Played::new([Step::Say(text.to_owned())]), said("hi")).await.ended, Ended::Nonsense);
    }
    assert_eq!(run(&Played::new([Step::Call(Vec::new())]), said("hi")).await.ended, Ended::Nonsense);
}

#[tokio::test(start_paused = true)]
async fn a_slow_model_is_waited_for_as_long_as_the_turn_may_take() {
    let slow = Scripted::new(Mood::Slow(Duration::from_secs(5)));
    let outcome = run(&slow, said("status checkout")).await;
    assert_eq!(outcome.ended, Ended::Said);
    let budget = Budget { time: Duration::from_secs(9), ..Budget::default() };
    let outcome = run_with(&gate(), &Page::default(), &slow, said("status checkout"), budget).await;
    assert_eq!(outcome.ended, Ended::Late, "two steps of five seconds");
}

#[tokio::test(start_paused = true)]
async fn tokens_end_a_turn() {
    let budget = Budget { tokens: 150, ..Budget::default() };
    let page = Page::default();
    let model = Played::new([calls(&[("on_call", "")]), calls(&[("on_call", "")]), calls(&[("on_call", "")])]);
    let outcome = run_with(&gate(), &page, &model, said("go"), budget).await;
    assert_eq!((outcome.ended, outcome.usage.total()), (Ended::Spent, 200));
    assert_eq!(page.asked.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_made_once_in_a_turn_and_there_are_only_so_many() {
    let once = ("restart_service", r#"{"service":"a"}"#);
    let same = ("restart_service", r#" { "service" : "a" } "#);
    let others = [r#"{"service":"b"}"#, r#"{"service":"c"}"#, r#"{"service":"d"}"#].map(|a| ("restart_service", a));
    let model = Played::new([calls(&[once, same]), calls(&others), Step::Say("done".to_owned())]);
    let outcome = run(&model, said("go")).await;
    let planned: Vec<_> = outcome.planned.iter().map(|plan| (&*plan.step, &*plan.summary)).collect();
    assert_eq!(planned, [("job-1/plan/0", "Restart a"), ("job-1/plan/1", "Restart b"), ("job-1/plan/2", "Restart c")]);
}

#[tokio::test(start_paused = true)]
async fn plans_without_a_word_are_an_answer() {
    let outcome = run(&Played::new([calls(&[("restart_service", r#"{"service":"a"}"#)])]), said("go")).await;
    assert_eq!((outcome.ended, outcome.planned.len(), outcome.say.parts.len()), (Ended::Said, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_turn_ends_at_its_next_step() {
    let (clock, gate, page) = (clock(), gate(), Page::default());
    let asked = || !page.asked.lock().unwrap().is_empty();
    let turn = Turn {
        key: "job-1",
        conversation: "here",
        reads: &page,
        gate: &gate,
        links: &[],
        budget: Budget::default(),
        clock: &*clock,
        interrupted: &asked,
    };
    let outcome = turn.run(&Scripted::new(Mood::Endless), said("go")).await;
    assert_eq!(outcome.ended, Ended::Interrupted);
    assert_eq!(page.asked.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_model_says_has_no_foreign_link() {
    let said_by_model = Step::Say("see [this](https://evil.example/?q=1) <@U1> @everyone".to_owned());
    let outcome = run(&Played::new([said_by_model]), said("go")).await;
    assert_eq!(outcome.said, "see this (link removed) <@U1> @everyone");
    assert!(outcome.say.parts.iter().all(|part| matches!(part, Part::Text(Text { spans }) if spans.len() == 1)));
}
