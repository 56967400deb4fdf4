//! The whole bot on loopback ports, driven and observed by the simulator.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::play::{Play, SEALING, SECRET, SOON, STATUS, Store, TOKEN, archived, program, until, whole_archive};
use agent_bot::config::{Config, Previous, Secret, SigningSecrets, SlackConfig};
use agent_bot::serve::{Bot, Role};
use chat_sim::slack_api::{Fault, Settings, SlackApi};
use chat_sim::slack_events::{self, Said, Workspace};
use chat_sim::{Request, Sender, Sign, Variant, sign};
use http::{Method, StatusCode};
use imchat_inbox::Upkeep as _;
use imchat_test_servers::Folder;

/// The archived mention as an event of its own.
fn mention(event_id: &str) -> Request {
    slack_events::another(&archived("app_mention"), event_id, "1700000000.000100").expect("an event")
}

#[tokio::test]
async fn one_post_of_a_person_gets_one_answer() {
    let play = Play::start().await;
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

    let (slack, counted) = play.worked().await;
    assert_eq!((counted.sum("imchat_bot_turns_total"), counted.sum("imchat_bot_ignored_total")), (1, 1));
    let posts = slack.posts();
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0].text, STATUS);
    assert_eq!(posts[0].thread_ts.as_deref(), Some("1699999999.123459"));
}

#[tokio::test]
async fn of_all_that_slack_sends_only_what_is_said_to_the_bot_is_answered() {
    let play = Play::start().await;
    // Those that share the mention's event id come after it and are duplicates of it.
    for (name, request) in whole_archive() {
        assert_eq!(play.status(&request, Variant::Fresh).await, StatusCode::OK, "{name}");
    }
    let (slack, counted) = play.worked().await;
    assert_eq!(counted.sum("imchat_bot_turns_total"), 3);
    let posts = slack.posts();
    let mut answers: Vec<_> =
        posts.iter().map(|post| (post.channel.as_str(), post.thread_ts.as_deref(), post.text.as_str())).collect();
    answers.sort_unstable();
    let expected = [
        ("C0OPS00001", None, STATUS),
        ("C0OPS00001", Some("1699999999.123459"), STATUS),
        ("D0ALICE001", Some("1699999999.310449"), "Here is what I found: checkout: Alice"),
    ];
    assert_eq!(answers, expected);
}

#[tokio::test]
async fn only_proved_requests_get_through_on_every_route() {
    let play = Play::start().await;
    let long = Duration::from_secs(400);
    for (name, request) in whole_archive() {
        for variant in
            [Variant::Unsigned, Variant::Forged, Variant::Tampered, Variant::Stale(long), Variant::Future(long)]
        {
            assert_eq!(play.status(&request, variant).await, StatusCode::UNAUTHORIZED, "{name} {variant:?}");
        }
    }
    let (slack, counted) = play.worked().await;
    assert_eq!(counted.sum("imchat_bot_deliveries_total"), 0);
    assert!(slack.posts().is_empty());
}

#[tokio::test]
async fn a_signature_counts_for_its_own_body_only_and_a_refused_request_takes_nothing_from_the_right_one() {
    let play = Play::start().await;
    let (slack, mention) = (sign::slack(SECRET), archived("app_mention"));
    let body = mention.body.clone();
    let interceptor = Sender::new(move |_: &[u8], at| slack.sign(&body, at), sign::slack("other"));
    for (request, status) in [(&archived("tampered"), StatusCode::UNAUTHORIZED), (&mention, StatusCode::OK)] {
        let delivery = interceptor.send(&play.base, request, Variant::Fresh).await.expect("an answer");
        assert_eq!(delivery.status, status);
    }
    let (slack, counted) = play.worked().await;
    assert_eq!(counted.sum("imchat_bot_turns_total"), 1);
    assert_eq!(slack.posts()[0].text, STATUS);
}

