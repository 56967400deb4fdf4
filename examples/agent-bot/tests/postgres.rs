//! The same bot on PostgreSQL, in two processes in all but name.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy.toml allows these in tests, which does not reach the functions tests share"
)]

mod common;

use agent_bot::config::{Config, Database, Secret};
use agent_bot::ops::{Ops, Service};
use agent_bot::serve::{Bot, Role, Stopped};
use agent_bot::state::State;
use chat_sim::slack_clicks::{Pressed, buttons, press};
use chat_sim::slack_events::{Said, Workspace, app_mention};
use chat_sim::{Request, Variant};
use common::{Play, until};
use http::StatusCode;
use imchat_test_servers::PostgresServer;

#[tokio::test]
async fn an_ingress_and_two_executors_share_a_postgres_and_an_effect_takes_place_once() {
    let Some(server) = PostgresServer::start() else { return };
    let database = Database::Postgres(Secret::new(server.url()));
    let play = Play::with(|config| Config { database: database.clone(), ..config }).await;
    let second = Bot::start(&play.config, Role::Executor).await.expect("an executor");
    let state = State::open(&database).await.expect("the bot's tables");
    let mut tx = state.begin().await.expect("a transaction");
    let [name, health, version, on_call] = ["checkout", "healthy", "1.4.1", "Alice"].map(str::to_owned);
    Ops.found(&mut tx, &Service { name, health, version, on_call, restarts: 0 }).await.expect("a service");
    tx.commit().await.expect("durable");

    let said = Said {
        event_id: "Ev0RESTART01",
        channel: "C0OPS00001",
        user: "U0ALICE001",
        text: "<@U0BOT00001> please restart checkout",
        ts: "1700000000.000100",
        thread_ts: None,
    };
    let mention = app_mention(&Workspace::archived(), &said);
    assert_eq!(play.status(&mention, Variant::Fresh).await, StatusCode::OK);
    let card = || play.slack.posts().into_iter().find(|post| post.ts().is_some() && !buttons(post).is_empty());
    until(async || card().is_some()).await;
    let card = card().expect("a card");
    let clicks: Vec<Request> = (0..6)
        .map(|_| {
            let (trigger, url) = (play.slack.trigger(), play.slack.response_url("C0OPS00001", "U0BOB00001"));
            let action_id = &buttons(&card)[0].1;
            let pressed = Pressed { user: "U0BOB00001", card: &card, action_id, trigger: &trigger, response_url: &url };
            press(&Workspace::archived(), &pressed)
        })
        .collect();
    for sent in play.sender.burst(&play.base, 6, clicks).await {
        assert_eq!(sent.expect("an answer").status, StatusCode::OK);
    }
    until(async || play.slack.updates().last().is_some_and(|update| update.text.contains("checkout was restarted")))
        .await;
    until(async || play.slack.responses().len() == 5).await;
    let mut tx = state.read().await.expect("a transaction");
    assert_eq!(Ops.effects(&mut tx).await.expect("read"), 1);
    let service = Ops.service(&mut tx, "checkout").await.expect("read").expect("the service");
    assert_eq!(service.restarts, 1);
    drop(tx);
    let nothing = Stopped { jobs: Some(0), unsaid: Some(0), dead: Some(0) };
    assert_eq!((second.stop().await, play.bot.stop().await), (nothing, nothing));
}
