use std::sync::Arc;

use super::fixture::*;
use crate::approvals::{Answer, PlanState, Verdict};
use crate::policy::{Approvers, Subject};
use crate::state::testing::Room;

/// How many press at once.
const CROWD: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn approve_once_however_many_click_at_once() {
    for room in Room::each().await {
        let desk = Arc::new(Desk::open(&room).await);
        let who = (0..CROWD).map(|number| Subject::User(person(&format!("u{number}")))).collect();
        let plan = desk.ask(&call("a", Approvers { who, ..rule() })).await;
        let clicks: Vec<_> = (0..CROWD)
            .map(|number| {
                let (desk, id) = (Arc::clone(&desk), plan.id.clone());
                let verdict = if number % 2 == 0 { Verdict::Approve } else { Verdict::Reject };
                tokio::spawn(async move { desk.click(&id, &format!("u{number}"), verdict).await })
            })
            .collect();
        let mut answers = Vec::new();
        for click in clicks {
            answers.push(click.await.unwrap());
        }
        let decided = desk.plan(&plan.id).await;
        let winner = decided.decided.unwrap().by;
        let approved = decided.state == PlanState::Approved;
        assert_eq!(answers.iter().filter(|answer| answer.decided()).count(), 1);
        for answer in answers.iter().filter(|answer| !answer.decided()) {
            assert!(
                matches!(answer, Answer::DecidedBefore { approved: told, by, .. } if *told == approved && *by == winner),
                "{answer:?}"
            );
        }
        assert_eq!(desk.acts(&plan.id).await.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_click_fifty_times_at_once_is_one_voice() {
    for room in Room::each().await {
        let desk = Arc::new(Desk::open(&room).await);
        let plan = desk.ask(&call("a", Approvers { quorum: 2, ..rule() })).await;
        let clicks: Vec<_> = (0..CROWD)
            .map(|_| {
                let (desk, id) = (Arc::clone(&desk), plan.id.clone());
                tokio::spawn(async move {
                    let (ada, profile, verdict) = (person("ada"), profile(&[]), Verdict::Approve);
                    let (job, plan, profile) = ("same", id.as_str(), Some(&profile));
                    desk.press(super::super::Press {
                        job,
                        plan,
                        verdict,
                        person: &ada,
                        profile,
                        passcode: None,
                        place: &PLACE,
                        reply: None,
                    })
                    .await
                })
            })
            .collect();
        for click in clicks {
            assert_eq!(click.await.unwrap(), Answer::Counted { have: 1, need: 2 });
        }
        assert_eq!(desk.plan(&plan.id).await.state, PlanState::Pending);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_executors_gets_the_permit() {
    for room in Room::each().await {
        let desk = Arc::new(Desk::open(&room).await);
        desk.count_effects().await;
        let plan = desk.ask(&call("a", rule())).await;
        desk.click(&plan.id, "ada", Verdict::Approve).await;
        let runs: Vec<_> = (0..CROWD)
            .map(|_| {
                let (desk, id) = (Arc::clone(&desk), plan.id.clone());
                tokio::spawn(async move {
                    match desk.begin(&id).await {
                        Ok(permit) => desk.effect(permit).await.is_ok(),
                        Err(_) => false,
                    }
                })
            })
            .collect();
        let mut ran = 0;
        for run in runs {
            ran += usize::from(run.await.unwrap());
        }
        assert_eq!((ran, desk.effects(&plan.id).await), (1, 1));
    }
}
