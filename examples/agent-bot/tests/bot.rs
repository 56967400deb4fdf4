//! The whole bot on loopback ports, driven and observed by the simulator.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy.toml allows these in tests, which does not reach the functions tests share"
)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use agent_bot::config::{Config, Database, Previous, Secret, SigningSecrets, SlackAccess};
use agent_bot::executor::Worked;
use agent_bot::serve::Bot;
use chat_sim::slack_api::{Fault, Settings, SlackApi};
use chat_sim::slack_events::{self, Said, Workspace};
use chat_sim::{Request, Sender, Sign, Variant, archive, sign};
use http::{Method, StatusCode};
use imchat_inbox::{SqliteInbox, Upkeep};
use imchat_test_servers::Folder;

const SECRET: &str = "s3cret";
const TOKEN: &str = "xoxb-sim";
const SOON: Duration = Duration::from_secs(10);

struct Play {
    slack: SlackApi,
    bot: Bot,
    base: String,
    sender: Sender,
    inbox: SqliteInbox,
    _folder: Folder,
}

async fn play_with(previous: Option<Previous>) -> Play {
    let slack = SlackApi::start(Settings::archived(TOKEN)).await.expect("a port");
    let folder = Folder::new("bot").expect("a folder");
    let file = folder.path().join("inbox.db");
    let bot = Bot::start(&Config {
        listen: "127.0.0.1:0".parse().expect("an address"),
        signing: SigningSecrets { current: Secret::new(SECRET), previous },
        slack: SlackAccess { token: Secret::new(TOKEN), api_url: slack.url() },
        database: Database::Sqlite(file.clone()),
    })
    .await
    .expect("a bot");
    let base = format!("http://{}", bot.address());
    let inbox = SqliteInbox::open(&file).await.expect("the bot's inbox");
    let sender = Sender::new(sign::slack(SECRET), sign::slack("other"));
    Play { slack, bot, base, sender, inbox, _folder: folder }
}

/// Looks until the inbox has this depth and this many jobs that wait.
async fn until(inbox: &SqliteInbox, reached: impl Fn(u64, u64) -> bool) {
    let looking = async {
        loop {
            let counts = inbox.counts().await.expect("counts");
            if reached(counts.depth(), counts.waiting) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(SOON, looking).await.expect("in time");
}

async fn play() -> Play {
    play_with(None).await
}

impl Play {
    async fn status(&self, request: &Request, variant: Variant) -> StatusCode {
        self.sender.send(&self.base, request, variant).await.expect("an answer").status
    }

    /// Stops the bot once its inbox holds no more work: what it did.
    async fn worked(self) -> (SlackApi, Worked) {
        until(&self.inbox, |depth, _| depth == 0).await;
        let stopped = self.bot.stop().await;
        assert_eq!(stopped.left, Some(0));
        (self.slack, stopped.worked)
    }
}

/// One of the archived requests, by its name.
fn archived(name: &str) -> Request {
    archive::read(archive_folder().join(name).with_extension("http")).expect("an archived request")
}

/// All of them, by name.
fn whole_archive() -> Vec<(String, Request)> {
    let files = archive_folder().read_dir().expect("the archive").map(|entry| entry.expect("an entry").path());
    let name = |file: &Path| file.file_stem().expect("a name").to_string_lossy().into_owned();
    let mut all: Vec<_> = files.map(|file| (name(&file), archive::read(&file).expect("a request"))).collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

fn archive_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/payloads/slack")
}

/// The archived mention as an event of its own.
fn mention(event_id: &str) -> Request {
    slack_events::another(&archived("app_mention"), event_id, "1700000000.000100").expect("an event")
}

#[tokio::test]
async fn one_post_of_a_person_gets_one_answer() {
    let play = play().await;
    let mention = archived("app_mention");
    assert_eq!(play.status(&mention, Variant::Fresh).await, StatusCode::OK);
    let post = Said {
        event_id: "Ev0COPY00001",
        channel: "C0OPS00001",
        user: "U0ALICE001",
        text: "<@U0BOT00001> what is the status of checkout?",
        ts: "1699999999.123459",
        thread_ts: None,
    };
    let copy = slack_events::message(&Workspace::archived(), &post, "channel");
    assert_eq!(play.status(&copy, Variant::Fresh).await, StatusCode::OK);
    let retry = Variant::Retry { num: 1, reason: "http_timeout" };
    assert_eq!(play.status(&mention, retry).await, StatusCode::OK);

    let (slack, worked) = play.worked().await;
    assert_eq!(worked, Worked { answered: 1, ignored: 1, ..Worked::default() });
    let posts = slack.posts();
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0].text, "You said: what is the status of checkout?");
    assert_eq!(posts[0].thread_ts.as_deref(), Some("1699999999.123459"));
}

