//! Generated histories of one plan: people who press, executors that work, pause and die, restarts and time, held against
//! a small model that knows nothing of tables.
#![allow(clippy::arithmetic_side_effects, reason = "a history is short, and an overflow would fail its test")]

mod model;

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use self::model::{Model, PEOPLE};
use super::fixture::*;
use crate::approvals::{Answer, ApprovalError, NoPermit, Permit, PlanState, Press, Verdict};
use crate::audit;
use crate::policy::{Approvers, Subject};
use crate::state::testing::Room;
use crate::who::Person;

/// Executors at work.
const HANDS: usize = 2;

fn who(index: usize) -> Person {
    match PEOPLE[index].split_once('/') {
        Some((tenant, user)) => of_tenant(tenant, user),
        None => person(PEOPLE[index]),
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// By one of the people; one job number is one click, however often it is worked on.
    Click {
        who: usize,
        approve: bool,
        job: u8,
    },
    /// Time passes, in seconds.
    Pass(u64),
    /// An executor asks for a permit; one that holds another forgets it, as a process that dies does.
    Begin(usize),
    /// An executor carries its permit out.
    Finish(usize),
    /// An executor tries to carry out something else with its permit.
    Swap(usize),
    /// An executor is killed with its effect not yet committed.
    Kill(usize),
    Sweep,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let lease = LEASE.as_secs();
    let (moments, leases, long) = (1..10_u64, lease - 1..=lease + 1, 200..500_u64);
    prop_oneof![
        3 => (0..PEOPLE.len(), prop::bool::weighted(0.9), 0..20_u8)
            .prop_map(|(who, approve, job)| Step::Click { who, approve, job }),
        4 => prop_oneof![2 => moments, 4 => leases, 1 => long].prop_map(Step::Pass),
        6 => (0..HANDS).prop_map(Step::Begin),
        2 => (0..HANDS).prop_map(Step::Finish),
        1 => (0..HANDS).prop_map(Step::Swap),
        1 => (0..HANDS).prop_map(Step::Kill),
        1 => Just(Step::Sweep),
        1 => Just(Step::Restart),
    ]
}

/// Most plans are soon approved, since most of what may go wrong comes after it.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let agree = |who, job| Step::Click { who, approve: true, job };
    let begin = prop_oneof![1 => Just(vec![]), 3 => Just(vec![agree(1, 100), agree(2, 101)])];
    let expiry = WITHIN.as_secs();
    let wait = prop_oneof![3 => Just(vec![]), 1 => (expiry - 1..=expiry + 1).prop_map(|wait| vec![Step::Pass(wait)])];
    (begin, wait, vec(step(), 1..30)).prop_map(|(begin, wait, rest)| [begin, wait, rest].concat())
}

fn kind(answer: &Answer) -> &'static str {
    match answer {
        Answer::Approved => "approved",
        Answer::Rejected => "rejected",
        Answer::Counted { .. } => "counted",
        Answer::CountedBefore { .. } => "counted before",
        Answer::DecidedBefore { .. } => "before",
        Answer::Expired { .. } => "expired",
        Answer::Refused(_) => "refused",
        _ => "another",
    }
}

async fn clicked(desk: &Desk, plan: &str, index: usize, approve: bool, job: u8) -> Answer {
    let (job, person, profile) = (format!("click-{job}"), who(index), profile(&[]));
    let verdict = if approve { Verdict::Approve } else { Verdict::Reject };
    let (job, profile, place) = (job.as_str(), Some(&profile), &PLACE);
    desk.press(Press { job, plan, verdict, person: &person, profile, passcode: None, place, reply: None }).await
}

