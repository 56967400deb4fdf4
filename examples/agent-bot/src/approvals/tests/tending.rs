use std::time::Duration;

use super::fixture::*;
use crate::agent::plan::PlannedCall;
use crate::approvals::{PlanState, Verdict};
use crate::ops::{Ops, Service};
use crate::state::testing::Room;

async fn checkout(desk: &Desk) {
    let [name, health, version, on_call] = ["checkout", "degraded", "1", "Ada"].map(str::to_owned);
    let mut tx = desk.state.begin().await.unwrap();
    Ops.found(&mut tx, &Service { name, health, version, on_call, restarts: 0 }).await.unwrap();
    tx.commit().await.unwrap();
}

async fn restarts(desk: &Desk) -> i64 {
    let mut tx = desk.state.read().await.unwrap();
    Ops.service(&mut tx, "checkout").await.unwrap().unwrap().restarts
}

#[tokio::test]
async fn what_is_approved_is_carried_out_once_and_what_is_over_expires() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        checkout(&desk).await;
        let plan = desk.ask(&call("a", rule())).await;
        let waits = desk.ask(&call("b", rule())).await;
        let lost = desk.ask(&PlannedCall { arguments: r#"{"service":"none"}"#.to_owned(), ..call("c", rule()) }).await;
        assert_eq!(desk.approvals.tend(&desk.state).await.unwrap(), 0);
        desk.click(&plan.id, "ada", Verdict::Approve).await;
        desk.click(&lost.id, "ada", Verdict::Approve).await;
        assert_eq!(desk.approvals.tend(&desk.state).await.unwrap(), 2);
        assert_eq!(desk.approvals.tend(&desk.state).await.unwrap(), 0);
        assert_eq!(restarts(&desk).await, 1);
        assert!(desk.plan(&lost.id).await.outcome.unwrap().contains("no service of this name"));
        room.pass(WITHIN).await;
        assert_eq!(desk.approvals.tend(&desk.state).await.unwrap(), 1);
        let states = [&plan.id, &waits.id, &lost.id].map(|id| desk.plan(id));
        for (plan, state) in states.into_iter().zip([PlanState::Done, PlanState::Expired, PlanState::Failed]) {
            assert_eq!(plan.await.state, state);
        }
    }
}

#[tokio::test]
async fn killed_between_approval_and_effect_there_is_one_effect() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        checkout(&desk).await;
        let plan = desk.ask(&call("a", rule())).await;
        desk.click(&plan.id, "ada", Verdict::Approve).await;
        let permit = desk.begin(&plan.id).await.unwrap();
        // Killed with the effect written and not committed.
        let mut tx = desk.state.begin().await.unwrap();
        Ops.apply(&mut tx, &permit).await.unwrap();
        tx.rollback().await.unwrap();
        drop(permit);
        let desk = Desk::open(&room).await;
        assert_eq!((desk.approvals.tend(&desk.state).await.unwrap(), restarts(&desk).await), (0, 0));
        room.pass(LEASE + Duration::from_secs(1)).await;
        assert_eq!((desk.approvals.tend(&desk.state).await.unwrap(), restarts(&desk).await), (1, 1));
        assert_eq!(desk.approvals.tend(&desk.state).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_plan_that_was_changed_keeps_no_other_one_waiting() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    checkout(&desk).await;
    for step in ["a", "b"] {
        let plan = desk.ask(&call(step, rule())).await;
        desk.click(&plan.id, "ada", Verdict::Approve).await;
    }
    let mut tx = desk.state.begin().await.unwrap();
    tx.query("UPDATE bot_plans SET arguments = '{\"service\":\"x\"}' WHERE step = 'a'").run().await.unwrap();
    tx.commit().await.unwrap();
    // One has failed, the other is done, and none is left.
    assert_eq!((desk.approvals.tend(&desk.state).await.unwrap(), restarts(&desk).await), (2, 1));
    assert_eq!(desk.approvals.tend(&desk.state).await.unwrap(), 0);
}

#[tokio::test]
async fn a_plan_that_is_over_and_cannot_be_read_keeps_no_approved_one_waiting() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    checkout(&desk).await;
    desk.ask(&call("a", rule())).await;
    room.pass(WITHIN).await;
    let plan = desk.ask(&call("b", rule())).await;
    desk.click(&plan.id, "ada", Verdict::Approve).await;
    let mut tx = desk.state.begin().await.unwrap();
    tx.query("UPDATE bot_plans SET approvers = 'unreadable' WHERE step = 'a'").run().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((desk.approvals.tend(&desk.state).await.unwrap(), restarts(&desk).await), (1, 1));
}
