use std::convert::Infallible;

use axum::Router;
use chat_sim::discord_api::{Acting, Settings};
use chat_sim::discord_events::{self, Guild, Pressed};
use chat_sim::{Clock, DiscordApi, Sender, Sign as _, sign};
use http_body_util::BodyExt as _;
use imchat_axum::Webhook;
use imchat_verify::inbox::Accepted;
use imchat_verify::providers::Discord;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tower::ServiceExt as _;

use super::*;
use crate::config::Secret;
use crate::ingress::shelf::Shelf;
use crate::platform::discord::DiscordAccess;
use crate::platform::{Client as _, Decoded, Prompt};

const KEY: &str = "271131b34070f5210bbdd498c9dc32dc7b1ecac08d59429847f03b51901da552";
const SEED: &str = "696d636861742d746573742d646973636f72642d656432353531392d73656564";
const ALICE: &str = "900000000000000004";

fn app(shelf: &Shelf) -> Router {
    let verifier = Discord::verifier(KEY).expect("a key").endpoint("interactions");
    let route = Webhook::new(verifier).inbox(shelf.clone()).expect("a route");
    Router::new().route("/discord/interactions", answering(route))
}

/// The reply to a request that was signed just now, or not at all.
async fn reply(shelf: &Shelf, request: &chat_sim::Request, signed: bool) -> (StatusCode, Value, Option<Accepted>) {
    let mut built = Request::post("/discord/interactions");
    if signed {
        for (name, value) in sign::discord(SEED).sign(&request.body, OffsetDateTime::now_utc().unix_timestamp()) {
            built = built.header(name, value);
        }
    }
    let built = built.body(Body::from(request.body.clone())).expect("a request");
    let response: Result<Response, Infallible> = app(shelf).oneshot(built).await;
    let (head, body) = response.expect("a response").into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    (head.status, serde_json::from_slice(&body).unwrap_or_default(), head.extensions.get().copied())
}

fn command(private: bool) -> chat_sim::Request {
    discord_events::command(&Guild::archived(), "1", "hush", ALICE, "hi", private)
}

fn press(custom_id: &str) -> chat_sim::Request {
    let pressed = Pressed { custom_id, message: "3", content: "Your passcode", label: "Passcode" };
    discord_events::press(&Guild::archived(), "2", "hush", ALICE, &pressed)
}

#[tokio::test]
async fn each_interaction_gets_its_answer_and_is_written_down() {
    let guild = Guild::archived();
    let form = discord_events::form(&guild, "3", "hush", ALICE, "passcode:p-1", "4711", Some("3"));
    let shelf = Shelf::default();
    for (request, answer) in [
        (command(false), json!({ "type": 5 })),
        (command(true), json!({ "type": 5, "data": { "flags": 64 } })),
        (press("approve:p-1"), json!({ "type": 6 })),
        (form, json!({ "type": 6 })),
    ] {
        let (status, body, accepted) = reply(&shelf, &request, true).await;
        assert_eq!((status, body, accepted), (StatusCode::OK, answer, Some(Accepted::New)));
    }
    assert_eq!(shelf.kept.lock().expect("no panic").len(), 4);
    let (_, body, _) = reply(&shelf, &press("?passcode:p-1"), true).await;
    assert_eq!((&body["type"], &body["data"]["custom_id"]), (&json!(9), &json!("passcode:p-1")));
}

#[tokio::test]
async fn a_ping_and_a_suggestion_are_answered_and_not_written_down() {
    let (guild, shelf) = (Guild::archived(), Shelf::default());
    let (status, body, _) = reply(&shelf, &discord_events::ping(&guild, "1", "hush"), true).await;
    assert_eq!((status, body), (StatusCode::OK, json!({ "type": 1 })));
    let (status, body, _) = reply(&shelf, &discord_events::autocomplete(&guild, "1", "hush", ALICE), true).await;
    assert_eq!((status, body), (StatusCode::OK, json!({ "type": 8, "data": { "choices": [] } })));
    assert!(shelf.kept.lock().expect("no panic").is_empty());
}

