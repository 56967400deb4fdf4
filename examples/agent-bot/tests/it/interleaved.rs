//! A hundred conversations at once, over three platforms, two executors and one database.

use chat_sim::Variant;
use http::StatusCode;

use crate::chats::{Chat, Discord, Event, Feishu, Said, Slack, Spot, Who};
use crate::model::{Answer, ModelDouble, read};
use crate::play::until;
use crate::program::Scene;

/// Conversations of each platform, two of them in each channel.
const EACH: usize = 34;

/// Everything in a request that is somebody's secret, in order.
fn secrets(text: &str) -> String {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.starts_with("zq"))
        .collect::<Vec<_>>()
        .join(" and ")
}

/// One conversation: a platform's number and a place there.
type Conversation = (usize, Spot);

fn conversations() -> Vec<Conversation> {
    let spots = |platform| (0..EACH).map(move |n| (platform, Spot { channel: n / 2, thread: n % 2 + 1 }));
    // From all of them in turn, and the channels in no order.
    let mut all: Vec<_> = (0..3).flat_map(spots).collect();
    all.sort_by_key(|(platform, spot)| ((spot.channel * 7 + spot.thread * 11) % 17, *platform));
    all
}

fn secret((platform, spot): Conversation) -> String {
    format!("zq{platform}c{}t{}", spot.channel, spot.thread)
}

#[tokio::test]
async fn a_hundred_conversations_at_once_are_answered_in_their_own_threads_from_their_own_histories() {
    // Whatever it was given to read, it says.
    let model = ModelDouble::start(|request| Answer::Say(format!("I know {}.", secrets(&read(request))))).await;
    let (slack, feishu, discord) =
        (Slack::open(EACH, 3).await, Feishu::open(EACH, 3).await, Discord::open(EACH, 3).await);
    let mut scene = Scene::under("", slack).await.with("OPENAI_BASE_URL", model.url()).with("OPENAI_MODEL", "m");
    for (name, value) in feishu.variables().into_iter().chain(discord.variables()) {
        scene = scene.with(name, value);
    }
    let ingress = scene.start("ingress").await;
    let _executors = (scene.start("executor").await, scene.start("executor").await);
    let event = |(platform, spot): Conversation, number, text: &str| match platform {
        0 => scene.chat.ask(spot, number, Who::Alice, text),
        1 => feishu.ask(spot, number, Who::Alice, text),
        _ => discord.ask(spot, number, Who::Alice, text),
    };
    let deliver = async |platform: usize, event: &Event| match platform {
        0 => scene.chat.deliver(&ingress.base, event, Variant::Fresh).await,
        1 => feishu.deliver(&ingress.base, event, Variant::Fresh).await,
        _ => discord.deliver(&ingress.base, event, Variant::Fresh).await,
    };
    let said = |platform: usize| match platform {
        0 => scene.chat.said(),
        1 => feishu.said(),
        _ => discord.said(),
    };
    let at = |(platform, spot): Conversation| match platform {
        0 => scene.chat.at(spot),
        1 => feishu.at(spot),
        _ => discord.at(spot),
    };
    let all = conversations();
    assert_eq!(all.len(), 102);

    // Each is told its secret and then, while the first answers are under way, asked for it; every event comes twice.
    for number in [0, 1] {
        for conversation in &all {
            let text = match number {
                0 => format!("remember {}", secret(*conversation)),
                _ => "what do you know?".to_owned(),
            };
            let event = event(*conversation, number, &text);
            for _ in 0..2 {
                assert_eq!(deliver(conversation.0, &event).await, StatusCode::OK);
            }
        }
    }
    until(async || (0..3).map(|platform| said(platform).len()).sum::<usize>() >= 2 * all.len()).await;
    scene.rests().await;

    for conversation in all {
        let said = said(conversation.0);
        let here: Vec<&Said> = said.iter().filter(|said| said.at == at(conversation)).collect();
        assert_eq!(here.len(), 2, "{conversation:?}: {here:?}");
        // The second answer is made of the first question, the first answer and nothing of anybody else's.
        let own = secret(conversation);
        assert!(here[0].text.contains(&format!("I know {own}.")), "{conversation:?}: {here:?}");
        assert!(here[1].text.contains(&format!("I know {own} and {own}.")), "{conversation:?}: {here:?}");
    }
    assert_eq!(model.seen().len(), 204, "one turn for each message");
}
