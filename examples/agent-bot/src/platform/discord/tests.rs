use chat_sim::Clock;
use chat_sim::discord_api::{DiscordApi, Fault, Member, Settings};
use http::StatusCode;
use serde_json::json;

use super::*;
use crate::message::{Button, Part, Style};

const TOKEN: &str = "bot-token";
const GUILD: &str = "900000000000000002";
const CHANNEL: &str = "900000000000000003";
const ALICE: &str = "900000000000000004";
const APP: &str = "900000000000000001";
const THREAD: &str = "900000000000000042";

async fn sim() -> DiscordApi {
    DiscordApi::start(Settings::archived(TOKEN).clock(Clock::still()).channel(THREAD)).await.expect("a loopback port")
}

fn discord(api: &DiscordApi) -> Discord {
    Discord::new(&DiscordAccess { token: Secret::new(TOKEN), api_url: api.url(), public_url: None }).expect("a client")
}

fn person() -> Person {
    Person { platform: PlatformName::Discord, tenant: GUILD.to_owned(), user: ALICE.to_owned() }
}

fn address() -> Address {
    let place =
        Place { platform: PlatformName::Discord, tenant: GUILD.to_owned(), channel: CHANNEL.to_owned(), thread: None };
    Address { place, only: None, reply: None }
}

fn over(token: &str) -> Address {
    let reply = ReplyRoute::DiscordToken { application: APP.to_owned(), token: token.to_owned() };
    Address { reply: Some(reply), ..address() }
}

/// A command that was answered with `answer`.
fn asked(api: &DiscordApi, answer: &Value) -> String {
    let token = api.opened(CHANNEL, ALICE, None);
    api.answered(&token, answer).expect("in time");
    token
}

fn message(discord: &Discord, text: &str) -> Rendered {
    discord.render(&Outbound::markdown(text)).remove(0)
}

#[tokio::test]
async fn a_message_reaches_the_channel_the_thread_or_the_person() {
    let api = sim().await;
    let discord = discord(&api);
    let said = message(&discord, "hi **you**");
    let thread = Address { place: Place { thread: Some(THREAD.to_owned()), ..address().place }, ..address() };
    let private = Address { only: Some(person()), ..address() };
    for to in [address(), thread, private] {
        let sent = discord.send(&to, &said, &format!("{to:?}")).await.expect("sent");
        assert_eq!(api.messages().last().map(|message| message.id.clone()), sent.message);
        discord.edit(&sent, &message(&discord, "bye")).await.expect("edited");
    }
    let direct = format!("7{ALICE}");
    let channels: Vec<String> = api.messages().into_iter().map(|message| message.channel).collect();
    assert_eq!(channels, [CHANNEL, THREAD, direct.as_str()]);
    assert!(api.messages().iter().all(|message| message.content == "bye" && message.edits == 1));
    assert_eq!(api.messages()[0].allowed_mentions, json!({ "parse": [], "users": [] }));
}

#[tokio::test]
async fn a_step_that_is_made_again_stands_there_once() {
    let api = sim().await;
    let discord = discord(&api);
    let said = message(&discord, "hi");
    api.answer_next(Fault::LostResponse);
    let lost = discord.send(&address(), &said, "job/answer").await;
    assert_eq!(lost, Err(SendError::Unknown("it answered with a server error")));
    let sent = discord.send(&address(), &said, "job/answer").await.expect("sent");
    assert_eq!(api.messages().len(), 1);
    assert_eq!(sent.message, Some(api.messages()[0].id.clone()));
    assert!(api.messages()[0].nonce.as_ref().is_some_and(|nonce| nonce.len() <= 25));
    discord.send(&address(), &said, "job/other").await.expect("sent");
    assert_eq!(api.messages().len(), 2);
}

#[tokio::test]
async fn the_first_answer_takes_the_place_of_the_thinking_bot_and_the_rest_follow() {
    let api = sim().await;
    let discord = discord(&api);
    let token = asked(&api, &json!({ "type": 5 }));
    let first = discord.send(&over(&token), &message(&discord, "one"), "job/1").await.expect("sent");
    let second = discord.send(&over(&token), &message(&discord, "two"), "job/2").await.expect("sent");
    let said: Vec<String> = api.messages().into_iter().map(|message| message.content).collect();
    assert_eq!(said, ["one", "two"]);
    assert!(api.messages().iter().all(|message| message.interaction && message.flags & 128 == 0));
    for sent in [first, second] {
        discord.edit(&sent, &message(&discord, "edited")).await.expect("by the bot's own token");
    }
    assert!(api.messages().iter().all(|message| message.content == "edited"));
}

