//! Writes that wait for people, on Slack, from the question to the card's last face.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy.toml allows these in tests, which does not reach the functions tests share"
)]

mod common;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use agent_bot::agent::tools::KNOWN;
use agent_bot::approvals::Passcodes;
use agent_bot::config::{Config, Keys, Secret};
use agent_bot::policy::Policy;
use agent_bot::who::{Person, PlatformName};
use chat_sim::slack_api::{Ephemeral, Post};
use chat_sim::slack_clicks::{Pressed, buttons, press, submit};
use chat_sim::slack_events::{Said, Workspace, app_mention};
use chat_sim::{Request, Variant};
use common::{Play, SEALING, until};
use http::StatusCode;

const ALICE: &str = "U0ALICE001";
const BOB: &str = "U0BOB00001";
const CHANNEL: &str = "C0OPS00001";
const PASSCODE_KEY: &str = "0123456789abcdef0123456789abcdef";

/// Everybody may ask; Bob may approve a restart.
const BOB_APPROVES: &str = r#"
    ask = [{ who = ["*"], where = ["*"] }]
    [tools.restart_service]
    rule = "ask"
    approvers = ["slack:T0TEAM0001:U0BOB00001"]
"#;

fn policy(text: &str) -> Policy {
    Policy::parse(text, KNOWN).expect("a policy")
}

/// Alice asks for a restart in a thread.
async fn asked(play: &Play) -> Post {
    let said = Said {
        event_id: "Ev0RESTART01",
        channel: CHANNEL,
        user: ALICE,
        text: "<@U0BOT00001> please restart checkout",
        ts: "1700000000.000100",
        thread_ts: None,
    };
    let mention = app_mention(&Workspace::archived(), &said);
    assert_eq!(play.status(&mention, Variant::Fresh).await, StatusCode::OK);
    card(play).await
}

/// The card, once it stands.
async fn card(play: &Play) -> Post {
    until(async || play.slack.posts().iter().any(is_card)).await;
    play.slack.posts().into_iter().find(is_card).expect("a card")
}

fn is_card(post: &Post) -> bool {
    post.ts().is_some() && !buttons(post).is_empty()
}

/// A press of the button that reads so, each a request of its own.
fn pressing(play: &Play, card: &Post, user: &str, label: &str) -> Request {
    let (_, action_id) = buttons(card).into_iter().find(|(read, _)| read == label).expect("the button");
    let (trigger, response_url) = (play.slack.trigger(), play.slack.response_url(CHANNEL, user));
    let pressed = Pressed { user, card, action_id: &action_id, trigger: &trigger, response_url: &response_url };
    press(&Workspace::archived(), &pressed)
}

async fn pressed(play: &Play, card: &Post, user: &str, label: &str) {
    let request = pressing(play, card, user, label);
    assert_eq!(play.status(&request, Variant::Fresh).await, StatusCode::OK);
    play.rests().await;
}

/// What the card says by now.
async fn says(play: &Play, text: &str) {
    until(async || play.slack.updates().last().is_some_and(|update| update.text.contains(text))).await;
}

/// What only this person was told, in order, over response URLs and otherwise.
fn told(play: &Play, user: &str) -> Vec<String> {
    let text = |body: &serde_json::Value| body["text"].as_str().unwrap_or_default().to_owned();
    let over_urls = play.slack.responses().into_iter().filter(|said| said.ephemeral && said.user == user);
    let direct = play.slack.ephemerals().into_iter().filter(|said: &Ephemeral| said.user == user);
    over_urls.map(|said| text(&said.body)).chain(direct.map(|said| said.text)).collect()
}

#[tokio::test]
async fn what_is_approved_is_done_once_and_its_card_tells_so() {
    let play = Play::with(|config| Config { policy: policy(BOB_APPROVES), ..config }).await;
    let card = asked(&play).await;
    assert_eq!(card.thread_ts.as_deref(), Some("1700000000.000100"));
    assert!(card.text.contains("Restart checkout") && card.text.contains("restart_service"), "{}", card.text);
    assert_eq!(play.store.effects().await, (0, 0));
    pressed(&play, &card, BOB, "Approve").await;
    says(&play, "Done: checkout was restarted").await;
    assert_eq!(play.store.effects().await, (1, 1));
    let last = play.slack.updates().pop().expect("an update");
    assert_eq!(last.ts, card.ts().expect("posted"));
    assert!(!last.blocks.to_string().contains("action_id"), "nothing is left to press");
    assert_eq!(told(&play, BOB), Vec::<String>::new(), "the card tells who decided");
}

#[tokio::test]
async fn a_second_click_a_retry_and_a_late_rejection_change_nothing_and_are_answered() {
    let play = Play::with(|config| Config { policy: policy(BOB_APPROVES), ..config }).await;
    let card = asked(&play).await;
    let first = pressing(&play, &card, BOB, "Approve");
    for variant in [Variant::Fresh, Variant::Fresh, Variant::Retry { num: 1, reason: "http_timeout" }] {
        assert_eq!(play.status(&first, variant).await, StatusCode::OK);
    }
    says(&play, "Done: checkout was restarted").await;
    pressed(&play, &card, BOB, "Approve").await;
    pressed(&play, &card, ALICE, "Reject").await;
    assert_eq!(play.store.effects().await, (1, 1));
    for user in [BOB, ALICE] {
        let told = told(&play, user);
        assert!(told.len() == 1 && told[0].starts_with("This was approved already"), "{told:?}");
    }
}

