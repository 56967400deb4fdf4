use super::fixture::*;
use crate::agent::plan::{PlannedCall, Risk};
use crate::approvals::{Answer, Outcome, Plan, Press, Verdict, card, outcome_card};
use crate::message::{Button, Outbound, Part, Span};
use crate::platform::ReplyRoute;
use crate::state::testing::Room;
use crate::who::Place;

/// A row of the outbox.
#[derive(Debug)]
struct Said {
    step: String,
    edit_of: Option<String>,
    only: Option<String>,
    has_route: bool,
    place: Place,
    message: Outbound,
}

impl Said {
    fn text(&self) -> String {
        text(&self.message)
    }
}

async fn said(desk: &Desk) -> Vec<Said> {
    let mut tx = desk.state.read().await.unwrap();
    let sql = "SELECT step, edit_of, person, route, place, message FROM bot_outbox ORDER BY created_at, lane, seq";
    let rows = tx.query(sql).rows().await.unwrap();
    let of = |row: &crate::state::Row| Said {
        step: row.text("step").unwrap(),
        edit_of: row.maybe_text("edit_of").unwrap(),
        only: row.maybe_text("person").unwrap(),
        has_route: row.maybe_text("route").unwrap().is_some(),
        place: serde_json::from_str(&row.text("place").unwrap()).unwrap(),
        message: serde_json::from_str(&row.text("message").unwrap()).unwrap(),
    };
    rows.iter().map(of).collect()
}

async fn steps(desk: &Desk) -> Vec<String> {
    said(desk).await.into_iter().map(|said| said.step).collect()
}

/// Everything that is read on it.
fn text(message: &Outbound) -> String {
    serde_json::to_string(message).unwrap()
}

fn buttons(message: &Outbound) -> Vec<Button> {
    let buttons = message.parts.iter().filter_map(|part| match part {
        Part::Buttons(buttons) => Some(buttons.clone()),
        _ => None,
    });
    buttons.flatten().collect()
}

async fn shown(call: &PlannedCall) -> (Plan, Outbound) {
    let plan = Desk::open(&Room::sqlite()).await.ask(call).await;
    let card = card(&plan);
    (plan, card)
}

#[tokio::test]
async fn a_card_shows_what_is_agreed_to() {
    let (plan, card) = shown(&call("a", rule())).await;
    let told = text(&card);
    for piece in [
        "Restart checkout",
        "high",
        "everybody who pays",
        r#"restart_service {\"service\":\"checkout\"}"#,
        "2026-11-25",
        "not who asked",
        "the thread",
        "eve",
        "ada",
    ] {
        assert!(told.contains(piece), "{piece}: {told}");
    }
    let codes: Vec<_> = buttons(&card).iter().map(|button| button.action.code()).collect();
    assert_eq!(codes, [format!("approve:{}", plan.id), format!("reject:{}", plan.id)]);
}

#[tokio::test]
async fn what_is_risky_is_asked_for_twice() {
    for (risk, twice) in [(Risk::Low, false), (Risk::Medium, false), (Risk::High, true)] {
        let (_, card) = shown(&PlannedCall { risk, ..call("a", rule()) }).await;
        let confirm: Vec<_> = buttons(&card).iter().map(|button| button.confirm.is_some()).collect();
        assert_eq!(confirm, [twice, false], "{risk:?}");
    }
}

