use chat_sim::Clock;
use chat_sim::feishu_api::{Fault, FeishuApi, Receiver, Settings, User};
use http::StatusCode;

use super::*;
use crate::who::Place;

const SECRET: &str = "an app secret";
const ALICE: &str = "ou_a90d239b3dc935d2e917728c41b3a10a";
const CHAT: &str = "oc_4f93ad9c3c27d0c3a09b98f0fdb8dfca";

async fn sim() -> FeishuApi {
    FeishuApi::start(Settings::archived(SECRET).clock(Clock::still())).await.expect("a loopback port")
}

fn access(api: &FeishuApi) -> FeishuAccess {
    let app_id = "cli_a0000000imchat01".to_owned();
    FeishuAccess { app_id, app_secret: Secret::new(SECRET), api_url: api.url() }
}

fn feishu(api: &FeishuApi) -> Feishu {
    Feishu::new(&access(api)).expect("a client")
}

fn person() -> Person {
    Person { platform: PlatformName::Feishu, tenant: "tenant0imchat001".to_owned(), user: ALICE.to_owned() }
}

fn address(thread: Option<&str>) -> Address {
    let place = Place {
        platform: PlatformName::Feishu,
        tenant: "tenant0imchat001".to_owned(),
        channel: CHAT.to_owned(),
        thread: thread.map(str::to_owned),
    };
    Address { place, only: None, reply: None }
}

fn message(feishu: &Feishu, text: &str) -> Rendered {
    feishu.render(&Outbound::markdown(text)).remove(0)
}

#[tokio::test]
async fn a_message_reaches_the_chat_the_thread_or_the_person() {
    let api = sim().await;
    let feishu = feishu(&api);
    let said = message(&feishu, "hi");
    let private = Address { only: Some(person()), ..address(None) };
    for to in [address(None), address(Some("om_root")), private] {
        let sent = feishu.send(&to, &said, &format!("{to:?}")).await.expect("sent");
        assert_eq!(api.messages().last().map(|message| message.id.clone()), sent.message);
    }
    let receivers: Vec<Receiver> = api.messages().into_iter().map(|message| message.receiver).collect();
    let thread = Receiver::Reply { to: "om_root".to_owned(), in_thread: true };
    assert_eq!(receivers, [Receiver::Chat(CHAT.to_owned()), thread, Receiver::Person(ALICE.to_owned())]);
    assert_eq!(text(&api.messages()[0].content, "/body/elements/0/content"), Some("hi"));
}

#[tokio::test]
async fn a_step_that_is_made_again_stands_there_once() {
    let api = sim().await;
    let feishu = feishu(&api);
    let said = message(&feishu, "hi");
    api.answer_next(Fault::LostResponse);
    let lost = feishu.send(&address(None), &said, "job/answer").await;
    assert_eq!(lost, Err(SendError::Unknown("it answered with a server error")));
    let sent = feishu.send(&address(None), &said, "job/answer").await.expect("sent");
    assert_eq!(api.messages().len(), 1);
    assert_eq!(sent.message, Some(api.messages()[0].id.clone()));
    assert!(api.messages()[0].uuid.as_ref().is_some_and(|uuid| uuid.len() <= 50));
}

#[tokio::test]
async fn a_card_that_stands_is_edited_for_fourteen_days() {
    let api = sim().await;
    let feishu = feishu(&api);
    let sent = feishu.send(&address(None), &message(&feishu, "one"), "k").await.expect("sent");
    feishu.edit(&sent, &message(&feishu, "two")).await.expect("edited");
    assert_eq!(api.messages()[0].edits, 1);
    assert_eq!(text(&api.messages()[0].content, "/body/elements/0/content"), Some("two"));
    api.clock().advance(Duration::from_secs(15 * 24 * 3600));
    let late = feishu.edit(&sent, &message(&feishu, "three")).await;
    assert!(matches!(late, Err(SendError::Refused { code, .. }) if code == "230031"));
}

#[tokio::test]
async fn the_token_is_fetched_once_however_many_ask() {
    let api = sim().await;
    let feishu = feishu(&api);
    let (to, said) = (address(None), message(&feishu, "hi"));
    let (a, b, c) =
        tokio::join!(feishu.send(&to, &said, "1"), feishu.send(&to, &said, "2"), feishu.send(&to, &said, "3"));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(api.token_calls(), 1);
}

#[tokio::test]
async fn a_token_that_ended_early_is_fetched_anew() {
    let api = sim().await;
    let feishu = feishu(&api);
    feishu.send(&address(None), &message(&feishu, "one"), "1").await.expect("sent");
    // The platform's clock runs ahead of the bot's.
    api.clock().advance(Duration::from_secs(7201));
    feishu.send(&address(None), &message(&feishu, "two"), "2").await.expect("sent");
    assert_eq!((api.token_calls(), api.messages().len()), (2, 2));
}