#[tokio::test]
async fn a_first_answer_that_is_made_again_stands_there_once() {
    let api = sim().await;
    let discord = discord(&api);
    let token = asked(&api, &json!({ "type": 5 }));
    let said = message(&discord, "one");
    api.answer_next(Fault::Hang(Duration::ZERO));
    api.answer_next(Fault::LostResponse);
    let lost = discord.send(&over(&token), &said, "job/1").await;
    assert_eq!(lost, Err(SendError::Unknown("it answered with a server error")));
    discord.send(&over(&token), &said, "job/1").await.expect("sent");
    discord.send(&over(&token), &said, "job/2").await.expect("sent");
    assert_eq!(api.messages().len(), 2, "another step is another message, even of the same words");
}

#[tokio::test]
async fn what_one_person_sees_stays_with_them() {
    let api = sim().await;
    let discord = discord(&api);
    // Thought about before all, answered to one: the first must go.
    let token = asked(&api, &json!({ "type": 5 }));
    let only = Address { only: Some(person()), ..over(&token) };
    let sent = discord.send(&only, &message(&discord, "psst"), "job/1").await.expect("sent");
    assert_eq!(sent.message, None);
    assert_eq!((api.messages().len(), api.messages()[0].only.as_deref()), (1, Some(ALICE)));
    assert!(matches!(discord.edit(&sent, &message(&discord, "x")).await, Err(SendError::Refused { .. })));
    discord.send(&only, &message(&discord, "again"), "job/2").await.expect("sent");
    // Asked in private: everything is answered in private.
    let token = asked(&api, &json!({ "type": 5, "data": { "flags": 64 } }));
    for (text, key) in [("one", "b/1"), ("two", "b/2")] {
        let sent = discord.send(&over(&token), &message(&discord, text), key).await.expect("sent");
        assert_eq!(sent.message, None, "{text}");
    }
    assert_eq!(api.messages().len(), 4);
    assert!(api.messages().iter().all(|message| message.only.as_deref() == Some(ALICE)));
    // A card is for those who decide: it goes to the channel, by the bot's own token.
    let action = Action::new("approve", "p-1").expect("an action");
    let button = Button { label: "Approve".to_owned(), action, style: Style::Primary, confirm: None };
    let card = discord.render(&Outbound::new().with(Part::Buttons(vec![button]))).remove(0);
    assert_eq!(discord.send(&over(&token), &card, "b/3").await, Err(SendError::RouteEnded));
}

#[tokio::test]
async fn a_press_is_answered_by_a_message_of_its_own() {
    let api = sim().await;
    let discord = discord(&api);
    let card = discord.send(&address(), &message(&discord, "card"), "card").await.expect("sent");
    let token = api.opened(CHANNEL, ALICE, card.message.as_deref());
    api.answered(&token, &json!({ "type": 6 })).expect("in time");
    discord.send(&over(&token), &message(&discord, "pressed"), "press").await.expect("sent");
    let said: Vec<String> = api.messages().into_iter().map(|message| message.content).collect();
    assert_eq!(said, ["card", "pressed"]);
}

#[tokio::test]
async fn a_token_ends_after_fifteen_minutes_and_never_begins_without_an_answer() {
    let api = sim().await;
    let discord = discord(&api);
    let said = message(&discord, "hi");
    let silent = api.opened(CHANNEL, ALICE, None);
    assert_eq!(discord.send(&over(&silent), &said, "k").await, Err(SendError::RouteEnded));
    api.clock().advance(Duration::from_secs(4));
    assert!(api.answered(&silent, &json!({ "type": 5 })).is_err(), "three seconds are over");
    let token = asked(&api, &json!({ "type": 5 }));
    discord.send(&over(&token), &said, "k").await.expect("sent");
    api.clock().advance(Duration::from_secs(15 * 60 + 1));
    assert_eq!(discord.send(&over(&token), &said, "l").await, Err(SendError::RouteEnded));
    assert_eq!(discord.send(&over("never given"), &said, "l").await, Err(SendError::RouteEnded));
    // Then the bot's own token does it.
    discord.send(&address(), &said, "l").await.expect("sent");
}

#[tokio::test]
async fn five_messages_in_five_seconds_are_enough_and_no_sixth_is_tried() {
    let api = sim().await;
    let discord = discord(&api);
    let said = message(&discord, "hi");
    for n in 0..5 {
        discord.send(&address(), &said, &n.to_string()).await.expect("sent");
    }
    let calls = api.calls();
    let waits = discord.send(&address(), &said, "5").await;
    assert!(matches!(waits, Err(SendError::RateLimited { retry_after: Some(wait) }) if wait <= Duration::from_secs(5)));
    assert_eq!(api.calls(), calls, "the bucket was known to be empty");
    discord.identify(&person()).await.expect("another bucket");
}

