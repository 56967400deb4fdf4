use chat_sim::slack_api::{Fault, Settings, SlackApi};
use http::StatusCode;

use super::*;
use crate::config::Secret;
use crate::who::Place;

const TOKEN: &str = "xoxb-sim";

async fn sim() -> SlackApi {
    SlackApi::start(Settings::new(TOKEN)).await.expect("a loopback port")
}

fn slack(api: &SlackApi) -> Slack {
    let access = SlackAccess { token: Secret::new(TOKEN), api_url: api.url() };
    Slack::new(&access).expect("a client")
}

fn person() -> Person {
    Person { platform: PlatformName::Slack, tenant: "T0SIM".to_owned(), user: "U0ADA".to_owned() }
}

fn address() -> Address {
    let place = Place {
        platform: PlatformName::Slack,
        tenant: "T0SIM".to_owned(),
        channel: "C0GENERAL".to_owned(),
        thread: Some("1700000000.000100".to_owned()),
    };
    Address { place, only: None, reply: None }
}

fn message(slack: &Slack, text: &str) -> Rendered {
    slack.render(&Outbound::markdown(text)).remove(0)
}

#[tokio::test]
async fn a_message_reaches_its_thread_and_carries_its_step() {
    let api = sim().await;
    let slack = slack(&api);
    let sent = slack.send(&address(), &message(&slack, "a <b>"), "job/answer").await.expect("sent");
    let posts = api.posts();
    assert_eq!(posts[0].ts(), sent.message.as_deref());
    assert_eq!(posts[0].thread_ts.as_deref(), Some("1700000000.000100"));
    assert_eq!(posts[0].text, "a &lt;b&gt;");
    assert_eq!(posts[0].arguments["metadata"]["event_payload"]["key"], "job/answer");
    assert_eq!(posts[0].arguments["unfurl_links"], false);
    assert_eq!(posts[0].arguments["unfurl_media"], false);
    assert_eq!(posts[0].arguments["parse"], "none");
}

#[tokio::test]
async fn a_message_that_stands_is_edited() {
    let api = sim().await;
    let slack = slack(&api);
    let sent = slack.send(&address(), &message(&slack, "one"), "k").await.expect("sent");
    slack.edit(&sent, &message(&slack, "two")).await.expect("edited");
    assert_eq!(api.posts()[0].text, "two");
    let gone = Sent { message: Some("1.000001".to_owned()), ..sent };
    let refused = slack.edit(&gone, &message(&slack, "three")).await.expect_err("gone");
    assert!(refused.to_string().contains("message_not_found: the message was deleted"), "{refused}");
}

#[tokio::test]
async fn an_answer_that_does_not_say_ok_is_none() {
    let api = sim().await;
    let slack = slack(&api);
    let sent = slack.send(&address(), &message(&slack, "one"), "k").await.expect("sent");
    api.answer_next(Fault::Status(StatusCode::NO_CONTENT));
    let edited = slack.edit(&sent, &message(&slack, "two")).await;
    assert_eq!(edited, Err(SendError::Unknown("it answered with something else than Slack does")));
    assert_eq!(api.posts()[0].text, "one");
}

#[tokio::test]
async fn an_ephemeral_notice_is_for_one_person_and_cannot_be_edited() {
    let api = sim().await;
    let slack = slack(&api);
    let to = Address { only: Some(person()), ..address() };
    let sent = slack.send(&to, &message(&slack, "psst"), "k").await.expect("sent");
    assert_eq!(sent.message, None);
    assert!(api.posts().is_empty());
    let notice = &api.ephemerals()[0];
    assert_eq!((notice.channel.as_str(), notice.user.as_str(), notice.text.as_str()), ("C0GENERAL", "U0ADA", "psst"));
    assert!(matches!(slack.edit(&sent, &message(&slack, "x")).await, Err(SendError::Refused { .. })));
}

#[tokio::test]
async fn a_response_url_is_used_until_it_ends() {
    let api = sim().await;
    let slack = slack(&api);
    let reply = ReplyRoute::SlackResponseUrl(api.response_url("C0GENERAL", "U0ADA"));
    let to = Address { reply: Some(reply), ..address() };
    for _ in 0..5 {
        slack.send(&to, &message(&slack, "hi"), "k").await.expect("sent");
    }
    assert_eq!(slack.send(&to, &message(&slack, "hi"), "k").await, Err(SendError::RouteEnded));
    assert_eq!(api.responses().len(), 5);
    assert!(api.responses().iter().all(|said| said.body["response_type"] == "in_channel" && !said.ephemeral));
    let only = Address {
        only: Some(person()),
        reply: Some(ReplyRoute::SlackResponseUrl(api.response_url("C0GENERAL", "U0ADA"))),
        ..address()
    };
    slack.send(&only, &message(&slack, "psst"), "k").await.expect("sent");
    assert!(api.responses()[5].ephemeral);
}

#[tokio::test]
async fn a_response_url_ends_after_half_an_hour() {
    let api = sim().await;
    let slack = slack(&api);
    let to = Address { reply: Some(ReplyRoute::SlackResponseUrl(api.response_url("C0GENERAL", "U0ADA"))), ..address() };
    api.clock().advance(Duration::from_secs(30 * 60 + 1));
    assert_eq!(slack.send(&to, &message(&slack, "hi"), "k").await, Err(SendError::RouteEnded));
}