#[tokio::test]
async fn of_all_that_slack_sends_only_what_is_said_to_the_bot_is_answered() {
    let play = play().await;
    // Those that share the mention's event id come after it and are duplicates of it.
    for (name, request) in whole_archive() {
        assert_eq!(play.status(&request, Variant::Fresh).await, StatusCode::OK, "{name}");
    }
    let (slack, worked) = play.worked().await;
    assert_eq!((worked.answered, worked.refused, worked.put_off), (3, 0, 0));
    let posts = slack.posts();
    let mut answers: Vec<_> =
        posts.iter().map(|post| (post.channel.as_str(), post.thread_ts.as_deref(), post.text.as_str())).collect();
    answers.sort_unstable();
    let status = "You said: what is the status of checkout?";
    let expected = [
        ("C0OPS00001", None, status),
        ("C0OPS00001", Some("1699999999.123459"), status),
        ("D0ALICE001", Some("1699999999.310449"), "You said: who is on call tonight?"),
    ];
    assert_eq!(answers, expected);
}

#[tokio::test]
async fn only_proved_requests_get_through_on_every_route() {
    let play = play().await;
    let long = Duration::from_secs(400);
    for (name, request) in whole_archive() {
        for variant in
            [Variant::Unsigned, Variant::Forged, Variant::Tampered, Variant::Stale(long), Variant::Future(long)]
        {
            assert_eq!(play.status(&request, variant).await, StatusCode::UNAUTHORIZED, "{name} {variant:?}");
        }
    }
    let (slack, worked) = play.worked().await;
    assert_eq!(worked, Worked::default());
    assert!(slack.posts().is_empty());
}

#[tokio::test]
async fn a_signature_counts_for_its_own_body_only_and_a_refused_request_takes_nothing_from_the_right_one() {
    let play = play().await;
    let (slack, mention) = (sign::slack(SECRET), archived("app_mention"));
    let body = mention.body.clone();
    let interceptor = Sender::new(move |_: &[u8], at| slack.sign(&body, at), sign::slack("other"));
    for (request, status) in [(&archived("tampered"), StatusCode::UNAUTHORIZED), (&mention, StatusCode::OK)] {
        let delivery = interceptor.send(&play.base, request, Variant::Fresh).await.expect("an answer");
        assert_eq!(delivery.status, status);
    }
    let (slack, worked) = play.worked().await;
    assert_eq!(worked.answered, 1);
    assert_eq!(slack.posts()[0].text, "You said: what is the status of checkout?");
}

#[tokio::test]
async fn a_previous_secret_counts_until_its_time() {
    let previous = |until| Some(Previous { secret: Secret::new("old"), until });
    let old = Sender::new(sign::slack("old"), sign::slack("other"));
    for (until, status) in [(Some(4_102_444_800), 200), (None, 200), (Some(1), 401)] {
        let play = play_with(previous(until)).await;
        let delivery = old.send(&play.base, &mention("Ev1"), Variant::Fresh).await.expect("an answer");
        assert_eq!(delivery.status.as_u16(), status, "{until:?}");
        assert_eq!(play.status(&mention("Ev2"), Variant::Fresh).await, StatusCode::OK);
    }
}

#[tokio::test]
async fn an_answer_waits_for_a_rate_limit() {
    let play = play().await;
    play.slack.answer_next(Fault::RateLimited { retry_after: 1 });
    assert_eq!(play.status(&mention("Ev1"), Variant::Fresh).await, StatusCode::OK);
    let posts = play.slack.posted(1, SOON).await.expect("an answer");
    assert_eq!(posts.len(), 1);
    assert_eq!(play.slack.posts().len(), 2, "one refused, one accepted");
}

