//! The whole bot on loopback ports, driven and observed by the simulator.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy.toml allows these in tests, which does not reach the functions tests share"
)]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use agent_bot::config::{Config, Previous, Secret, SigningSecrets, SlackAccess};
use agent_bot::serve::Bot;
use chat_sim::slack_api::{Fault, Settings, SlackApi};
use chat_sim::slack_events::{self, Said, Workspace};
use chat_sim::{Request, Sender, Variant, sign};
use http::{Method, StatusCode};

const SECRET: &str = "s3cret";
const TOKEN: &str = "xoxb-sim";
const SOON: Duration = Duration::from_secs(10);

struct Play {
    slack: SlackApi,
    bot: Bot,
    base: String,
    sender: Sender,
}

async fn play_with(previous: Option<Previous>) -> Play {
    let slack = SlackApi::start(Settings::new(TOKEN)).await.expect("a port");
    let bot = Bot::start(&Config {
        listen: "127.0.0.1:0".parse().expect("an address"),
        signing: SigningSecrets { current: Secret::new(SECRET), previous },
        slack: SlackAccess { token: Secret::new(TOKEN), api_url: slack.url() },
    })
    .await
    .expect("a bot");
    let base = format!("http://{}", bot.address());
    Play { slack, bot, base, sender: Sender::new(sign::slack(SECRET), sign::slack("other")) }
}

async fn play() -> Play {
    play_with(None).await
}

impl Play {
    async fn status(&self, request: &Request, variant: Variant) -> StatusCode {
        self.sender.send(&self.base, request, variant).await.expect("an answer").status
    }
}

fn said<'a>(event_id: &'a str, text: &'a str) -> Said<'a> {
    Said { event_id, channel: "C0GENERAL", user: "U0ADA", text, ts: "1700000000.000100", thread_ts: None }
}

fn mention(said: &Said<'_>) -> Request {
    slack_events::app_mention(&Workspace::default(), said)
}

#[tokio::test]
async fn one_post_of_a_person_gets_one_answer() {
    let play = play().await;
    let post = said("Ev1", "<@U0BOT> ping");
    assert_eq!(play.status(&mention(&post), Variant::Fresh).await, StatusCode::OK);
    let copy = slack_events::message(&Workspace::default(), &Said { event_id: "Ev2", ..post }, "channel");
    assert_eq!(play.status(&copy, Variant::Fresh).await, StatusCode::OK);
    let retry = Variant::Retry { num: 1, reason: "http_timeout" };
    assert_eq!(play.status(&mention(&post), retry).await, StatusCode::OK);

    let drained = play.bot.stop().await;
    assert_eq!((drained.answered, drained.ignored, drained.abandoned), (1, 1, 0));
    let posts = play.slack.posts();
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0].text, "pong");
    assert_eq!(posts[0].thread_ts.as_deref(), Some("1700000000.000100"));
}

#[tokio::test]
async fn a_command_is_answered_in_its_channel() {
    let play = play().await;
    let request = slack_events::slash_command(&Workspace::default(), "C0GENERAL", "U0ADA", "/ask", "ping", "1.2.abc");
    assert_eq!(play.status(&request, Variant::Fresh).await, StatusCode::OK);
    let posts = play.slack.posted(1, SOON).await.expect("an answer");
    assert_eq!((posts[0].channel.as_str(), posts[0].thread_ts.as_deref()), ("C0GENERAL", None));
}

#[tokio::test]
async fn only_proved_requests_get_through_on_every_route() {
    let play = play().await;
    let requests = [
        mention(&said("Ev1", "ping")),
        slack_events::slash_command(&Workspace::default(), "C0GENERAL", "U0ADA", "/ask", "ping", "1.2.abc"),
        slack_events::interaction(&serde_json::json!({ "type": "block_actions" })),
        slack_events::url_verification("word"),
    ];
    let long = Duration::from_secs(400);
    for request in &requests {
        for variant in
            [Variant::Unsigned, Variant::Forged, Variant::Tampered, Variant::Stale(long), Variant::Future(long)]
        {
            assert_eq!(play.status(request, variant).await, StatusCode::UNAUTHORIZED, "{variant:?}");
        }
    }
    let drained = play.bot.stop().await;
    assert_eq!(drained, agent_bot::executor::Drained::default());
    assert!(play.slack.posts().is_empty());
}

