//! What goes wrong outside, and what people see of it: docs/runbooks/bad-input.md is the table of these.

use chat_sim::slack_events::{Workspace, slash_command};
use chat_sim::{Request, Variant};
use http::StatusCode;
use imchat_inbox::Upkeep as _;

use crate::chats::{Chat, Discord, Event, HERE, Slack, Spot, Who, on_each_platform};
use crate::model::{Answer, ModelDouble};
use crate::play::{STATUS, until};
use crate::program::{Program, Scene};

on_each_platform!(
    what_nobody_said_to_the_bot_is_acknowledged_and_left_alone,
    an_answer_in_a_channel_that_the_bot_was_removed_from_waits_for_whoever_looks_after_it,
    what_is_said_under_a_revoked_token_is_not_lost,
);

const QUESTION: &str = "what is the status of checkout?";

async fn asks<C: Chat>(scene: &Scene<C>, to: &Program, spot: Spot, number: usize, text: &str) {
    let asked = scene.chat.ask(spot, number, Who::Alice, text);
    assert_eq!(scene.chat.deliver(&to.base, &asked, Variant::Fresh).await, StatusCode::OK);
}

async fn what_nobody_said_to_the_bot_is_acknowledged_and_left_alone<C: Chat>() {
    let scene = Scene::<C>::open(600).await;
    let all = scene.start("all").await;
    let noise = scene.chat.noise();
    for (what, event) in &noise {
        for _ in 0..2 {
            assert_eq!(scene.chat.deliver(&all.base, event, Variant::Fresh).await, StatusCode::OK, "{what}");
        }
    }
    let each = u64::try_from(noise.len()).expect("few");
    until(async || all.counted("imchat_bot_ignored_total").await == each).await;
    scene.rests().await;
    assert_eq!(all.counted("imchat_bot_turns_total").await, 0);
    assert_eq!((scene.chat.said().len(), scene.store.effects().await), (0, (0, 0)));
    assert_eq!(scene.store.inbox.counts().await.expect("counts").dead, 0);
    asks(&scene, &all, Spot { thread: 2, ..HERE }, 0, QUESTION).await;
    until(async || scene.chat.said().len() == 1).await;
}

/// The one message that is a dead letter: its line, and its step.
async fn dead_letter<C: Chat>(scene: &Scene<C>) -> (String, String) {
    until(async || scene.store.messages("dead").await == 1).await;
    let output = scene.run(&["admin", "dead-letters"]).await;
    let text = String::from_utf8(output.stdout).expect("text");
    let first = text.lines().next().expect("a line");
    assert!(first.starts_with("message "), "{text}");
    (text.clone(), first.rsplit(' ').next().expect("a step").to_owned())
}

/// Said once, after what was said before.
async fn replayed<C: Chat>(scene: &Scene<C>, step: &str, before: usize) {
    let output = scene.run(&["admin", "replay", step, "--who", "ada", "--why", "mended"]).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    until(async || scene.chat.said().iter().any(|said| said.text.replace('\\', "").contains(STATUS))).await;
    scene.rests().await;
    assert_eq!((scene.chat.said().len(), scene.store.messages("dead").await), (before + 1, 0), "once");
    assert_eq!(scene.chat.said()[before].at, scene.chat.at(HERE));
}

async fn an_answer_in_a_channel_that_the_bot_was_removed_from_waits_for_whoever_looks_after_it<C: Chat>() {
    let scene = Scene::<C>::open(600).await;
    let all = scene.start("all").await;
    until(async || all.log().contains("knows the bot")).await;
    scene.chat.refuse_next();
    asks(&scene, &all, HERE, 0, QUESTION).await;
    let (told, step) = dead_letter(&scene).await;
    assert!(told.contains("the platform refused with"), "{told}");
    assert_eq!(all.counted("imchat_bot_dead_letters").await, 1);
    // Who used a command waits for a word: it comes the same way, and the bot is thinking no more.
    let waits = C::NAME == "discord";
    if waits {
        until(async || scene.chat.said().len() == 1).await;
        assert!(
            scene.chat.said()[0].text.contains("I could not post this here: add the bot"),
            "{:?}",
            scene.chat.said()
        );
    }
    replayed(&scene, &step, usize::from(waits)).await;
    assert_eq!(all.counted("imchat_bot_turns_total").await, 1, "it was not asked again");
}

async fn what_is_said_under_a_revoked_token_is_not_lost<C: Chat>() {
    let scene = Scene::<C>::open(600).await;
    let right = scene.chat.variables().into_iter().find(|(name, _)| *name == C::TOKEN).expect("a token").1;
    let scene = scene.with(C::TOKEN, "xoxb-revoked");
    let all = scene.start("all").await;
    asks(&scene, &all, HERE, 0, QUESTION).await;
    if C::NAME == "discord" {
        // An interaction is answered with a token of its own; but nobody can be looked up.
        until(async || scene.chat.said().len() == 1).await;
        asks(&scene, &all, Spot { thread: 2, ..HERE }, 0, "please restart checkout").await;
        until(async || scene.chat.said().iter().any(|said| said.text.contains("could not look you up"))).await;
        assert_eq!(scene.store.effects().await, (0, 0));
        return;
    }
    let (told, step) = dead_letter(&scene).await;
    assert!(told.contains(C::TOKEN) && !told.contains("xoxb-revoked"), "{told}");
    assert!(all.log().contains("does not accept the bot") && !all.log().contains("xoxb-revoked"), "{}", all.log());
    all.kill();
    let scene = scene.with(C::TOKEN, right);
    let _all = scene.start("all").await;
    replayed(&scene, &step, 0).await;
}

