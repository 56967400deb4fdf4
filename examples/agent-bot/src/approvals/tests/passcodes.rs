use std::time::Duration;

use super::fixture::*;
use crate::approvals::{Answer, PasscodeError, Passcodes, Plan, PlanState, Press, Verdict};
use crate::config::Secret;
use crate::policy::Approvers;
use crate::state::testing::Room;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn guard() -> Approvers {
    Approvers { second_factor: true, ..rule() }
}

async fn guarded(desk: &Desk) -> Plan {
    desk.ask(&call("a", guard())).await
}

async fn types(desk: &Desk, job: &str, plan: &Plan, who: &str, passcode: Option<&str>) -> Answer {
    let (person, profile, verdict) = (person(who), profile(&[]), Verdict::Approve);
    let (plan, profile, place) = (plan.id.as_str(), Some(&profile), &PLACE);
    desk.press(Press { job, plan, verdict, person: &person, profile, passcode, place, reply: None }).await
}

#[tokio::test]
async fn a_click_is_not_enough_where_a_passcode_is_asked_for() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        let plan = guarded(&desk).await;
        assert_eq!(types(&desk, "1", &plan, "ada", None).await, Answer::NeedsPasscode);
        assert_eq!(desk.plan(&plan.id).await.state, PlanState::Pending);
        assert_eq!(types(&desk, "2", &plan, "ada", Some("1234")).await, Answer::Approved);
    }
}

#[tokio::test]
async fn five_wrong_ones_lock_a_person_out_and_nobody_else() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        let plan = guarded(&desk).await;
        for left in (1..5).rev() {
            let answer = types(&desk, &left.to_string(), &plan, "ada", Some("0000")).await;
            assert_eq!(answer, Answer::WrongPasscode { left });
        }
        assert_eq!(types(&desk, "last", &plan, "ada", Some("0000")).await, Answer::LockedOut);
        // Right, and too late; after a restart too.
        let desk = Desk::open(&room).await;
        assert_eq!(types(&desk, "right", &plan, "ada", Some("1234")).await, Answer::LockedOut);
        assert_eq!(types(&desk, "bob", &plan, "bob", Some("0000")).await, Answer::WrongPasscode { left: 4 });
        assert_eq!(desk.plan(&plan.id).await.state, PlanState::Pending);
        let acts = desk.acts(&plan.id).await;
        assert_eq!(acts.iter().filter(|act| *act == "plan.wrong_passcode").count(), 6);
    }
}

#[tokio::test]
async fn wrong_ones_for_plan_after_plan_lock_a_person_out_of_all_of_them_for_a_day() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        for number in 0..15 {
            let plan = desk.ask(&call(&number.to_string(), guard())).await;
            let answer = types(&desk, &format!("wrong {number}"), &plan, "ada", Some("0000")).await;
            assert_eq!(answer.to_string().contains("until"), number == 14, "{answer:?}");
        }
        // Right, and too late: for a new plan, and without being asked for it, and after a restart.
        let desk = Desk::open(&room).await;
        let plan = desk.ask(&call("another", guard())).await;
        for (job, passcode) in [("press", None), ("right", Some("1234"))] {
            let answer = types(&desk, job, &plan, "ada", passcode).await;
            assert!(!answer.decided() && answer.to_string().contains("until"), "{job}: {answer:?}");
        }
        assert_eq!(desk.plan(&plan.id).await.state, PlanState::Pending);
        assert_eq!(types(&desk, "bob", &plan, "bob", Some("0000")).await, Answer::WrongPasscode { left: 4 });
        assert_eq!(desk.click(&plan.id, "ada", Verdict::Reject).await, Answer::Rejected, "the safe direction");
        room.pass(DAY).await;
        let plan = desk.ask(&call("tomorrow", guard())).await;
        assert_eq!(types(&desk, "tomorrow", &plan, "ada", Some("1234")).await, Answer::Approved);
    }
}

#[tokio::test]
async fn what_was_typed_wrongly_is_told_in_the_audit_and_forgotten_elsewhere() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        let plan = guarded(&desk).await;
        types(&desk, "1", &plan, "ada", Some("0000")).await;
        types(&desk, "2", &plan, "ada", Some("0000")).await;
        let mut tx = desk.state.read().await.unwrap();
        let sql = "SELECT detail FROM bot_audit WHERE act = 'plan.wrong_passcode' ORDER BY number";
        let rows = tx.query(sql).rows().await.unwrap();
        let told: Vec<_> = rows.iter().map(|row| row.text("detail").unwrap()).collect();
        assert_eq!(told, ["1 of 5 for this, 1 of 15 in a day", "2 of 5 for this, 2 of 15 in a day"]);
        drop(tx);
        for (time, left) in [(WITHIN, 1), (DAY, 0)] {
            room.pass(time).await;
            desk.expire_all().await;
            let mut tx = desk.state.begin().await.unwrap();
            desk.approvals.forget(&mut tx, DAY).await.unwrap();
            let sql = "SELECT (SELECT count(*) FROM bot_passcode_tries) AS tries, (SELECT count(*) FROM bot_passcode_days) AS days";
            let row = tx.query(sql).row().await.unwrap().unwrap();
            assert_eq!((row.number("tries").unwrap(), row.number("days").unwrap()), (0, left));
            tx.commit().await.unwrap();
        }
    }
}

