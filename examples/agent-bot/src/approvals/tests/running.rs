use std::time::Duration;

use super::fixture::*;
use crate::approvals::{ApprovalError, NoPermit, Outcome, Permit, PlanState, Verdict};
use crate::state::testing::Room;

/// A plan that Ada approved.
async fn approved(desk: &Desk) -> String {
    desk.count_effects().await;
    let plan = desk.ask(&call("a", rule())).await;
    desk.click(&plan.id, "ada", Verdict::Approve).await;
    plan.id
}

#[tokio::test]
async fn an_approved_plan_runs_once() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        let id = approved(&desk).await;
        let permit = desk.begin(&id).await.unwrap();
        assert_eq!((permit.plan(), permit.tool()), (id.as_str(), "restart_service"));
        assert!(permit.binds("restart_service", r#"{"service":"checkout"}"#));
        assert_eq!(desk.begin(&id).await.unwrap_err(), NoPermit::Busy);
        let plan = desk.effect(permit).await.unwrap();
        assert_eq!((plan.state, plan.outcome.as_deref()), (PlanState::Done, Some("restarted")));
        assert!(matches!(desk.begin(&id).await, Err(NoPermit::Over(plan)) if plan.state == PlanState::Done));
        assert_eq!(desk.effects(&id).await, 1);
        assert_eq!(desk.acts(&id).await, ["plan.asked", "plan.approved", "plan.running", "plan.done"]);
    }
}

#[tokio::test]
async fn what_nobody_approved_gives_no_permit() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    assert_eq!(desk.begin("none").await.unwrap_err(), NoPermit::Unknown);
    let plan = desk.ask(&call("a", rule())).await;
    assert_eq!(desk.begin(&plan.id).await.unwrap_err(), NoPermit::Pending);
    desk.click(&plan.id, "ada", Verdict::Reject).await;
    assert!(matches!(desk.begin(&plan.id).await, Err(NoPermit::Over(_))));
}

#[tokio::test]
async fn no_exec_after_expiry() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        let id = approved(&desk).await;
        room.pass(WITHIN).await;
        assert!(matches!(desk.begin(&id).await, Err(NoPermit::Over(plan)) if plan.state == PlanState::Expired));
        assert_eq!(desk.plan(&id).await.state, PlanState::Expired);
    }
}

#[tokio::test]
async fn a_dead_executors_plan_is_resumed_with_a_higher_fence() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        let id = approved(&desk).await;
        let dead = desk.begin(&id).await.unwrap();
        let mut tx = desk.state.read().await.unwrap();
        assert_eq!(desk.approvals.unfinished(&mut tx, 10).await.unwrap(), [""; 0]);
        drop(tx);
        room.pass(LEASE).await;
        let mut tx = desk.state.read().await.unwrap();
        assert_eq!(desk.approvals.unfinished(&mut tx, 10).await.unwrap(), [id.as_str()]);
        drop(tx);

        let desk = Desk::open(&room).await;
        let permit = desk.begin(&id).await.unwrap();
        assert!(permit.fence() > dead.fence());
        // A stale fence writes nothing, whichever comes first.
        assert!(matches!(desk.effect(dead).await, Err(ApprovalError::Lost)));
        assert_eq!(desk.effects(&id).await, 0);
        desk.effect(permit).await.unwrap();
        assert_eq!(desk.effects(&id).await, 1);
    }
}

#[tokio::test]
async fn a_paused_executor_cannot_finish_what_another_one_did() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    let id = approved(&desk).await;
    let paused = desk.begin(&id).await.unwrap();
    room.pass(LEASE).await;
    let permit = desk.begin(&id).await.unwrap();
    desk.effect(permit).await.unwrap();
    assert!(matches!(desk.effect(paused).await, Err(ApprovalError::Lost)));
    assert_eq!(desk.effects(&id).await, 1);
}

#[tokio::test]
async fn begun_in_time_may_end_after_the_expiry() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    let id = approved(&desk).await;
    let permit = desk.begin(&id).await.unwrap();
    room.pass(WITHIN).await;
    assert_eq!(desk.expire_all().await, []);
    desk.effect(permit).await.unwrap();
}

