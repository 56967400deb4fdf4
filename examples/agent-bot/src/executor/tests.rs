//! One attempt at a time: what is said, planned and counted, and what a second attempt adds.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use imchat_inbox::JobLease;
use imchat_verify::dedup::{DedupKey, Fence};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::*;
use crate::agent::scripted::{Mood, Scripted};
use crate::agent::tools::KNOWN;
use crate::approvals::Passcodes;
use crate::config::Secret;
use crate::limits::Allowances;
use crate::message::Outbound;
use crate::platform::{
    Address, Click, DecodeError, Doing, Inbound, Limits, Profile, Prompt, Rendered, SendError, Sent, Standing,
};
use crate::seal::Seal;
use crate::state::Tx;
use crate::state::testing::Room;
use crate::who::{Person, Place, PlatformName};

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Messages are `{"user", "thread", "text"}`; nothing leads out.
struct Toy;

impl Platform for Toy {
    fn name(&self) -> PlatformName {
        PlatformName::Slack
    }

    fn decode(&self, _: &str, body: &[u8]) -> Result<Decoded, DecodeError> {
        let body: Value = serde_json::from_slice(body).map_err(|_| DecodeError::Shape)?;
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let (platform, tenant) = (PlatformName::Slack, "T1".to_owned());
        let Some(user) = text("user") else { return Ok(Decoded::Ignored("nobody said it")) };
        Ok(Decoded::Message(Inbound {
            person: Person { platform, tenant: tenant.clone(), user },
            place: Place { platform, tenant, channel: "C1".to_owned(), thread: text("thread") },
            text: text("text").unwrap_or_default(),
            message: None,
            reply: None,
        }))
    }

    fn render(&self, _: &Outbound) -> Vec<Rendered> {
        Vec::new()
    }

    fn limits(&self) -> Limits {
        Limits { text: 100, message: 100, parts: 10, buttons: 5, apart: Duration::ZERO }
    }

    fn send<'a>(&'a self, _: &'a Address, _: &'a Rendered, _: &'a str) -> Doing<'a, Sent, SendError> {
        Box::pin(async { Err(SendError::Unreachable) })
    }

    fn edit<'a>(&'a self, _: &'a Sent, _: &'a Rendered) -> Doing<'a, (), SendError> {
        Box::pin(async { Err(SendError::Unreachable) })
    }

    fn ask<'a>(&'a self, _: &'a Click, _: &'a crate::message::Action, _: &'a Prompt) -> Doing<'a, (), SendError> {
        Box::pin(async { Err(SendError::Unreachable) })
    }

    fn identify<'a>(&'a self, person: &'a Person) -> Doing<'a, Profile, SendError> {
        let profile = Profile { name: person.user.clone(), standing: Standing::Member, groups: Vec::new() };
        Box::pin(async { Ok(profile) })
    }
}

/// Ends whatever it is told to, but the first so many, and shows what waits.
#[derive(Default)]
struct Ends {
    lost: AtomicI64,
    /// How often nothing is seen yet.
    unseen: AtomicI64,
    waiting: Mutex<Vec<Delivery>>,
}

impl Settle for Ends {
    fn done_in<'a>(&'a self, _: &'a mut Tx, _: &'a JobLease) -> Doing<'a, (), NotDone> {
        let lost = self.lost.fetch_sub(1, Ordering::SeqCst) > 0;
        Box::pin(async move { if lost { Err(NotDone::Lost) } else { Ok(()) } })
    }

    fn behind<'a>(&'a self, _: &'a JobLease, _: u32) -> Doing<'a, Vec<Delivery>, NotDone> {
        let unseen = self.unseen.fetch_sub(1, Ordering::SeqCst) > 0;
        let waiting = if unseen { Vec::new() } else { self.waiting.lock().expect("kept").clone() };
        Box::pin(async move { Ok(waiting) })
    }
}

struct Stage {
    executor: Executor,
    ends: Arc<Ends>,
    state: State,
    _room: Room,
}