#[tokio::test]
async fn whoever_asks_by_a_command_where_the_bot_is_not_is_told_that_its_card_cannot_stand_there() {
    let scene = Scene::<Slack>::open(600).await;
    let all = scene.start("all").await;
    let (elsewhere, alice) = ("C0ELSEWHERE", "U0ALICE001");
    let command = slash_command(&Workspace::archived(), elsewhere, alice, "/ask", "please restart checkout", "1.2.abc");
    let route = scene.chat.api.response_url(elsewhere, alice);
    let body = String::from_utf8(command.body.to_vec()).expect("text");
    let body = form_urlencoded::Serializer::for_suffix(body, 0).append_pair("response_url", &route).finish();
    let request = Request { body: body.into(), ..command };
    let asked = Event { request, token: String::new() };
    assert_eq!(scene.chat.deliver(&all.base, &asked, Variant::Fresh).await, StatusCode::OK);
    let (told, _) = dead_letter(&scene).await;
    assert!(told.contains("channel_not_found") && told.contains("/card"), "{told}");
    scene.rests().await;
    let told = scene.chat.told(Who::Alice);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("I could not post this here: invite the bot to the channel"), "{told:?}");
    assert_eq!(scene.store.effects().await, (0, 0));
}

#[tokio::test]
async fn whoever_asks_on_discord_where_the_bot_may_not_post_is_told_that_its_card_cannot_stand_there() {
    let scene = Scene::<Discord>::open(600).await;
    let all = scene.start("all").await;
    let nowhere = Spot { channel: 0, thread: 99 };
    asks(&scene, &all, nowhere, 0, "please restart checkout").await;
    let (told, _) = dead_letter(&scene).await;
    assert!(told.contains("/card"), "{told}");
    scene.rests().await;
    let told = scene.chat.told(Who::Alice);
    assert!(told.len() == 1 && told[0].starts_with("I could not post this here: "), "{told:?}");
}

/// Each way for a model to go wrong, and what whoever asked reads.
fn moods() -> Vec<(&'static str, Answer, &'static str)> {
    let calls = |tool: &str, arguments: &str| Answer::Call(vec![(tool.to_owned(), arguments.to_owned())]);
    let raw = |status, body: &str| Answer::Raw(status, body.to_owned());
    vec![
        ("answers what is no JSON", raw(StatusCode::OK, "<html>"), "I could not make sense of this"),
        ("answers JSON of another shape", raw(StatusCode::OK, "{}"), "I could not make sense of this"),
        ("writes arguments that are none", calls("restart_service", "{\"service\": …"), "I could not make sense"),
        ("calls an unknown tool", calls("launch_rockets", "{}"), "I tried something that I cannot do"),
        ("never stops", calls("on_call", "{}"), "I went round in circles"),
        ("says nothing", Answer::Say(String::new()), "I have nothing to add"),
        ("is down", raw(StatusCode::INTERNAL_SERVER_ERROR, ""), "I cannot think just now"),
        ("lets nobody through", raw(StatusCode::TOO_MANY_REQUESTS, "{}"), "Too many people are asking"),
        ("refuses the key", raw(StatusCode::UNAUTHORIZED, "{}"), "My model refuses to work with me"),
    ]
}

#[tokio::test]
async fn whatever_a_model_does_is_one_sentence_and_the_next_message_is_answered() {
    let moods = moods();
    let model = ModelDouble::start(|_| Answer::Say("fine".to_owned())).await;
    let scene = Scene::under("", Slack::open(moods.len(), 2).await).await;
    let scene = scene.with("OPENAI_BASE_URL", model.url()).with("OPENAI_MODEL", "m").with("OPENAI_API_KEY", "sk-hush");
    let all = scene.start("all").await;
    let here = |spot: Spot| {
        let at = scene.chat.at(spot);
        scene.chat.said().into_iter().filter(move |said| said.at == at).map(|said| said.text).collect::<Vec<_>>()
    };
    for (channel, (what, answer, told)) in moods.iter().enumerate() {
        let spot = Spot { channel, thread: 1 };
        let answer = answer.clone();
        model.think(move |_| answer.clone());
        asks(&scene, &all, spot, 0, "please restart checkout").await;
        until(async || !here(spot).is_empty()).await;
        assert!(here(spot)[0].contains(told), "a model that {what}: {:?}", here(spot));
        model.think(|_| Answer::Say("fine".to_owned()));
        asks(&scene, &all, spot, 1, "and now?").await;
        until(async || here(spot).len() == 2).await;
        assert!(here(spot)[1].contains("fine"), "after a model that {what}: {:?}", here(spot));
    }
    drop(model);
    let spot = Spot { channel: 0, thread: 2 };
    asks(&scene, &all, spot, 0, "are you there?").await;
    until(async || !here(spot).is_empty()).await;
    assert!(here(spot)[0].contains("I cannot think just now"), "{:?}", here(spot));
    scene.rests().await;
    assert_eq!((scene.store.effects().await, scene.chat.card().is_some()), ((0, 0), false));
    assert_eq!(scene.chat.said().len(), 2 * moods.len() + 1, "nothing is said twice");
    assert!(!all.log().contains("sk-hush"));
}