#[tokio::test]
async fn unseen_characters_are_taken_out_and_in_arguments_shown() {
    let call = PlannedCall {
        summary: format!("Restart\u{202e} check\u{200b}out{}", "!".repeat(1000)),
        blast_radius: "no\u{2066}body".to_owned(),
        arguments: "{\"service\":\"check\u{202e}out\"}".to_owned(),
        ..call("a", rule())
    };
    let (plan, card) = shown(&call).await;
    for card in [card, outcome_card(&plan)] {
        let told = text(&card);
        assert!(!told.contains(['\u{202e}', '\u{200b}', '\u{2066}']), "{told}");
        assert!(told.contains("Restart checkout!") && told.contains("nobody"), "{told}");
        assert!(told.contains(r"check\\u{202e}out"), "{told}");
        assert!(told.chars().count() < 2500, "{told}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_cannot_be_approved() {
    let arguments = format!(r#"{{"service":"{}"}}"#, "a".repeat(5000));
    let (_, card) = shown(&PlannedCall { arguments, ..call("a", rule()) }).await;
    let labels: Vec<_> = buttons(&card).into_iter().map(|button| button.label).collect();
    assert_eq!(labels, ["Reject"]);
    assert!(text(&card).contains("cannot be approved here"));
}

#[tokio::test]
async fn the_card_and_each_of_its_faces_are_written_down_once() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        desk.count_effects().await;
        let plan = desk.ask(&call("job/plan/1", rule())).await;
        // The job is worked on again.
        desk.ask(&call("job/plan/1", rule())).await;
        assert_eq!(steps(&desk).await, ["job/plan/1/card"]);
        desk.click(&plan.id, "ada", Verdict::Approve).await;
        let permit = desk.begin(&plan.id).await.unwrap();
        desk.effect(permit).await.unwrap();
        let said = said(&desk).await;
        let steps: Vec<_> = said.iter().map(|said| said.step.as_str()).collect();
        assert_eq!(steps, ["job/plan/1/card", "job/plan/1/card/approved", "job/plan/1/card/done"]);
        assert_eq!((said[0].edit_of.as_deref(), said[0].only.as_deref()), (None, None));
        assert_eq!(said[0].place, place());
        for face in &said[1..] {
            assert_eq!(face.edit_of.as_deref(), Some("job/plan/1/card"));
            assert_eq!(buttons(&face.message), []);
        }
        assert!(said[1].text().contains("about to be done"), "{}", said[1].text());
        assert!(said[2].text().contains("Done: restarted"), "{}", said[2].text());
    }
}

#[tokio::test]
async fn every_outcome_has_a_face_with_nothing_to_press() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    let rejected = desk.ask(&call("rejected", rule())).await;
    desk.click(&rejected.id, "ada", Verdict::Reject).await;
    let failed = desk.ask(&call("failed", rule())).await;
    desk.click(&failed.id, "ada", Verdict::Approve).await;
    let permit = desk.begin(&failed.id).await.unwrap();
    let mut tx = desk.state.begin().await.unwrap();
    desk.approvals.finish(&mut tx, permit, &Outcome::Failed("no such service".to_owned())).await.unwrap();
    tx.commit().await.unwrap();
    let unbegun = desk.ask(&call("unbegun", rule())).await;
    desk.click(&unbegun.id, "ada", Verdict::Approve).await;
    desk.ask(&call("swept", rule())).await;
    let clicked = desk.ask(&call("clicked", rule())).await;
    room.pass(WITHIN).await;
    assert!(matches!(desk.click(&clicked.id, "ada", Verdict::Approve).await, Answer::Expired { .. }));
    desk.expire_all().await;
    let said = said(&desk).await;
    for (step, piece) in [
        ("rejected/card/rejected", "Nothing was done."),
        ("failed/card/failed", "It failed: no such service"),
        ("unbegun/card/expired", "before it could be begun"),
        ("swept/card/expired", "Ask again"),
        ("clicked/card/expired", "Ask again"),
    ] {
        let face = said.iter().find(|said| said.step == step).unwrap();
        assert!(face.text().contains(piece), "{step}: {}", face.text());
        assert_eq!(buttons(&face.message), [], "{step}");
    }
}

#[tokio::test]
async fn every_click_that_the_card_does_not_answer_gets_an_answer_of_its_own() {
    for room in Room::each().await {
        let desk = Desk::open(&room).await;
        let plan = desk.ask(&call("a", rule())).await;
        desk.click(&plan.id, "ada", Verdict::Approve).await;
        assert_eq!(steps(&desk).await, ["a/card", "a/card/approved"]);
        let (bob, member) = (person("bob"), profile(&[]));
        let route = ReplyRoute::SlackResponseUrl("https://hooks.slack.com/secret".to_owned());
        let there = Place { channel: "C9".to_owned(), ..place() };
        for (job, plan, piece) in [
            ("late", plan.id.as_str(), "This was approved already, by "),
            ("late", plan.id.as_str(), ""),
            ("gone", "none", "Ask for it"),
        ] {
            let press = Press {
                job,
                plan,
                verdict: Verdict::Reject,
                person: &bob,
                profile: Some(&member),
                passcode: None,
                place: &there,
                reply: Some(&route),
            };
            desk.press(press).await;
            let said = said(&desk).await;
            let step = format!("{job}/answer");
            let answers: Vec<_> = said.iter().filter(|said| said.step == step).collect();
            assert_eq!(answers.len(), 1);
            assert!(answers[0].text().contains(piece), "{}", answers[0].text());
            assert_eq!((&answers[0].place, answers[0].has_route), (&there, true));
            assert!(answers[0].only.as_ref().is_some_and(|only| only.contains("bob")));
        }
        // As people are named on the platform, and not as tables name them.
        let late = said(&desk).await.into_iter().find(|said| said.step == "late/answer").unwrap();
        let Part::Text(text) = &late.message.parts[0] else { panic!("{:?}", late.message) };
        assert!(text.spans.contains(&Span::Mention(person("ada"))), "{text:?}");
        assert!(!late.text().contains("slack:T1"), "{}", late.text());
    }
}

#[tokio::test]
async fn what_is_rolled_back_shows_nothing() {
    let room = Room::sqlite();
    let desk = Desk::open(&room).await;
    let mut tx = desk.state.begin().await.unwrap();
    desk.approvals.ask(&mut tx, &call("a", rule()), &person("eve"), &place()).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(steps(&desk).await, [""; 0]);
}
