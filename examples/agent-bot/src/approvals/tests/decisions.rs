use super::fixture::*;
use crate::approvals::{Answer, ApprovalError, Approvals, Passcodes, PlanState, Press, Verdict};
use crate::platform::{Profile, Standing};
use crate::policy::Approvers;
use crate::state::testing::{Room, START};
use std::time::Duration;

#[tokio::test]
async fn a_plan_is_made_once_for_each_step() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        let first = desk.ask(&call("a/plan/1", rule())).await;
        assert_eq!(first.id.len(), 22);
        let mut other = call("a/plan/1", rule());
        other.arguments = r#"{"service":"billing"}"#.to_owned();
        assert_eq!(desk.ask(&other).await, first);
        assert_ne!(desk.ask(&call("a/plan/2", rule())).await.id, first.id);
        assert_eq!(desk.acts(&first.id).await, ["plan.asked"]);
    }
}

#[tokio::test]
async fn without_randomness_there_is_no_plan() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    let dry = Approvals::with_random(Passcodes::none(), outbox(), |_| false);
    let mut tx = desk.state.begin().await.unwrap();
    let error = dry.ask(&mut tx, &call("a", rule()), &person("eve"), &place()).await.unwrap_err();
    assert!(matches!(error, ApprovalError::Random));
}

#[tokio::test]
async fn first_decision_wins_and_the_other_clicker_is_told_who_and_when() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        let plan = desk.ask(&call("a", rule())).await;
        assert_eq!(desk.click(&plan.id, "ada", Verdict::Approve).await, Answer::Approved);
        room.pass(Duration::from_secs(5)).await;
        let answer = desk.click(&plan.id, "bob", Verdict::Reject).await;
        assert_eq!(answer, Answer::DecidedBefore { approved: true, by: person("ada"), at: START });
        let told = answer.to_string();
        assert!(told.contains("approved already") && told.contains("slack:T1:ada"), "{told}");
        assert_eq!(desk.plan(&plan.id).await.state, PlanState::Approved);
        assert_eq!(desk.acts(&plan.id).await, ["plan.asked", "plan.approved"]);
    }
}

#[tokio::test]
async fn one_voice_rejects() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    let plan = desk.ask(&call("a", Approvers { quorum: 2, ..rule() })).await;
    desk.click(&plan.id, "ada", Verdict::Approve).await;
    assert_eq!(desk.click(&plan.id, "bob", Verdict::Reject).await, Answer::Rejected);
    assert_eq!(desk.plan(&plan.id).await.state, PlanState::Rejected);
}

#[tokio::test]
async fn approver_authorized_is_default_deny() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    let plan = desk.ask(&call("a", rule())).await;
    let member = profile(&[]);
    let ops = profile(&["ops"]);
    let guest = Profile { standing: Standing::Guest, ..profile(&["ops"]) };
    let gone = Profile { standing: Standing::Gone, ..profile(&["ops"]) };
    let refused = [
        // A stranger, the same user id in another workspace, and who cannot be looked up.
        (person("dan"), Some(&member)),
        (of_tenant("T2", "ada"), Some(&member)),
        (of_tenant("T2", "zoe"), Some(&ops)),
        (person("ada"), None),
        (person("dan"), Some(&guest)),
        (person("ada"), Some(&gone)),
    ];
    for (number, (person, profile)) in refused.iter().enumerate() {
        for verdict in [Verdict::Approve, Verdict::Reject] {
            let job = format!("{number}/{verdict:?}");
            let press = Press {
                job: &job,
                plan: &plan.id,
                verdict,
                person,
                profile: *profile,
                passcode: None,
                place: &PLACE,
                reply: None,
            };
            let answer = desk.press(press).await;
            assert!(matches!(&answer, Answer::Refused(reason) if !reason.is_empty()), "{person}: {answer:?}");
        }
    }
    assert_eq!(desk.plan(&plan.id).await.state, PlanState::Pending);

    let dan = person("dan");
    let (job, plan) = ("ops", plan.id.as_str());
    let press = Press {
        job,
        plan,
        verdict: Verdict::Approve,
        person: &dan,
        profile: Some(&ops),
        passcode: None,
        place: &PLACE,
        reply: None,
    };
    assert_eq!(desk.press(press).await, Answer::Approved);
}

#[tokio::test]
async fn another_tenant_is_not_told_what_was_decided() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    let plan = desk.ask(&call("a", rule())).await;
    desk.click(&plan.id, "ada", Verdict::Approve).await;
    let (zoe, profile, verdict) = (of_tenant("T2", "zoe"), profile(&[]), Verdict::Approve);
    let press = Press {
        job: "z",
        plan: &plan.id,
        verdict,
        person: &zoe,
        profile: Some(&profile),
        passcode: None,
        place: &PLACE,
        reply: None,
    };
    assert!(matches!(desk.press(press).await, Answer::Refused(_)));
}