#[tokio::test]
async fn a_plan_that_kills_its_executors_is_given_up() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    let id = approved(&desk).await;
    for _ in 0..5 {
        drop(desk.begin(&id).await.unwrap());
        room.pass(LEASE).await;
    }
    assert!(matches!(desk.begin(&id).await, Err(NoPermit::Over(plan)) if plan.state == PlanState::Failed));
    assert!(desk.plan(&id).await.outcome.unwrap().contains("never ended"));
}

/// Somebody with the database's password writes another call into every plan.
async fn swap_arguments(desk: &Desk) {
    let mut tx = desk.state.begin().await.unwrap();
    tx.query("UPDATE bot_plans SET arguments = '{\"service\":\"billing\"}'").run().await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn args_bound_a_row_that_was_changed_after_the_approval_has_failed_and_gives_no_permit() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        let id = approved(&desk).await;
        swap_arguments(&desk).await;
        let NoPermit::Over(plan) = desk.begin(&id).await.unwrap_err() else { panic!("it waits") };
        assert_eq!(plan.state, PlanState::Failed);
        assert!(plan.outcome.unwrap().contains("changed after"));
        assert_eq!(desk.effects(&id).await, 0);
        assert_eq!(desk.acts(&id).await, ["plan.asked", "plan.approved", "plan.failed"]);
    }
}

#[tokio::test]
async fn args_bound_a_row_that_was_changed_while_it_ran_has_failed_and_its_card_says_so() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        let id = approved(&desk).await;
        let permit = desk.begin(&id).await.unwrap();
        swap_arguments(&desk).await;
        assert!(matches!(desk.effect(permit).await, Err(ApprovalError::Lost)));
        room.pass(LEASE).await;
        assert!(matches!(desk.begin(&id).await, Err(NoPermit::Over(plan)) if plan.state == PlanState::Failed));
        let mut tx = desk.state.read().await.unwrap();
        assert_eq!(desk.approvals.unfinished(&mut tx, 10).await.unwrap(), [""; 0]);
        let sql = "SELECT message FROM bot_outbox WHERE step = 'a/card/failed' AND edit_of = 'a/card'";
        let face = tx.query(sql).row().await.unwrap().unwrap().text("message").unwrap();
        assert!(face.contains("It failed: ") && face.contains("changed after"), "{face}");
        drop(tx);
        assert_eq!(desk.effects(&id).await, 0);
        assert_eq!(desk.acts(&id).await, ["plan.asked", "plan.approved", "plan.running", "plan.failed"]);
    }
}

#[tokio::test]
async fn args_bound_a_permit_does_not_fit_another_call() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    let id = approved(&desk).await;
    let permit = desk.begin(&id).await.unwrap();
    assert!(!permit.binds("restart_service", r#"{"service":"billing"}"#));
    assert!(!permit.binds("deploy", r#"{"service":"checkout"}"#));
    let swapped = Permit { arguments: r#"{"service":"billing"}"#.to_owned(), ..permit };
    assert!(matches!(desk.effect(swapped).await, Err(ApprovalError::Lost)));
    assert_eq!(desk.effects(&id).await, 0);
}

#[tokio::test]
async fn a_failure_is_an_end_and_its_text_is_bounded() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    let id = approved(&desk).await;
    let permit = desk.begin(&id).await.unwrap();
    let mut tx = desk.state.begin().await.unwrap();
    let outcome = Outcome::Failed(format!("no\u{202e} such service{}", "!".repeat(10_000)));
    let plan = desk.approvals.finish(&mut tx, permit, &outcome).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(plan.state, PlanState::Failed);
    let told = plan.outcome.unwrap();
    assert!(told.starts_with("no such service!") && told.chars().count() <= 500, "{told}");
}

#[tokio::test]
async fn the_effect_goes_when_its_transaction_does() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    let id = approved(&desk).await;
    let permit = desk.begin(&id).await.unwrap();
    let mut tx = desk.state.begin().await.unwrap();
    tx.query("INSERT INTO counted_effects (plan) VALUES ($1)").bind(&id).run().await.unwrap();
    desk.approvals.finish(&mut tx, permit, &Outcome::Done(String::new())).await.unwrap();
    // Killed before the commit.
    drop(tx);
    assert_eq!((desk.effects(&id).await, desk.plan(&id).await.state), (0, PlanState::Running));
    room.pass(LEASE + Duration::from_secs(1)).await;
    let permit = desk.begin(&id).await.unwrap();
    desk.effect(permit).await.unwrap();
    assert_eq!(desk.effects(&id).await, 1);
}