#[tokio::test]
async fn what_was_acknowledged_is_answered_across_a_rate_limit() {
    let play = play().await;
    play.slack.answer_next(Fault::RateLimited { retry_after: 1 });
    let mentions = (0..10).map(|index| mention(&format!("Ev0BURST{index}")));
    for result in play.sender.burst(&play.base, 4, mentions).await {
        assert_eq!(result.expect("an answer").status, StatusCode::OK);
    }
    let (slack, worked) = play.worked().await;
    assert_eq!((worked.answered, worked.put_off), (10, 1));
    assert_eq!(slack.posted(10, SOON).await.expect("all answers").len(), 10);
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
    assert!(out.ends_with("all 11 as they should be\n"), "{out}");
    for line in out.lines() {
        assert!(line.chars().count() <= 80, "wider than a terminal: {line}");
    }
}

#[test]
fn a_missing_variable_ends_the_program_with_its_name() {
    let output = program("serve").env("SLACK_BOT_TOKEN", "xoxb-hush").output().expect("it runs");
    let error = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1));
    assert!(error.starts_with("agent-bot: SLACK_SIGNING_SECRET is not set: "), "{error}");
    assert!(!error.contains("hush"));
}

/// The bot as a process of its own on this file, and where it listens.
#[cfg(unix)]
fn serving(file: &Path, slack: &SlackApi) -> (std::process::Child, String) {
    let mut child = program("serve")
        .env("SLACK_SIGNING_SECRET", SECRET)
        .env("SLACK_BOT_TOKEN", TOKEN)
        .env("SLACK_API_URL", slack.url())
        .env("LISTEN_ADDR", "127.0.0.1:0")
        .env("DATABASE_URL", format!("sqlite:{}", file.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let base = line.trim_end().strip_prefix("listening on ").expect("the announcement").to_owned();
    (child, base)
}

#[cfg(unix)]
async fn ended(mut child: std::process::Child, signal: &str) -> (bool, String) {
    let told = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs");
    assert!(told.success());
    let output = tokio::task::spawn_blocking(move || {
        let status = child.wait().expect("an end");
        let mut log = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().expect("piped"), &mut log).expect("text");
        (status.success(), log)
    });
    output.await.expect("waited")
}

#[cfg(unix)]
#[tokio::test]
async fn what_was_acknowledged_and_not_answered_is_answered_after_the_next_start() {
    for (signal, ends_well) in [("-TERM", true), ("-KILL", false)] {
        let folder = Folder::new("bot").expect("a folder");
        let file = folder.path().join("inbox.db");
        let slack = SlackApi::start(Settings::archived(TOKEN)).await.expect("a port");
        slack.answer_next(Fault::RateLimited { retry_after: 1 });
        let (child, base) = serving(&file, &slack);
        let sender = Sender::new(sign::slack(SECRET), sign::slack("other"));
        let delivery = sender.send(&base, &mention("Ev1"), Variant::Fresh).await.expect("an answer");
        assert_eq!(delivery.status, StatusCode::OK);
        let inbox = SqliteInbox::open(&file).await.expect("the bot's inbox");
        until(&inbox, |_, waiting| !slack.posts().is_empty() && waiting > 0).await;

        let (well, log) = ended(child, signal).await;

        assert_eq!(well, ends_well, "{log}");
        assert!(!log.contains(SECRET) && !log.contains(TOKEN), "{log}");
        assert_eq!(slack.posts().len(), 1, "one that was refused: {log}");
        let (again, _) = serving(&file, &slack);
        until(&inbox, |depth, _| depth == 0).await;
        let (_, log) = ended(again, "-TERM").await;
        let posts = slack.posts();
        let answered: Vec<_> = posts.iter().filter(|post| post.ts().is_some()).collect();
        assert_eq!(answered.len(), 1, "{log}");
        assert_eq!(answered[0].thread_ts.as_deref(), Some("1700000000.000100"));
    }
}