#[tokio::test]
async fn a_previous_secret_counts_until_its_time() {
    let previous = |until| Some(Previous { secret: Secret::new("old"), until });
    let old = Sender::new(sign::slack("old"), sign::slack("other"));
    for (until, status) in [(Some(4_102_444_800), 200), (None, 200), (Some(1), 401)] {
        let play = Play::with(|config| {
            let signing = SigningSecrets { current: Secret::new(SECRET), previous: previous(until) };
            let slack = config.slack.map(|slack| SlackConfig { signing, ..slack });
            Config { slack, ..config }
        })
        .await;
        let delivery = old.send(&play.base, &mention("Ev1"), Variant::Fresh).await.expect("an answer");
        assert_eq!(delivery.status.as_u16(), status, "{until:?}");
        assert_eq!(play.status(&mention("Ev2"), Variant::Fresh).await, StatusCode::OK);
    }
}

#[tokio::test]
async fn an_answer_waits_for_a_rate_limit() {
    let play = Play::start().await;
    play.slack.answer_next(Fault::RateLimited { retry_after: 1 });
    assert_eq!(play.status(&mention("Ev1"), Variant::Fresh).await, StatusCode::OK);
    let posts = play.slack.posted(1, SOON).await.expect("an answer");
    assert_eq!(posts.len(), 1);
    assert_eq!(play.slack.posts().len(), 2, "one refused, one accepted");
}

#[tokio::test]
async fn what_was_acknowledged_is_answered_across_a_rate_limit() {
    let play = Play::start().await;
    play.slack.answer_next(Fault::RateLimited { retry_after: 1 });
    let mentions = (0..5).map(|index| mention(&format!("Ev0BURST{index}")));
    for result in play.sender.burst(&play.base, 4, mentions).await {
        assert_eq!(result.expect("an answer").status, StatusCode::OK);
    }
    let (slack, counted) = play.worked().await;
    assert_eq!(counted.sum("imchat_bot_turns_total"), 5);
    assert_eq!(slack.posted(5, SOON).await.expect("all answers").len(), 5);
}

#[tokio::test]
async fn health_and_methods() {
    let play = Play::start().await;
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

#[test]
fn the_demo_ends_well() {
    let output = program("demo").output().expect("it runs");
    let out = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{out}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(out.ends_with("all 25 as they should be\n"), "{out}");
    for line in out.lines() {
        assert!(line.chars().count() <= 80, "wider than a terminal: {line}");
    }
}

/// The bot as a process of its own on this file, and where it listens.
#[cfg(unix)]
fn serving(file: &Path, slack: &SlackApi) -> (std::process::Child, String) {
    let mut child = program("serve")
        .env("SLACK_SIGNING_SECRET", SECRET)
        .env("SLACK_BOT_TOKEN", TOKEN)
        .env("SLACK_API_URL", slack.url())
        .env("TOKEN_ENCRYPTION_KEY", SEALING)
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
        let file = folder.path().join("bot.db");
        let slack = SlackApi::start(Settings::archived(TOKEN)).await.expect("a port");
        slack.answer_next(Fault::RateLimited { retry_after: 1 });
        let (child, base) = serving(&file, &slack);
        let sender = Sender::new(sign::slack(SECRET), sign::slack("other"));
        let delivery = sender.send(&base, &mention("Ev1"), Variant::Fresh).await.expect("an answer");
        assert_eq!(delivery.status, StatusCode::OK);
        let store = Store::open(file.clone()).await;
        until(async || !slack.posts().is_empty() && store.messages("waiting").await > 0).await;

        let (well, log) = ended(child, signal).await;

        assert_eq!(well, ends_well, "{log}");
        assert!(!log.contains(SECRET) && !log.contains(TOKEN), "{log}");
        assert_eq!(slack.posts().len(), 1, "one that was refused: {log}");
        let (again, _) = serving(&file, &slack);
        until(async || store.at_rest().await).await;
        let (_, log) = ended(again, "-TERM").await;
        let posts = slack.posts();
        let answered: Vec<_> = posts.iter().filter(|post| post.ts().is_some()).collect();
        assert_eq!(answered.len(), 1, "{log}");
        assert_eq!(answered[0].thread_ts.as_deref(), Some("1700000000.000100"));
    }
}