#[tokio::test]
async fn a_wrong_secret_is_told_without_it() {
    let api = sim().await;
    let access = FeishuAccess { app_secret: Secret::new("hush"), ..access(&api) };
    let feishu = Feishu::new(&access).expect("a client");
    let refused = feishu.whoami().await.expect_err("refused");
    assert!(refused.to_string().contains("10014: set FEISHU_APP_ID"), "{refused}");
    assert!(!format!("{refused:?} {feishu:?} {access:?}").contains("hush"));
}

#[tokio::test]
async fn errors_are_sorted_by_what_may_be_done() {
    let api = sim().await;
    let feishu = feishu(&api);
    let said = message(&feishu, "hi");
    for (fault, error) in [
        (Fault::RateLimited { reset: 7 }, SendError::RateLimited { retry_after: Some(Duration::from_secs(7)) }),
        (Fault::Code(230_020), SendError::RateLimited { retry_after: None }),
        (Fault::Code(99_991_400), SendError::RateLimited { retry_after: None }),
        (Fault::Status(StatusCode::BAD_GATEWAY), SendError::Unknown("it answered with a server error")),
    ] {
        api.answer_next(fault);
        assert_eq!(feishu.send(&address(None), &said, "k").await, Err(error));
    }
    for (fault, code) in [(Fault::Code(230_002), "230002"), (Fault::Status(StatusCode::NOT_FOUND), "http_404")] {
        api.answer_next(fault);
        let refused = feishu.send(&address(None), &said, "k").await;
        assert!(matches!(&refused, Err(SendError::Refused { code: found, .. }) if found == code), "{refused:?}");
    }
    let elsewhere = Address { place: Place { channel: "oc_other".to_owned(), ..address(None).place }, ..address(None) };
    let refused = feishu.send(&elsewhere, &said, "k").await.expect_err("refused");
    assert!(refused.to_string().contains("230002: add the bot to the chat"), "{refused}");
    api.stop().await;
    assert_eq!(feishu.send(&address(None), &said, "k").await, Err(SendError::Unreachable));
}

#[tokio::test]
async fn five_messages_a_second_to_a_chat_are_too_many() {
    let api = sim().await;
    let feishu = feishu(&api);
    let said = message(&feishu, "hi");
    for n in 0..5 {
        feishu.send(&address(None), &said, &n.to_string()).await.expect("sent");
    }
    assert!(matches!(feishu.send(&address(None), &said, "5").await, Err(SendError::RateLimited { .. })));
    api.clock().advance(Duration::from_secs(2));
    feishu.send(&address(None), &said, "5").await.expect("sent");
}

#[tokio::test]
async fn people_are_looked_up_with_their_departments() {
    let gone = User { name: "Bo".to_owned(), departments: vec![], resigned: true };
    let api = FeishuApi::start(Settings::archived(SECRET).user("ou_bo", gone)).await.expect("a port");
    let feishu = feishu(&api);
    let alice = feishu.identify(&person()).await.expect("a profile");
    let groups = vec!["od-oncall".to_owned()];
    assert_eq!(alice, Profile { name: "Alice".to_owned(), standing: Standing::Member, groups });
    let bo = feishu.identify(&Person { user: "ou_bo".to_owned(), ..person() }).await.expect("a profile");
    assert_eq!(bo.standing, Standing::Gone);
    // An id is one segment of the path, whatever it holds.
    let nobody = feishu.identify(&Person { user: "../../im/v1/messages".to_owned(), ..person() }).await;
    assert!(matches!(nobody, Err(SendError::Refused { code, .. }) if code == "41050"));
    assert_eq!(feishu.whoami().await.expect("a bot"), "ou_55b56614487e7ffd7b4504cb3f1a5e44");
}

#[tokio::test]
async fn a_form_goes_to_the_one_who_pressed() {
    let api = sim().await;
    let feishu = feishu(&api);
    let click = Click {
        person: person(),
        place: address(None).place,
        action: Action::new("approve", "p-1").expect("an action"),
        value: None,
        card: None,
        trigger: None,
        reply: None,
    };
    let prompt = Prompt { title: "Passcode".to_owned(), label: "Your passcode".to_owned(), submit: "Send".to_owned() };
    feishu.ask(&click, &Action::new("passcode", "p-1").expect("an action"), &prompt).await.expect("asked");
    assert_eq!(api.messages()[0].receiver, Receiver::Person(ALICE.to_owned()));
    assert_eq!(text(&api.messages()[0].content, "/body/elements/0/tag"), Some("form"));
}