#[tokio::test]
async fn a_previous_secret_counts_until_its_time() {
    let previous = |until| Some(Previous { secret: Secret::new("old"), until });
    let old = Sender::new(sign::slack("old"), sign::slack("other"));
    for (until, status) in [(Some(4_102_444_800), 200), (None, 200), (Some(1), 401)] {
        let play = play_with(previous(until)).await;
        let delivery = old.send(&play.base, &mention(&said("Ev1", "ping")), Variant::Fresh).await.expect("an answer");
        assert_eq!(delivery.status.as_u16(), status, "{until:?}");
        assert_eq!(play.status(&mention(&said("Ev2", "ping")), Variant::Fresh).await, StatusCode::OK);
    }
}

#[tokio::test]
async fn an_answer_waits_for_a_rate_limit() {
    let play = play().await;
    play.slack.answer_next(Fault::RateLimited { retry_after: 1 });
    assert_eq!(play.status(&mention(&said("Ev1", "ping")), Variant::Fresh).await, StatusCode::OK);
    let posts = play.slack.posted(1, SOON).await.expect("an answer");
    assert_eq!(posts.len(), 1);
    assert_eq!(play.slack.posts().len(), 2, "one refused, one accepted");
}

#[tokio::test]
async fn what_was_acknowledged_is_answered_before_the_bot_stops() {
    let play = play().await;
    play.slack.answer_next(Fault::RateLimited { retry_after: 1 });
    let make = |index: usize| mention(&said(&format!("Ev{index}"), "ping"));
    for result in play.sender.burst(&play.base, 10, 4, make).await {
        assert_eq!(result.expect("an answer").status, StatusCode::OK);
    }
    let drained = play.bot.stop().await;
    assert_eq!((drained.answered, drained.abandoned), (10, 0));
    assert_eq!(play.slack.posted(10, SOON).await.expect("all answers").len(), 10);
}

#[tokio::test]
async fn health_and_methods() {
    let play = play().await;
    let mut request = Request::post("/healthz", "text/plain", "");
    request.method = Method::GET;
    for path in ["/healthz", "/readyz"] {
        path.clone_into(&mut request.target);
        assert_eq!(play.status(&request, Variant::Unsigned).await, StatusCode::OK, "{path}");
    }
    for path in ["/slack/events", "/slack/interactions", "/slack/commands"] {
        path.clone_into(&mut request.target);
        assert_eq!(play.status(&request, Variant::Fresh).await, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
}

/// The program, with nothing of this process's environment in it.
fn program(command: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_agent-bot"));
    program.arg(command).env_clear().stdin(Stdio::null());
    program
}

#[test]
fn the_demo_ends_well() {
    let output = program("demo").output().expect("it runs");
    let out = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{out}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(out.ends_with("all 7 as they should be\n"), "{out}");
}

#[test]
fn a_missing_variable_ends_the_program_with_its_name() {
    let output = program("serve").env("SLACK_BOT_TOKEN", "xoxb-hush").output().expect("it runs");
    let error = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1));
    assert!(error.starts_with("agent-bot: SLACK_SIGNING_SECRET is not set: "), "{error}");
    assert!(!error.contains("hush"));
}

#[cfg(unix)]
#[tokio::test]
async fn the_program_says_where_it_listens_and_finishes_its_answers_on_sigterm() {
    let slack = SlackApi::start(Settings::new(TOKEN)).await.expect("a port");
    slack.answer_next(Fault::RateLimited { retry_after: 1 });
    let mut child = program("serve")
        .env("SLACK_SIGNING_SECRET", SECRET)
        .env("SLACK_BOT_TOKEN", TOKEN)
        .env("SLACK_API_URL", slack.url())
        .env("LISTEN_ADDR", "127.0.0.1:0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let base = line.trim_end().strip_prefix("listening on ").expect("the announcement").to_owned();

    let sender = Sender::new(sign::slack(SECRET), sign::slack("other"));
    let delivery = sender.send(&base, &mention(&said("Ev1", "ping")), Variant::Fresh).await.expect("an answer");
    assert_eq!(delivery.status, StatusCode::OK);
    let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs");
    assert!(told.success());

    let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await.expect("waited").expect("output");
    let log = String::from_utf8(output.stderr).expect("text");
    assert!(output.status.success(), "{log}");
    assert_eq!(slack.posts().iter().filter(|post| post.ts().is_some()).count(), 1, "{log}");
    assert!(log.contains("the queue is in memory"), "{log}");
    assert!(!log.contains(SECRET) && !log.contains(TOKEN), "{log}");
}