#[tokio::test]
async fn who_may_not_approve_is_told_so_and_the_plan_waits_on() {
    let play = Play::with(|config| Config { policy: policy(BOB_APPROVES), ..config }).await;
    let card = asked(&play).await;
    pressed(&play, &card, ALICE, "Approve").await;
    let refused = told(&play, ALICE);
    assert!(refused.len() == 1 && refused[0].contains("somebody else has to decide"), "{refused:?}");
    assert_eq!((play.store.effects().await, play.slack.updates().len()), ((0, 0), 0));
    pressed(&play, &card, BOB, "Reject").await;
    says(&play, "Nothing was done").await;
    assert_eq!(play.store.effects().await, (0, 0));
}

#[tokio::test]
async fn what_nobody_decides_expires_and_a_click_after_that_is_told_so() {
    let short = format!("{BOB_APPROVES}    within_secs = 1");
    let play = Play::with(|config| Config { policy: policy(&short), ..config }).await;
    let card = asked(&play).await;
    says(&play, "Expired").await;
    pressed(&play, &card, BOB, "Approve").await;
    let told = told(&play, BOB);
    assert!(told.len() == 1 && told[0].starts_with("This expired"), "{told:?}");
    assert_eq!(play.store.effects().await, (0, 0));
}

#[tokio::test]
async fn a_click_after_a_restart_decides() {
    let play = Play::with(|config| Config { policy: policy(BOB_APPROVES), ..config }).await;
    let card = asked(&play).await;
    play.rests().await;
    let play = play.again().await;
    pressed(&play, &card, BOB, "Approve").await;
    says(&play, "Done: checkout was restarted").await;
    assert_eq!(play.store.effects().await, (1, 1));
}

#[tokio::test]
async fn a_passcode_is_typed_into_a_form_and_a_wrong_one_approves_nothing() {
    let key = Secret::new(PASSCODE_KEY);
    let (tenant, user) = ("T0TEAM0001".to_owned(), BOB.to_owned());
    let tag = Passcodes::tag(&key, &Person { platform: PlatformName::Slack, tenant, user }, "4711");
    let text = format!(
        "{BOB_APPROVES}    second_factor = true\n    [passcodes]\n    \"slack:T0TEAM0001:U0BOB00001\" = \"{tag}\""
    );
    let keys = Keys { passcodes: Some(key), ..Keys::of(SEALING) };
    let play = Play::with(|config| Config { policy: policy(&text), keys, ..config }).await;
    let card = asked(&play).await;
    pressed(&play, &card, BOB, "Approve").await;
    assert_eq!((play.store.effects().await, told(&play, BOB).len()), ((0, 0), 0));
    let view = play.slack.views().pop().expect("a form");
    assert_eq!(view["type"], "modal");
    for (typed, effects) in [("1234", (0, 0)), ("4711", (1, 1))] {
        let sent = submit(&Workspace::archived(), BOB, &view, typed, &play.slack.trigger());
        assert_eq!(play.status(&sent, Variant::Fresh).await, StatusCode::OK);
        play.rests().await;
        until(async || play.store.effects().await == effects).await;
    }
    let told = told(&play, BOB);
    assert!(told.len() == 1 && told[0].starts_with("That passcode is wrong"), "{told:?}");
    says(&play, "Done: checkout was restarted").await;
}

#[tokio::test]
async fn a_form_that_comes_too_late_is_not_opened_and_who_pressed_is_told_to_press_again() {
    let text = format!("{BOB_APPROVES}    second_factor = true");
    let play = Play::with(|config| Config { policy: policy(&text), ..config }).await;
    let card = asked(&play).await;
    let request = pressing(&play, &card, BOB, "Approve");
    play.slack.clock().advance(Duration::from_secs(4));
    assert_eq!(play.status(&request, Variant::Fresh).await, StatusCode::OK);
    play.rests().await;
    let told = told(&play, BOB);
    assert!(told.len() == 1 && told[0].contains("press Approve again"), "{told:?}");
    assert!(play.slack.views().is_empty());
}

#[tokio::test]
async fn a_button_of_a_plan_that_is_gone_is_answered() {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let play = Play::start().await;
    let mut card = asked(&play).await;
    let other = format!("AAAAAAAAAAAAAAAAAAAA{:02}", NUMBER.fetch_add(1, Ordering::SeqCst));
    let own = buttons(&card)[0].1.split_once(':').expect("an action").1.to_owned();
    card.blocks = serde_json::from_str(&card.blocks.to_string().replace(&own, &other)).expect("JSON");
    pressed(&play, &card, BOB, "Approve").await;
    let told = told(&play, BOB);
    assert!(told.len() == 1 && told[0].starts_with("I do not know this request"), "{told:?}");
    assert_eq!(play.store.effects().await, (0, 0));
}