async fn history(room: &Room, quorum: usize, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut desk = Desk::open(room).await;
    desk.count_effects().await;
    let mut rule = Approvers { quorum: u32::try_from(quorum).unwrap(), ..rule() };
    rule.who.push(Subject::User(person("eve")));
    let plan = desk.ask(&call("a", rule)).await;
    let mut model = Model::new(quorum);
    let mut hands: [Option<(Permit, u64)>; HANDS] = [const { None }; HANDS];
    for step in steps {
        match step {
            Step::Click { who, approve, job } => {
                let answer = clicked(&desk, &plan.id, who, approve, job).await;
                prop_assert_eq!(kind(&answer), model.click(who, approve, job));
            }
            Step::Pass(seconds) => {
                room.pass(Duration::from_secs(seconds)).await;
                model.now += seconds;
            }
            Step::Begin(hand) => match (desk.begin(&plan.id).await, model.begin()) {
                (Ok(permit), Ok(fence)) => {
                    prop_assert!(permit.binds(&plan.tool, &plan.arguments) && permit.digest() == plan.digest);
                    hands[hand] = Some((permit, fence));
                }
                (Err(NoPermit::Pending), Err("pending"))
                | (Err(NoPermit::Busy), Err("busy"))
                | (Err(NoPermit::Over(_)), Err("over")) => {}
                other => return Err(TestCaseError::fail(format!("{other:?}"))),
            },
            Step::Finish(hand) => {
                if let Some((permit, fence)) = hands[hand].take() {
                    match (desk.effect(permit).await, model.finish(fence)) {
                        (Ok(_), true) | (Err(ApprovalError::Lost), false) => {}
                        other => return Err(TestCaseError::fail(format!("{other:?}"))),
                    }
                }
            }
            Step::Swap(hand) => {
                if let Some((permit, _)) = hands[hand].take() {
                    let swapped = Permit { arguments: r#"{"service":"billing"}"#.to_owned(), ..permit };
                    prop_assert!(matches!(desk.effect(swapped).await, Err(ApprovalError::Lost)));
                }
            }
            Step::Kill(hand) => {
                if let Some((permit, _)) = hands[hand].take() {
                    let mut tx = desk.state.begin().await.unwrap();
                    let sql = "INSERT INTO counted_effects (plan, arguments) VALUES ($1, $2)";
                    tx.query(sql).bind(permit.plan()).bind(permit.arguments()).run().await.unwrap();
                    tx.rollback().await.unwrap();
                }
            }
            Step::Sweep => {
                desk.expire_all().await;
                model.sweep();
            }
            Step::Restart => {
                desk = Desk::open(room).await;
                hands = [const { None }; HANDS];
            }
        }
        prop_assert_eq!(desk.plan(&plan.id).await.state, model.state);
        prop_assert_eq!(desk.effects(&plan.id).await, model.effects);
    }
    promised(&desk, &plan.id, &model).await
}

/// What must hold of any history, whatever the model says.
async fn promised(desk: &Desk, plan: &str, model: &Model) -> Result<(), TestCaseError> {
    let effects = desk.effects(plan).await;
    prop_assert!(effects <= 1);
    let acts = desk.acts(plan).await;
    let count = |act: &str| acts.iter().filter(|known| *known == act).count();
    prop_assert!(count("plan.approved") + count("plan.rejected") <= 1);
    prop_assert_eq!(count("plan.done"), usize::try_from(effects).unwrap());
    if effects == 1 {
        let expires = WITHIN.as_secs();
        prop_assert!(model.decided_at.is_some_and(|at| at < expires) && model.begun_at.is_some_and(|at| at < expires));
        prop_assert_eq!(count("plan.approved"), 1);
        let mut tx = desk.state.read().await.unwrap();
        let ran = tx.query("SELECT arguments FROM counted_effects WHERE plan = $1").bind(plan).row().await.unwrap();
        prop_assert_eq!(ran.unwrap().text("arguments").unwrap(), r#"{"service":"checkout"}"#);
    }
    let mut tx = desk.state.read().await.unwrap();
    let voices = tx.query("SELECT person FROM bot_votes WHERE plan = $1").bind(plan).rows().await.unwrap();
    for voice in voices {
        let voice = voice.text("person").unwrap();
        prop_assert!(["slack:T1:ada", "slack:T1:bob", "slack:T1:cyd"].contains(&voice.as_str()), "{voice}");
    }
    prop_assert!(audit::verify(&mut tx).await.unwrap().is_whole());
    let faces = tx.query("SELECT state FROM bot_outbox WHERE edit_of = 'a/card' ORDER BY seq").rows().await.unwrap();
    let undecided = model.state == PlanState::Pending;
    prop_assert_eq!(faces.is_empty(), undecided);
    // All but the newest are superseded: the card ends as the plan did.
    let waiting = faces.iter().filter(|row| row.text("state").unwrap() == "waiting").count();
    prop_assert_eq!(waiting, usize::from(!undecided));
    Ok(())
}

fn histories(cases: u32, room: impl AsyncFn() -> Option<Room>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { failure_persistence: None, ..Config::with_cases(cases) };
    let strategy = (1..=2_usize, steps());
    let ran = TestRunner::new(config).run(&strategy, |(quorum, steps)| {
        runtime.block_on(async {
            match room().await {
                Some(room) => history(&room, quorum, steps).await,
                None => Ok(()),
            }
        })
    });
    ran.unwrap();
}

#[test]
fn no_history_breaks_a_promise() {
    histories(128, async || Some(Room::sqlite()));
}

#[test]
fn no_history_breaks_a_promise_in_postgresql() {
    histories(12, Room::postgres);
}