#[tokio::test]
async fn no_self_approval_but_who_asked_may_withdraw() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    let mut rule = rule();
    rule.who.push(crate::policy::Subject::User(person("eve")));
    let plan = desk.ask(&call("a", rule.clone())).await;
    let answer = desk.click(&plan.id, "eve", Verdict::Approve).await;
    assert!(matches!(&answer, Answer::Refused(reason) if reason.contains("yourself")), "{answer:?}");
    assert_eq!(desk.click(&plan.id, "eve", Verdict::Reject).await, Answer::Rejected);

    let plan = desk.ask(&call("b", Approvers { self_approval: true, ..rule })).await;
    assert_eq!(desk.click(&plan.id, "eve", Verdict::Approve).await, Answer::Approved);
}

#[tokio::test]
async fn a_quorum_counts_different_people() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        let plan = desk.ask(&call("a", Approvers { quorum: 2, ..rule() })).await;
        assert_eq!(desk.click(&plan.id, "ada", Verdict::Approve).await, Answer::Counted { have: 1, need: 2 });
        assert_eq!(desk.click(&plan.id, "ada", Verdict::Approve).await, Answer::CountedBefore { have: 1, need: 2 });
        assert_eq!(desk.plan(&plan.id).await.state, PlanState::Pending);
        assert_eq!(desk.click(&plan.id, "bob", Verdict::Approve).await, Answer::Approved);
        assert_eq!(desk.plan(&plan.id).await.decided.unwrap().by, person("bob"));
    }
}

#[tokio::test]
async fn the_same_job_is_answered_the_same() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        let plan = desk.ask(&call("a", rule())).await;
        let (ada, profile, verdict) = (person("ada"), profile(&[]), Verdict::Approve);
        let press = Press {
            job: "j",
            plan: &plan.id,
            verdict,
            person: &ada,
            profile: Some(&profile),
            passcode: None,
            place: &PLACE,
            reply: None,
        };
        assert_eq!(desk.press(press).await, Answer::Approved);
        // RestartSafe: the process that answered is gone.
        let again = Desk::open(&room).await;
        assert_eq!(again.press(press).await, Answer::Approved);
        assert_eq!(again.acts(&plan.id).await, ["plan.asked", "plan.approved"]);
    }
}

#[tokio::test]
async fn a_click_after_the_expiry_is_told_and_decides_nothing() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        let plan = desk.ask(&call("a", rule())).await;
        room.pass(WITHIN).await;
        let answer = desk.click(&plan.id, "ada", Verdict::Approve).await;
        assert!(matches!(answer, Answer::Expired { .. }), "{answer:?}");
        assert_eq!(desk.plan(&plan.id).await.state, PlanState::Expired);
        assert!(matches!(desk.click(&plan.id, "bob", Verdict::Reject).await, Answer::Expired { .. }));
        assert_eq!(desk.acts(&plan.id).await, ["plan.asked", "plan.expired"]);
    }
}

#[tokio::test]
async fn the_last_moment_counts() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    let plan = desk.ask(&call("a", rule())).await;
    room.pass(WITHIN - Duration::from_micros(1)).await;
    assert_eq!(desk.click(&plan.id, "ada", Verdict::Approve).await, Answer::Approved);
}

#[tokio::test]
async fn the_sweep_expires_what_nobody_decided() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        let (first, second) = (desk.ask(&call("a", rule())).await, desk.ask(&call("b", rule())).await);
        desk.click(&second.id, "ada", Verdict::Reject).await;
        assert_eq!(desk.expire_all().await, []);
        room.pass(WITHIN).await;
        let expired = desk.expire_all().await;
        assert_eq!(expired.iter().map(|plan| &plan.id).collect::<Vec<_>>(), [&first.id]);
        assert_eq!(expired[0].state, PlanState::Expired);
        assert_eq!(desk.plan(&second.id).await.state, PlanState::Rejected);
    }
}

#[tokio::test]
async fn a_click_on_a_plan_that_is_gone_is_answered() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        let plan = desk.ask(&call("a", rule())).await;
        let mut tx = desk.state.begin().await.unwrap();
        tx.query("DELETE FROM bot_plans").run().await.unwrap();
        tx.commit().await.unwrap();
        for id in [plan.id.as_str(), "", "' OR 1=1 --"] {
            assert_eq!(desk.click(id, "ada", Verdict::Approve).await, Answer::Unknown);
        }
    }
}

#[tokio::test]
async fn answers_are_forgotten_when_they_are_old() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        let plan = desk.ask(&call("a", rule())).await;
        desk.click(&plan.id, "ada", Verdict::Approve).await;
        room.pass(WITHIN).await;
        desk.click(&plan.id, "bob", Verdict::Approve).await;
        let mut tx = desk.state.begin().await.unwrap();
        assert_eq!(desk.approvals.forget(&mut tx, WITHIN / 2).await.unwrap(), 1);
    }
}