/// The lines of `/metrics` of this metric.
async fn metric(play: &Play, name: &str) -> Vec<String> {
    let mut request = Request::post("/metrics", "text/plain", "");
    request.method = Method::GET;
    let answer = play.sender.send(&play.base, &request, Variant::Unsigned).await.expect("an answer");
    let text = String::from_utf8(answer.body.to_vec()).expect("text");
    text.lines().filter(|line| line.starts_with(name)).map(str::to_owned).collect()
}

#[tokio::test]
async fn metrics_tell_what_came_and_what_became_of_it() {
    let play = Play::start().await;
    assert_eq!(play.status(&archived("app_mention"), Variant::Fresh).await, StatusCode::OK);
    let retry = Variant::Retry { num: 1, reason: "http_timeout" };
    assert_eq!(play.status(&archived("app_mention"), retry).await, StatusCode::OK);
    assert_eq!(play.status(&archived("app_mention"), Variant::Forged).await, StatusCode::UNAUTHORIZED);
    play.rests().await;
    for (name, line) in [
        ("imchat_bot_deliveries_total", "{platform=\"slack\",outcome=\"accepted\"} 1"),
        ("imchat_bot_deliveries_total", "{platform=\"slack\",outcome=\"duplicate\"} 1"),
        ("imchat_bot_rejected_total", "{platform=\"slack\",reason=\"bad_signature\"} 1"),
        ("imchat_bot_ack_seconds_count", "{platform=\"slack\"} 3"),
        ("imchat_bot_secret_total", "{platform=\"slack\",secret=\"0\"} 2"),
        ("imchat_bot_attempts_total", "{outcome=\"done\"} 1"),
        ("imchat_bot_turns_total", "{ended=\"said\"} 1"),
        ("imchat_bot_dead_letters", "{of=\"inbox\"} 0"),
        ("imchat_bot_dead_letters", "{of=\"outbox\"} 0"),
        ("imchat_bot_queue_depth", "{state=\"ready\"} 0"),
        ("imchat_bot_outbox_depth", " 0"),
    ] {
        until(async || metric(&play, name).await.contains(&format!("{name}{line}"))).await;
    }
    assert_eq!(metric(&play, "imchat_bot_ack_margin_seconds").await.len(), 1);
    assert!(metric(&play, "").await.iter().all(|line| !line.contains("U0ALICE001") && !line.contains("C0OPS00001")));
}

#[tokio::test]
async fn an_ingress_acknowledges_while_no_executor_runs_and_the_next_one_answers() {
    let play = Play::start().await;
    let ingress = Bot::start(&play.config, Role::Ingress).await.expect("an ingress");
    let base = format!("http://{}", ingress.address());
    let config = play.config.clone();
    play.bot.stop().await;
    let delivery = play.sender.send(&base, &mention("Ev1"), Variant::Fresh).await.expect("an answer");
    assert_eq!(delivery.status, StatusCode::OK);
    assert_eq!((play.store.inbox.counts().await.expect("counts").depth(), play.slack.posts().len()), (1, 0));
    let executor = Bot::start(&config, Role::Executor).await.expect("an executor");
    assert_eq!(play.slack.posted(1, SOON).await.expect("an answer").len(), 1);
    let other = format!("http://{}", executor.address());
    let refused = play.sender.send(&other, &mention("Ev2"), Variant::Fresh).await.expect("an answer");
    assert_eq!(refused.status, StatusCode::NOT_FOUND, "an executor takes no deliveries");
}

#[tokio::test]
async fn the_manifest_for_slack_names_the_bots_routes() {
    let manifest: serde_json::Value =
        serde_json::from_str(include_str!("../../../../docs/setup/slack-manifest.json")).expect("JSON");
    let play = Play::start().await;
    for pointer in [
        "/features/slash_commands/0/url",
        "/settings/event_subscriptions/request_url",
        "/settings/interactivity/request_url",
    ] {
        let url = manifest.pointer(pointer).and_then(serde_json::Value::as_str).expect("an address");
        let route = url.strip_prefix("https://your.host").expect("a route");
        let request = Request::post(route, "application/json", "{}");
        assert_eq!(play.status(&request, Variant::Unsigned).await, StatusCode::UNAUTHORIZED, "{route}");
    }
}