async fn stage(policy: &str, mood: Mood) -> Stage {
    let room = Room::sqlite();
    let state = room.state().await;
    let outbox = Outbox::new(Seal::new(&Secret::new(KEY), None).expect("a key"));
    let clock: Arc<dyn Clock> = Arc::new(OffsetDateTime::now_utc);
    let ends = Arc::new(Ends::default());
    let parts = Parts {
        state: state.clone(),
        platforms: Platforms::new(vec![Arc::new(Toy)]),
        policy: Policy::parse(policy, KNOWN).expect("a policy"),
        limits: RateLimits::new(Allowances::default(), &clock, None),
        model: Arc::new(Scripted::new(mood)),
        budget: Budget::default(),
        approvals: Approvals::new(Passcodes::none(), outbox.clone()),
        outbox,
        clock,
        telemetry: Telemetry::default(),
    };
    let settle: Arc<dyn Settle> = Arc::<Ends>::clone(&ends);
    Stage { executor: Executor::new(parts, settle), ends, state, _room: room }
}

const ASK: &str = r#"ask = [{ who = ["slack:T1:*"], where = ["*"] }]"#;
const ANSWER: &str = "I can tell how a service is";

fn delivery(id: &str, body: &Value) -> Delivery {
    let key = DedupKey::from_bytes(id.as_bytes());
    Delivery::new(key, "slack", body.to_string(), OffsetDateTime::UNIX_EPOCH)
}

fn job(id: &str, body: &Value) -> Job {
    let lease = JobLease::new(1, Fence::new(1));
    Job::new(lease, delivery(id, body), 1, 12, OffsetDateTime::UNIX_EPOCH)
}

fn said(user: &str, thread: &str, text: &str) -> Value {
    json!({ "user": user, "thread": thread, "text": text })
}

impl Stage {
    async fn work(&self, id: &str, body: &Value) {
        self.executor.work(&job(id, body)).await.expect("done");
    }

    /// What is to be said, in order, with whom it is for.
    async fn outbox(&self) -> Vec<(String, Option<String>)> {
        let mut tx = self.state.read().await.expect("a transaction");
        let rows = tx.query("SELECT message, person FROM bot_outbox ORDER BY created_at, step").rows().await;
        let rows = rows.expect("rows");
        rows.iter().map(|row| (row.text("message").expect("text"), row.maybe_text("person").expect("text"))).collect()
    }

    fn counted(&self, counter: &str) -> u64 {
        self.executor.0.parts.telemetry.sum(counter)
    }
}

#[tokio::test]
async fn a_job_that_is_worked_on_again_answers_once() {
    let stage = stage(ASK, Mood::Good).await;
    for _ in 0..3 {
        stage.work("a", &said("U1", "1.1", "hello")).await;
    }
    let outbox = stage.outbox().await;
    assert!(outbox.len() == 1 && outbox[0].0.contains(ANSWER), "{outbox:?}");
    assert_eq!(stage.counted("imchat_bot_turns_total"), 1);
}

#[tokio::test]
async fn an_attempt_whose_lease_was_lost_leaves_nothing_and_the_next_one_answers() {
    let stage = stage(ASK, Mood::Good).await;
    stage.ends.lost.store(1, Ordering::SeqCst);
    let job = job("a", &said("U1", "1.1", "hello"));
    assert!(matches!(stage.executor.work(&job).await, Err(NotDone::Lost)));
    assert_eq!(stage.outbox().await, []);
    stage.work("a", &said("U1", "1.1", "hello")).await;
    assert_eq!(stage.outbox().await.len(), 1);
}

#[tokio::test]
async fn over_the_limit_one_notice_is_given_and_the_rest_is_left_out() {
    let limits = format!("{ASK}\n[limits]\nmessages = {{ user = {{ most = 2, per_secs = 3600 }} }}");
    let policy = Policy::parse(&limits, KNOWN).expect("a policy");
    let stage = stage(ASK, Mood::Good).await;
    let parts = Parts {
        limits: RateLimits::new(policy.limits(), &(Arc::new(OffsetDateTime::now_utc) as Arc<dyn Clock>), None),
        ..Arc::try_unwrap(stage.executor.0).map_err(|_| "held").expect("alone").parts
    };
    let settle: Arc<dyn Settle> = Arc::<Ends>::clone(&stage.ends);
    let stage = Stage { executor: Executor::new(parts, settle), ..stage };
    for id in ["a", "b", "c", "d", "e"] {
        stage.work(id, &said("U1", id, "hello")).await;
    }
    let outbox = stage.outbox().await;
    assert_eq!(outbox.iter().filter(|(message, _)| message.contains(ANSWER)).count(), 2);
    let notices: Vec<_> = outbox.iter().filter(|(message, _)| message.contains("more than I may answer")).collect();
    assert!(notices.len() == 1 && notices[0].1.as_ref().is_some_and(|person| person.contains("U1")), "{notices:?}");
}

