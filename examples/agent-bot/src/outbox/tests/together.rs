//! All that writes at once: people, executors and senders take their locks in one order.

use std::sync::Arc;
use std::time::Duration;

use super::fixture::*;
use crate::agent::plan::{PlannedCall, Risk};
use crate::agent::taint::Taint;
use crate::approvals::{Approvals, Passcodes, Plan, Press, Verdict};
use crate::audit;
use crate::outbox::Turn;
use crate::platform::{Profile, SendError, Standing};
use crate::policy::{Approvers, Subject};
use crate::state::testing::Room;
use crate::who::{Person, PlatformName};

const PLANS: usize = 10;

fn person(user: &str) -> Person {
    Person { platform: PlatformName::Slack, tenant: "T1".to_owned(), user: user.to_owned() }
}

fn call(number: usize) -> PlannedCall {
    let who = ["ada", "bob"].map(|user| Subject::User(person(user))).into();
    PlannedCall {
        step: format!("job-{number}"),
        tool: "restart_service".to_owned(),
        arguments: r#"{"service":"none"}"#.to_owned(),
        summary: "Restart none".to_owned(),
        risk: Risk::Low,
        blast_radius: "nobody".to_owned(),
        tainted_by: Taint::default(),
        approvers: Approvers {
            who,
            quorum: 1,
            self_approval: false,
            second_factor: false,
            within: Duration::from_secs(600),
        },
    }
}

async fn pressed(office: &Office, approvals: &Approvals, plan: &str, who: &str, verdict: Verdict) {
    let (person, job, place) = (person(who), format!("{plan}/{who}"), place("C1", "1"));
    let profile = Profile { name: who.to_owned(), standing: Standing::Member, groups: Vec::new() };
    let (job, profile, person, place) = (job.as_str(), Some(&profile), &person, &place);
    let mut tx = office.state.begin().await.unwrap();
    let press = Press { job, plan, verdict, person, profile, passcode: None, place, reply: None };
    approvals.decide(&mut tx, press).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_executors_and_senders_never_wait_for_each_other_in_a_ring() {
    for room in Room::each().await {
        let refused = SendError::Refused { code: "not_in_channel".to_owned(), remedy: "add the bot" };
        let limited = SendError::RateLimited { retry_after: Some(Duration::ZERO) };
        let answers = (0..10).flat_map(|_| [refused.clone(), limited.clone()]);
        let office = Arc::new(Office::open(&room, Stage::answering(answers)).await);
        let approvals = Approvals::new(Passcodes::none(), office.outbox.clone());
        let mut plans = Vec::new();
        for number in 0..PLANS {
            let mut tx = office.state.begin().await.unwrap();
            // In a channel each, so that there is always something to send.
            let place = place(&format!("C{number}"), "1");
            plans.push(approvals.ask(&mut tx, &call(number), &person("eve"), &place).await.unwrap().id);
            tx.commit().await.unwrap();
        }
        let mut working = Vec::new();
        for (who, verdict) in [("ada", Verdict::Approve), ("bob", Verdict::Reject)] {
            let (office, approvals, plans) = (Arc::clone(&office), approvals.clone(), plans.clone());
            working.push(tokio::spawn(async move {
                for plan in &plans {
                    pressed(&office, &approvals, plan, who, verdict).await;
                }
            }));
        }
        for _ in 0..2 {
            let (sending, executing) = (Arc::clone(&office), Arc::clone(&office));
            working.push(tokio::spawn(async move { while sending.turn().await == Turn::Did {} }));
            let (approvals, plans) = (approvals.clone(), plans.clone());
            working.push(tokio::spawn(async move {
                for plan in &plans {
                    approvals.carry_out(&executing.state, plan).await.unwrap();
                }
            }));
        }
        for one in working {
            one.await.unwrap();
        }
        office.deliver(&room).await;
        let mut tx = office.state.read().await.unwrap();
        assert!(audit::verify(&mut tx).await.unwrap().is_whole());
        for plan in &plans {
            assert!(Plan::find(&mut tx, plan).await.unwrap().unwrap().decided.is_some());
        }
    }
}
