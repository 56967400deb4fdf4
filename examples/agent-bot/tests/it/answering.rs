//! From a question to its answer, on each platform, over the program's own processes.

use std::time::{Duration, Instant};

use chat_sim::Variant;
use http::StatusCode;
use imchat_inbox::Upkeep as _;

use crate::chats::{Chat, HERE, Spot, Who, on_each_platform};
use crate::model::{Answer, ModelDouble};
use crate::play::{STATUS, until};
use crate::program::Scene;

on_each_platform!(
    a_question_in_a_thread_is_answered_there,
    an_acknowledgement_waits_for_no_model,
    the_same_event_is_written_down_once,
    deliveries_out_of_order_and_late_copies_are_answered_once_each,
    an_answer_whose_delivery_nobody_confirmed_is_sent_again_under_its_key,
    nothing_gets_through_on_any_route_but_what_is_proved,
);

const QUESTION: &str = "what is the status of checkout?";
/// What all three platforms allow.
const ACK: Duration = Duration::from_secs(3);

async fn a_question_in_a_thread_is_answered_there<C: Chat>() {
    let scene = Scene::<C>::open(600).await;
    let (ingress, _executor) = (scene.start("ingress").await, scene.start("executor").await);
    let asked = scene.chat.ask(HERE, 0, Who::Alice, QUESTION);
    assert_eq!(scene.chat.deliver(&ingress.base, &asked, Variant::Fresh).await, StatusCode::OK);
    until(async || !scene.chat.said().is_empty()).await;
    scene.rests().await;
    let said = scene.chat.said();
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].at, scene.chat.at(HERE));
    assert!(said[0].text.replace('\\', "").contains(STATUS), "{}", said[0].text);
}

async fn an_acknowledgement_waits_for_no_model<C: Chat>() {
    let model = ModelDouble::start(|_| Answer::Say("at last".to_owned())).await;
    model.hold();
    let chat = C::open(6, 2).await;
    let scene = Scene::under("", chat).await.with("OPENAI_BASE_URL", model.url()).with("OPENAI_MODEL", "slow");
    // More is asked than it works on at a time.
    let scene = scene.with("EXECUTOR_CONCURRENCY", "2");
    let all = scene.start("all").await;
    let spots = || (0..6).map(|channel| Spot { channel, thread: 1 });
    for spot in spots() {
        let asked = scene.chat.ask(spot, 0, Who::Alice, "hello");
        let since = Instant::now();
        assert_eq!(scene.chat.deliver(&all.base, &asked, Variant::Fresh).await, StatusCode::OK);
        assert!(since.elapsed() < ACK, "{:?}", since.elapsed());
    }
    until(async || model.seen().len() == 2).await;
    assert!(scene.chat.said().is_empty());
    model.release();
    until(async || scene.chat.said().len() == 6).await;
    scene.rests().await;
    let mut at: Vec<_> = scene.chat.said().into_iter().map(|said| said.at).collect();
    let mut expected: Vec<_> = spots().map(|spot| scene.chat.at(spot)).collect();
    at.sort_unstable();
    expected.sort_unstable();
    assert_eq!(at, expected);
}

async fn the_same_event_is_written_down_once<C: Chat>() {
    let scene = Scene::<C>::open(600).await;
    let ingress = scene.start("ingress").await;
    let asked = scene.chat.ask(HERE, 0, Who::Alice, QUESTION);
    let retry = Variant::Retry { num: 1, reason: "http_timeout" };
    for variant in [Variant::Fresh, Variant::Fresh, retry, Variant::Fresh] {
        assert_eq!(scene.chat.deliver(&ingress.base, &asked, variant).await, StatusCode::OK);
    }
    // Another process knows it as well.
    ingress.kill();
    let ingress = scene.start("ingress").await;
    assert_eq!(scene.chat.deliver(&ingress.base, &asked, retry).await, StatusCode::OK);
    assert_eq!(scene.store.inbox.counts().await.expect("counts").depth(), 1);
    let _executor = scene.start("executor").await;
    until(async || !scene.chat.said().is_empty()).await;
    assert_eq!(scene.chat.deliver(&ingress.base, &asked, retry).await, StatusCode::OK);
    scene.rests().await;
    assert_eq!(scene.chat.said().len(), 1);
}

async fn deliveries_out_of_order_and_late_copies_are_answered_once_each<C: Chat>() {
    let scene = Scene::<C>::open(600).await;
    let (ingress, _executor) = (scene.start("ingress").await, scene.start("executor").await);
    let first = scene.chat.ask(HERE, 0, Who::Alice, QUESTION);
    let second = scene.chat.ask(HERE, 1, Who::Alice, "who is on call for checkout?");
    for (event, answers) in [(&second, 1), (&first, 2), (&second, 2), (&first, 2)] {
        assert_eq!(scene.chat.deliver(&ingress.base, event, Variant::Fresh).await, StatusCode::OK);
        until(async || scene.chat.said().len() == answers).await;
        scene.rests().await;
    }
    let said = scene.chat.said();
    assert!(said.len() == 2 && said.iter().all(|said| said.at == scene.chat.at(HERE)), "{said:?}");
    assert!(said[0].text.contains("on call for checkout") && said[1].text.contains("is healthy"), "{said:?}");
}

async fn an_answer_whose_delivery_nobody_confirmed_is_sent_again_under_its_key<C: Chat>() {
    let scene = Scene::<C>::open(600).await;
    let all = scene.start("all").await;
    until(async || all.log().contains("knows the bot")).await;
    scene.chat.lose_next();
    let asked = scene.chat.ask(HERE, 0, Who::Alice, QUESTION);
    assert_eq!(scene.chat.deliver(&all.base, &asked, Variant::Fresh).await, StatusCode::OK);
    until(async || !scene.chat.said().is_empty()).await;
    scene.rests().await;
    // Slack does not say that it drops a second post of one key.
    assert_eq!(scene.chat.said().len(), if C::NAME == "slack" { 2 } else { 1 });
}

async fn nothing_gets_through_on_any_route_but_what_is_proved<C: Chat>() {
    let scene = Scene::<C>::open(600).await;
    let ingress = scene.start("ingress").await;
    // Beyond every platform's window: Feishu's is eight hours.
    let (long_ago, ahead) = (Duration::from_secs(9 * 3600), Duration::from_secs(3600));
    for route in C::ROUTES {
        let mut asked = scene.chat.ask(HERE, 0, Who::Alice, QUESTION);
        (*route).clone_into(&mut asked.request.target);
        for variant in
            [Variant::Unsigned, Variant::Forged, Variant::Tampered, Variant::Stale(long_ago), Variant::Future(ahead)]
        {
            let status = scene.chat.deliver(&ingress.base, &asked, variant).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{} {route} {variant:?}", C::NAME);
        }
    }
    assert_eq!(scene.store.inbox.counts().await.expect("counts").depth(), 0, "{}", ingress.log());
}