#[tokio::test]
async fn what_is_not_proved_gets_no_answer() {
    let shelf = Shelf::default();
    for request in [command(false), press("?passcode:p-1"), discord_events::ping(&Guild::archived(), "1", "hush")] {
        let (status, body, _) = reply(&shelf, &request, false).await;
        assert_eq!((status, body), (StatusCode::UNAUTHORIZED, Value::Null));
    }
    assert!(shelf.kept.lock().expect("no panic").is_empty());
}

#[tokio::test]
async fn who_waits_is_told_that_nothing_was_written_down() {
    let shelf = Shelf { broken: true, ..Shelf::default() };
    for request in [command(false), press("approve:p-1"), press("?passcode:p-1")] {
        let (status, body, accepted) = reply(&shelf, &request, true).await;
        assert_eq!((status, &body["type"], &body["data"]["flags"]), (StatusCode::OK, &json!(4), &json!(64)));
        assert_eq!(accepted, None);
    }
}

/// Everything between a card's press and the passcode that is typed into the form, over HTTP.
#[tokio::test]
async fn a_passcode_is_asked_for_and_typed() {
    const CHANNEL: &str = "900000000000000003";
    let (shelf, guild) = (Shelf::default(), Guild::archived());
    let listener = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let app = app(&shelf);
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let api = DiscordApi::start(Settings::archived("bot-token").clock(Clock::still())).await.expect("a port");
    let access = DiscordAccess { token: Secret::new("bot-token"), api_url: api.url(), public_url: None };
    let bot = crate::platform::discord::Discord::new(&access).expect("a client");
    let sender = Sender::new(sign::discord(SEED), sign::discord(SEED));
    let last = || {
        let deliveries = shelf.kept.lock().expect("no panic");
        let delivery = deliveries.last().expect("a delivery");
        bot.decode(&delivery.kind, &delivery.body)
    };

    let acting = Acting { channel: CHANNEL, user: ALICE, message: Some("3") };
    let approve = Pressed { custom_id: "approve:p-1", message: "3", content: "", label: "Approve" };
    let pressed = |token: &str| discord_events::press(&guild, "1", token, ALICE, &approve);
    api.interact(&sender, &base, &acting, pressed).await.expect("a reply");
    let Ok(Decoded::Click(click)) = last() else { panic!("a click") };
    let prompt = Prompt { title: "Passcode".to_owned(), label: "Your passcode".to_owned(), submit: "Send".to_owned() };
    bot.ask(&click, &click.action, &prompt).await.expect("asked");

    let offer = api.messages().pop().expect("an offer");
    let custom_id = offer.components[0]["components"][0]["custom_id"].as_str().expect("an id");
    let acting = Acting { message: Some(&offer.id), ..acting };
    let open = Pressed { custom_id, message: &offer.id, content: &offer.content, label: "Passcode" };
    let pressed = |token: &str| discord_events::press(&guild, "2", token, ALICE, &open);
    api.interact(&sender, &base, &acting, pressed).await.expect("a reply");
    assert_eq!(last(), Ok(Decoded::Ignored("opens a form")));

    let form = api.forms().pop().expect("a form");
    assert_eq!(
        (&form["data"]["title"], &form["data"]["components"][0]["label"]),
        (&json!("Passcode"), &json!("Your passcode"))
    );
    let custom_id = form["data"]["custom_id"].as_str().expect("an id");
    let sent = |token: &str| discord_events::form(&guild, "4", token, ALICE, custom_id, "4711", Some(&offer.id));
    api.interact(&sender, &base, &acting, sent).await.expect("a reply");
    let Ok(Decoded::Click(typed)) = last() else { panic!("a click") };
    assert_eq!((typed.action, typed.value.as_deref()), (click.action, Some("4711")));
    server.abort();
}