#[tokio::test]
async fn a_response_url_that_leads_elsewhere_is_not_called_and_the_api_is_used() {
    let api = sim().await;
    let slack = slack(&api);
    let local = api.response_url("C0GENERAL", "U0ADA").replace("127.0.0.1", "localhost");
    for url in [local, "https://hooks.slack.com/commands/T1/2/abc".to_owned(), "https://evil.example/".to_owned()] {
        let to = Address { reply: Some(ReplyRoute::SlackResponseUrl(url.clone())), ..address() };
        assert_eq!(slack.send(&to, &message(&slack, "hi"), "k").await, Err(SendError::RouteEnded), "{url}");
    }
    assert!(api.responses().is_empty());
}

fn click(trigger: String) -> Click {
    Click {
        person: person(),
        place: address().place,
        action: Action::new("approve", "p-1").expect("an action"),
        value: None,
        card: Some("1.000002".to_owned()),
        trigger: Some(trigger),
        reply: None,
    }
}

#[tokio::test]
async fn a_trigger_opens_one_modal_within_three_seconds() {
    let api = sim().await;
    let slack = slack(&api);
    let action = Action::new("passcode", "p-1").expect("an action");
    let prompt = Prompt { title: "Passcode".to_owned(), label: "Your passcode".to_owned(), submit: "Send".to_owned() };
    let once = click(api.trigger());
    slack.ask(&once, &action, &prompt).await.expect("opened");
    assert_eq!(api.views()[0]["callback_id"], "passcode:p-1");
    assert_eq!(slack.ask(&once, &action, &prompt).await, Err(SendError::RouteEnded));
    let late = click(api.trigger());
    api.clock().advance(Duration::from_secs(4));
    assert_eq!(slack.ask(&late, &action, &prompt).await, Err(SendError::RouteEnded));
}

#[tokio::test]
async fn people_are_looked_up_with_their_groups() {
    let api = SlackApi::start(Settings::new(TOKEN).group("oncall", ["U0ADA"]).group("other", ["U0BOB"]))
        .await
        .expect("a port");
    let slack = slack(&api);
    let profile = slack.identify(&person()).await.expect("a profile");
    assert_eq!(profile.name, "ada");
    assert_eq!(profile.standing, Standing::Member);
    assert_eq!(profile.groups, ["oncall"]);
    let partner = slack.identify(&Person { tenant: "T0OTHER".to_owned(), ..person() }).await.expect("a profile");
    assert_eq!((partner.standing, partner.groups), (Standing::Guest, vec![]));
    let nobody = slack.identify(&Person { user: "U0NOBODY".to_owned(), ..person() }).await;
    assert!(matches!(nobody, Err(SendError::Refused { code, .. }) if code == "user_not_found"));
}

#[test]
fn bots_guests_and_former_colleagues_are_told_apart() {
    let standing = |user: Value| profile(&user, &person()).map(|profile| profile.standing);
    let user = |flag: &str| json!({ "id": "U0ADA", "name": "ada", "team_id": "T0SIM", flag: true });
    assert_eq!(standing(user("is_admin")), Some(Standing::Member));
    assert_eq!(standing(user("deleted")), Some(Standing::Gone));
    assert_eq!(standing(user("is_bot")), Some(Standing::Bot));
    assert_eq!(standing(user("is_restricted")), Some(Standing::Guest));
    assert_eq!(standing(user("is_stranger")), Some(Standing::Guest));
    assert_eq!(standing(json!({ "id": "U0ADA" })), None);
}

#[tokio::test]
async fn errors_are_sorted_by_what_may_be_done() {
    let api = sim().await;
    let slack = slack(&api);
    let post = message(&slack, "hi");
    for (fault, error) in [
        (Fault::RateLimited { retry_after: 7 }, SendError::RateLimited { retry_after: Some(Duration::from_secs(7)) }),
        (Fault::Error("ratelimited"), SendError::RateLimited { retry_after: None }),
        (Fault::Error("internal_error"), SendError::Unknown("it failed inside")),
        (Fault::Status(StatusCode::BAD_GATEWAY), SendError::Unknown("it answered with a server error")),
        (Fault::LostResponse, SendError::Unknown("it answered with a server error")),
    ] {
        api.answer_next(fault);
        assert_eq!(slack.send(&address(), &post, "k").await, Err(error));
    }
    assert_eq!(api.posted(1, Duration::from_secs(5)).await.expect("the lost one").len(), 1);
    for (fault, code) in
        [(Fault::Error("not_in_channel"), "not_in_channel"), (Fault::Error("<script>"), "an unreadable code")]
    {
        api.answer_next(fault);
        assert!(
            matches!(slack.send(&address(), &post, "k").await, Err(SendError::Refused { code: found, .. }) if found == code)
        );
    }
    api.stop().await;
    assert_eq!(slack.send(&address(), &post, "k").await, Err(SendError::Unreachable));
}