#[tokio::test]
async fn the_same_wrong_click_worked_on_again_is_one_try() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    let plan = guarded(&desk).await;
    for _ in 0..10 {
        assert_eq!(types(&desk, "1", &plan, "ada", Some("0000")).await, Answer::WrongPasscode { left: 4 });
    }
}

#[tokio::test]
async fn another_persons_passcode_is_wrong_and_without_one_nobody_approves() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    let plan = guarded(&desk).await;
    for (job, passcode) in [("1", "1234"), ("2", "")] {
        let answer = types(&desk, job, &plan, "bob", Some(passcode)).await;
        assert!(matches!(answer, Answer::WrongPasscode { .. }), "{answer:?}");
    }
    let answer = types(&desk, "3", &plan, "dan", Some("1234")).await;
    assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
}

#[tokio::test]
async fn rejecting_takes_no_passcode() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    let plan = guarded(&desk).await;
    assert_eq!(desk.click(&plan.id, "ada", Verdict::Reject).await, Answer::Rejected);
}

#[tokio::test]
async fn a_form_that_came_too_late_is_told_once() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        let plan = guarded(&desk).await;
        let (ada, member) = (person("ada"), profile(&[]));
        let press = Press {
            job: "j",
            plan: &plan.id,
            verdict: Verdict::Approve,
            person: &ada,
            profile: Some(&member),
            passcode: None,
            place: &PLACE,
            reply: None,
        };
        assert_eq!(desk.press(press).await, Answer::NeedsPasscode);
        for _ in 0..2 {
            let mut tx = desk.state.begin().await.unwrap();
            desk.approvals.too_late(&mut tx, press).await.unwrap();
            tx.commit().await.unwrap();
        }
        let mut tx = desk.state.read().await.unwrap();
        let rows =
            tx.query("SELECT step, message FROM bot_outbox WHERE edit_of IS NULL ORDER BY seq").rows().await.unwrap();
        let steps: Vec<_> = rows.iter().map(|row| row.text("step").unwrap()).collect();
        assert_eq!(steps, ["a/card", "j/late"]);
        assert!(rows[1].text("message").unwrap().contains("press Approve again"));
    }
}

#[tokio::test]
async fn no_passcode_is_written_down() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    let plan = guarded(&desk).await;
    types(&desk, "1", &plan, "ada", Some("passcode-of-hers")).await;
    let crate::config::Database::Sqlite(file) = &room.database else { panic!("a file") };
    for name in [file.clone(), file.with_extension("db-wal")] {
        let bytes = std::fs::read(&name).unwrap();
        assert!(!bytes.windows(16).any(|window| window == b"passcode-of-hers"), "{name:?}");
    }
}

#[test]
fn a_tag_is_of_one_person_and_one_key() {
    let (key, other) = (Secret::new(KEY), Secret::new("another key of at least 32 bytes."));
    let tag = Passcodes::tag(&key, &person("ada"), "1234");
    assert_eq!(tag, Passcodes::tag(&key, &person("ada"), "1234"));
    assert_eq!(tag.len(), 64);
    for another in [
        Passcodes::tag(&key, &person("bob"), "1234"),
        Passcodes::tag(&key, &of_tenant("T2", "ada"), "1234"),
        Passcodes::tag(&key, &person("ada"), "1235"),
        Passcodes::tag(&key, &person("ada1"), "234"),
        Passcodes::tag(&other, &person("ada"), "1234"),
    ] {
        assert_ne!(tag, another);
    }
}

#[test]
fn a_short_key_and_what_is_no_tag_are_refused_without_being_shown() {
    let tagged = |tag: &str| [(person("ada"), tag.to_owned())];
    let tag = Passcodes::tag(&Secret::new(KEY), &person("ada"), "1234");
    assert_eq!(Passcodes::new(Secret::new("short"), tagged(&tag)).unwrap_err(), PasscodeError::Key);
    for bad in ["", "1234", &tag[1..], &format!("{tag}0"), &"é".repeat(32)] {
        assert_eq!(Passcodes::new(Secret::new(KEY), tagged(bad)).unwrap_err(), PasscodeError::Tag, "{bad}");
    }
    let passcodes = Passcodes::new(Secret::new(KEY), tagged(&tag)).unwrap();
    let told = format!("{passcodes:?}");
    assert!(!told.contains(KEY) && !told.contains(&tag), "{told}");
}