#[tokio::test]
async fn a_form_is_offered_to_who_pressed() {
    let api = sim().await;
    let discord = discord(&api);
    let token = api.opened(CHANNEL, ALICE, None);
    api.answered(&token, &json!({ "type": 6 })).expect("in time");
    let mut click = Click {
        person: person(),
        place: address().place,
        action: Action::new("approve", "p-1").expect("an action"),
        value: None,
        card: None,
        trigger: None,
        reply: over(&token).reply,
    };
    let prompt = Prompt { title: "Passcode".to_owned(), label: "Your passcode".to_owned(), submit: "Send".to_owned() };
    let action = Action::new("passcode", "p-1").expect("an action");
    discord.ask(&click, &action, &prompt).await.expect("offered");
    let offer = &api.messages()[0];
    assert_eq!(offer.only.as_deref(), Some(ALICE));
    assert_eq!(offer.components[0]["components"][0]["custom_id"], "?passcode:p-1");
    api.clock().advance(Duration::from_secs(16 * 60));
    assert_eq!(discord.ask(&click, &action, &prompt).await, Err(SendError::RouteEnded));
    click.reply = None;
    assert_eq!(discord.ask(&click, &action, &prompt).await, Err(SendError::RouteEnded));
}

#[tokio::test]
async fn people_are_looked_up_with_their_roles() {
    let new = Member { name: "Bo".to_owned(), pending: true, ..Member::default() };
    let program = Member { name: "Ci".to_owned(), bot: true, ..Member::default() };
    let settings = Settings::archived(TOKEN).member(GUILD, "5", new).member(GUILD, "6", program);
    let api = DiscordApi::start(settings).await.expect("a port");
    let discord = discord(&api);
    let groups = vec!["900000000000000005".to_owned()];
    let alice = Profile { name: "Alice".to_owned(), standing: Standing::Member, groups };
    assert_eq!(discord.identify(&person()).await, Ok(alice));
    for (user, standing) in [("5", Standing::Guest), ("6", Standing::Bot), ("404", Standing::Gone)] {
        let profile = discord.identify(&Person { user: user.to_owned(), ..person() }).await.expect("a profile");
        assert_eq!((profile.standing, profile.groups), (standing, vec![]), "{user}");
    }
    let elsewhere = discord.identify(&Person { tenant: "1".to_owned(), ..person() }).await;
    assert!(matches!(elsewhere, Err(SendError::Refused { code, .. }) if code == "10004"));
    let direct = discord.identify(&Person { tenant: "dm".to_owned(), ..person() }).await.expect("a profile");
    assert_eq!((direct.standing, direct.groups), (Standing::Member, vec![]));
    // An id is one segment of the path, whatever it holds.
    let nobody =
        discord.identify(&Person { tenant: "dm".to_owned(), user: "../users/@me".to_owned(), ..person() }).await;
    assert!(matches!(nobody, Err(SendError::Refused { code, .. }) if code == "10013"));
}

#[tokio::test]
async fn the_bot_knows_itself_and_registers_its_command() {
    let api = sim().await;
    let discord = discord(&api);
    assert_eq!(discord.whoami().await.as_deref(), Ok(APP));
    discord.register(APP).await.expect("registered");
    assert_eq!(api.commands()[0]["name"], "ask");
    let stranger = Discord::new(&DiscordAccess { token: Secret::new("hush"), api_url: api.url(), public_url: None })
        .expect("a client");
    let refused = stranger.whoami().await.expect_err("refused");
    assert!(refused.to_string().contains("set DISCORD_BOT_TOKEN"), "{refused}");
    assert!(!format!("{refused:?} {stranger:?}").contains("hush"));
}

#[tokio::test]
async fn errors_are_sorted_by_what_may_be_done() {
    let api = DiscordApi::start(Settings::archived(TOKEN).unlimited()).await.expect("a port");
    let said = message(&discord(&api), "hi");
    let limited = |millis| SendError::RateLimited { retry_after: Some(Duration::from_millis(millis)) };
    for (fault, error) in [
        (Fault::RateLimited { retry_after: 250, global: false }, limited(250)),
        (Fault::RateLimited { retry_after: 1500, global: true }, limited(1500)),
        (Fault::Status(StatusCode::BAD_GATEWAY), SendError::Unknown("it answered with a server error")),
    ] {
        api.answer_next(fault);
        // Each by a client of its own, which has not learned to wait.
        assert_eq!(discord(&api).send(&address(), &said, "k").await, Err(error));
    }
    let discord = discord(&api);
    for (fault, code) in [
        (Fault::Code(StatusCode::FORBIDDEN, 50_013), "50013"),
        (Fault::Code(StatusCode::FORBIDDEN, 50_001), "50001"),
        (Fault::Status(StatusCode::NOT_FOUND), "http_404"),
    ] {
        api.answer_next(fault);
        let refused = discord.send(&address(), &said, "k").await;
        assert!(matches!(&refused, Err(SendError::Refused { code: found, .. }) if found == code), "{refused:?}");
    }
    let elsewhere = Address { place: Place { channel: "1".to_owned(), ..address().place }, ..address() };
    let refused = discord.send(&elsewhere, &said, "k").await.expect_err("refused");
    assert!(refused.to_string().contains("10003: the channel was deleted"), "{refused}");
    api.stop().await;
    assert_eq!(discord.send(&address(), &said, "k").await, Err(SendError::Unreachable));
}