#[tokio::test]
async fn who_may_not_ask_is_told_so_alone() {
    let stage = stage(r#"ask = [{ who = ["slack:T1:U9"], where = ["*"] }]"#, Mood::Good).await;
    stage.work("a", &said("U1", "1.1", "hello")).await;
    let outbox = stage.outbox().await;
    assert!(outbox.len() == 1 && outbox[0].0.contains("not on the list") && outbox[0].1.is_some(), "{outbox:?}");
    assert_eq!(stage.counted("imchat_bot_turns_total"), 0);
}

#[tokio::test]
async fn what_cannot_be_read_or_has_no_platform_is_given_up_and_what_asks_for_nothing_is_done() {
    let stage = stage(ASK, Mood::Good).await;
    stage.work("a", &json!({})).await;
    assert_eq!(stage.counted("imchat_bot_ignored_total"), 1);
    let mut bad = job("b", &json!({}));
    bad.delivery.body = "no json".into();
    let mut elsewhere = job("c", &json!({}));
    elsewhere.delivery.provider = "discord".into();
    for job in [bad, elsewhere] {
        let error = stage.executor.work(&job).await.expect_err("refused").told();
        assert!(error.is::<imchat_inbox::worker::Permanent>(), "{error}");
    }
}

#[tokio::test]
async fn a_model_that_is_down_is_told_and_the_conversation_goes_on() {
    let stage = stage(ASK, Mood::Down).await;
    stage.work("a", &said("U1", "1.1", "hello")).await;
    let outbox = stage.outbox().await;
    assert!(outbox.len() == 1 && outbox[0].0.contains("my model does not answer"), "{outbox:?}");
}

#[tokio::test]
async fn what_the_same_person_said_meanwhile_is_answered_together() {
    let merge = format!("{ASK}\n[conversations]\nmeanwhile = \"merge\"");
    let stage = stage(&merge, Mood::Good).await;
    let (own, other) = (said("U1", "1.1", "status"), said("U2", "1.1", "help me too"));
    let more = [delivery("b", &said("U1", "1.1", "hello")), delivery("c", &other)];
    *stage.ends.waiting.lock().expect("kept") = more.to_vec();
    stage.work("a", &own).await;
    stage.ends.waiting.lock().expect("kept").clear();
    stage.work("b", &said("U1", "1.1", "hello")).await;
    assert_eq!(stage.outbox().await.len(), 1, "two messages, one answer");
    stage.work("c", &other).await;
    assert_eq!(stage.outbox().await.len(), 2, "somebody else's is answered by itself");
}

#[tokio::test]
async fn what_the_same_person_says_next_interrupts_a_turn_and_both_are_answered_together() {
    let interrupt = format!("{ASK}\n[conversations]\nmeanwhile = \"interrupt\"");
    let stage = stage(&interrupt, Mood::Slow(Duration::from_millis(400))).await;
    let next = said("U1", "1.1", "hello");
    stage.ends.unseen.store(1, Ordering::SeqCst);
    *stage.ends.waiting.lock().expect("kept") = vec![delivery("b", &next)];
    stage.work("a", &said("U1", "1.1", "who is on call")).await;
    assert_eq!(stage.outbox().await, [], "the turn ended at its next step");
    stage.ends.waiting.lock().expect("kept").clear();
    stage.work("b", &next).await;
    let outbox = stage.outbox().await;
    assert!(outbox.len() == 1 && outbox[0].0.contains(ANSWER), "{outbox:?}");
    let mut tx = stage.state.read().await.expect("a transaction");
    let open = tx.query("SELECT job FROM bot_turns WHERE state <> 'over'").rows().await.expect("rows");
    assert!(open.is_empty(), "nothing is left waiting");
}

#[tokio::test]
async fn conversations_never_mix() {
    let stage = stage(ASK, Mood::Good).await;
    for number in 0..20 {
        let (user, thread) = (format!("U{}", number % 5), format!("{}.1", number % 7));
        stage.work(&format!("a{number}"), &said(&user, &thread, &format!("the word is w{number}"))).await;
    }
    let thread = "3.1";
    stage.work("z", &said("U1", thread, "search word")).await;
    let outbox = stage.outbox().await;
    let (found, _) = outbox.iter().find(|(message, _)| message.contains("Here is what I found")).expect("an answer");
    for number in 0..20 {
        assert_eq!(
            found.contains(&format!("w{number}\\n")) || found.contains(&format!("w{number}\"")),
            number % 7 == 3
        );
    }
}
