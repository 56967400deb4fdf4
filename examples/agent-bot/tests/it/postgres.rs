//! The same bot on PostgreSQL, in two processes in all but name.

use std::time::Duration;

use crate::chats::{Chat as _, HERE, Slack, Who};
use crate::play::{Play, until};
use crate::program::Scene;
use agent_bot::config::{Config, Database, Secret};
use agent_bot::ops::{Ops, Service};
use agent_bot::serve::{Bot, Role, Stopped};
use agent_bot::state::State;
use chat_sim::slack_clicks::{Pressed, buttons, press};
use chat_sim::slack_events::{Said, Workspace, app_mention};
use chat_sim::{Request, Variant};
use http::StatusCode;
use imchat_test_servers::PostgresServer;

/// A lease that was held when the server went ends first.
const LONG: Duration = Duration::from_secs(60);

/// The bot's tables, with one service in them.
async fn founded(database: &Database) -> State {
    let state = State::open(database).await.expect("the bot's tables");
    let mut tx = state.begin().await.expect("a transaction");
    let [name, health, version, on_call] = ["checkout", "healthy", "1.4.1", "Alice"].map(str::to_owned);
    Ops.found(&mut tx, &Service { name, health, version, on_call, restarts: 0 }).await.expect("a service");
    tx.commit().await.expect("durable");
    state
}

async fn changed(state: &State, sql: &'static str) {
    let mut tx = state.begin().await.expect("a transaction");
    tx.query(sql).rows().await.expect("changed");
    tx.commit().await.expect("durable");
}

async fn counted(state: &State, sql: &'static str) -> i64 {
    let mut tx = state.read().await.expect("a transaction");
    tx.query(sql).row().await.expect("read").expect("a row").number("there").expect("a number")
}

#[tokio::test]
async fn an_ingress_and_two_executors_share_a_postgres_and_an_effect_takes_place_once() {
    let Some(server) = PostgresServer::start() else { return };
    let database = Database::Postgres(Secret::new(server.url()));
    let play = Play::with(|config| Config { database: database.clone(), ..config }).await;
    let second = Bot::start(&play.config, Role::Executor).await.expect("an executor");
    let state = founded(&database).await;
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

#[tokio::test]
async fn a_database_that_is_restarted_delays_answers_and_loses_none() {
    let Some(server) = PostgresServer::start() else { return };
    let database = Database::Postgres(Secret::new(server.url()));
    let play = Play::with(|config| Config { database, ..config }).await;
    let mention = |number: u32| {
        let said = Said {
            event_id: &format!("Ev0OUTAGE{number}"),
            channel: "C0OPS00001",
            user: "U0ALICE001",
            text: "<@U0BOT00001> hello",
            ts: &format!("170000000{number}.000100"),
            thread_ts: None,
        };
        app_mention(&Workspace::archived(), &said)
    };
    assert_eq!(play.status(&mention(0), Variant::Fresh).await, StatusCode::OK);
    server.restart().expect("the server is there again");
    // As Slack does: what is not acknowledged comes again.
    for number in 0..3 {
        until(async || play.status(&mention(number), Variant::Fresh).await == StatusCode::OK).await;
    }
    let posts = play.slack.posted(3, LONG).await.expect("all answers");
    let mut threads: Vec<_> = posts.iter().map(|post| post.thread_ts.clone().expect("a thread")).collect();
    threads.sort();
    threads.dedup();
    assert_eq!(threads.len(), 3);
}

/// Where the executor is when it is killed.
struct Point {
    name: &'static str,
    /// Holds it there.
    held: &'static str,
    let_go: &'static str,
    /// Counts 1 once it is there.
    reached: &'static str,
    /// Effects by then.
    effects: i64,
}

const HOLD: &str = "CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
    IF TG_ARGV[0] = 'refused' THEN RAISE EXCEPTION 'held'; END IF; PERFORM pg_sleep(600); RETURN NEW; END $$";
const ASLEEP: &str = "SELECT count(*) AS there FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
/// What the server does by itself once it notices that nobody is there any more.
const WAKE: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";

const POINTS: [Point; 4] = [
    Point {
        name: "approved, and begun by nobody",
        held: "CREATE TRIGGER held BEFORE UPDATE OF state ON bot_plans FOR EACH ROW WHEN (new.state = 'running') \
               EXECUTE FUNCTION held('refused')",
        let_go: "DROP TRIGGER held ON bot_plans",
        reached: "SELECT count(*) AS there FROM bot_plans WHERE state = 'approved'",
        effects: 0,
    },
    Point {
        name: "within the effect's transaction, before the effect",
        held: "CREATE TRIGGER held BEFORE INSERT ON bot_effects FOR EACH ROW EXECUTE FUNCTION held('waits')",
        let_go: "DROP TRIGGER held ON bot_effects",
        reached: ASLEEP,
        effects: 0,
    },
    Point {
        name: "within the effect's transaction, after the effect",
        held: "CREATE TRIGGER held BEFORE UPDATE OF state ON bot_plans FOR EACH ROW WHEN (new.state = 'done') \
               EXECUTE FUNCTION held('waits')",
        let_go: "DROP TRIGGER held ON bot_plans",
        reached: ASLEEP,
        effects: 0,
    },
    Point {
        name: "done, and told to nobody",
        held: "CREATE TRIGGER held BEFORE UPDATE OF state ON bot_outbox FOR EACH ROW WHEN (new.state = 'sending') \
               EXECUTE FUNCTION held('refused')",
        let_go: "DROP TRIGGER held ON bot_outbox",
        reached: "SELECT count(*) AS there FROM bot_plans WHERE state = 'done'",
        effects: 1,
    },
];

#[tokio::test]
async fn an_executor_that_is_killed_after_an_approval_leaves_one_effect() {
    for Point { name, held, let_go, reached, effects } in POINTS {
        let Some(server) = PostgresServer::start() else { return };
        let state = founded(&Database::Postgres(Secret::new(server.url()))).await;
        changed(&state, HOLD).await;
        let scene = Scene::<Slack>::open(600).await.with("DATABASE_URL", server.url());
        let (ingress, executor) = (scene.start("ingress").await, scene.start("executor").await);
        let ask = scene.chat.ask(HERE, 0, Who::Alice, "please deploy checkout 1.4.2");
        assert_eq!(scene.chat.deliver(&ingress.base, &ask, Variant::Fresh).await, StatusCode::OK);
        let unsaid = "SELECT count(*) AS there FROM bot_outbox WHERE state <> 'sent'";
        until(async || scene.chat.card().is_some() && counted(&state, unsaid).await == 0).await;
        let card = scene.chat.card().expect("a card");
        changed(&state, held).await;
        let approval = scene.chat.press(&card, Who::Bob, "approve");
        assert_eq!(scene.chat.deliver(&ingress.base, &approval, Variant::Fresh).await, StatusCode::OK);
        until(async || counted(&state, reached).await == 1).await;
        executor.kill();
        let done = "SELECT count(*) AS there FROM bot_effects";
        assert_eq!(counted(&state, done).await, effects, "{name}");

        // The leases of the dead executor are over by now.
        for sql in [WAKE, let_go, "UPDATE bot_plans SET leased_until = 0", "UPDATE bot_outbox SET leased_until = 0"] {
            changed(&state, sql).await;
        }
        let again = scene.start("executor").await;
        until(async || scene.chat.standing(&card.id).text.contains("Done: checkout runs 1.4.2")).await;
        assert_eq!(counted(&state, done).await, 1, "{name}: {}", again.log());
    }
}
