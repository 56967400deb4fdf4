//! How fast the bot acknowledges while its executor is busy with a slow model, and while there is none; and how soon an
//! answer follows when it is idle.
//!
//! `cargo bench -p agent-bot` prints the figures; a word behind `--` chooses among them. Load is open: a request is sent when
//! it is due, whether or not those before it were answered, and its time counts from when it was due. Each figure is taken in
//! a process of its own, for what one leaves to be done and to be written to the disk would be measured in the next.

#![expect(clippy::print_stdout, reason = "standard output is where the figures go")]

use std::process::Command;
use std::time::{Duration, Instant};

use agent_bot::agent::scripted::Mood;
use agent_bot::agent::tools::KNOWN;
use agent_bot::config::{Config, Database, Keys, ModelChoice, Secret, SigningSecrets, SlackAccess, SlackConfig};
use agent_bot::policy::Policy;
use agent_bot::serve::{Bot, Role};
use anyhow::{Context as _, Result, ensure};
use chat_sim::slack_api::{Settings, SlackApi};
use chat_sim::slack_events::{Said, Workspace, app_mention};
use chat_sim::{Sender, Variant, sign};
use imchat_test_servers::Folder;
use tokio::task::JoinSet;

const SECRET: &str = "s3cret";
const TOKEN: &str = "xoxb-sim";
const SEALING: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const PER_SECOND: u32 = 500;
const FOR: Duration = Duration::from_secs(8);
/// One turn of the slow model.
const SLOW: Duration = Duration::from_secs(5);
const ANSWERS: u32 = 20;

/// Everybody may ask as often as they like.
const POLICY: &str = r#"
    ask = [{ who = ["*"], where = ["*"] }]
    [limits]
    messages = { user = { most = 1000000, per_secs = 1 }, channel = { most = 1000000, per_secs = 1 }, workspace = { most = 1000000, per_secs = 1 } }
"#;

const STAGES: [&str; 3] = ["saturated", "stopped", "idle"];
/// Says which stage this process is.
const STAGE: &str = "--stage";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test` runs it too, to see that it works.
    let measuring = arguments.iter().any(|argument| argument == "--bench");
    if let [.., before, stage] = arguments.as_slice()
        && before == STAGE
    {
        return tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(play(stage, measuring));
    }
    let chosen: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let is_chosen = |stage: &str| chosen.is_empty() || chosen.iter().any(|word| stage.contains(word.as_str()));
    for stage in STAGES.into_iter().filter(|stage| is_chosen(stage)) {
        let mut process = Command::new(std::env::current_exe()?);
        let ended = process.args(measuring.then_some("--bench")).args([STAGE, stage]).status()?;
        ensure!(ended.success(), "the stage {stage} ended with {ended}");
    }
    Ok(())
}

async fn play(stage: &str, measuring: bool) -> Result<()> {
    let length = if measuring { FOR } else { Duration::from_millis(200) };
    let (what, figures) = match stage {
        "saturated" | "stopped" => {
            let role = if stage == "stopped" { Role::Ingress } else { Role::All };
            let figures = Stage::start(Mood::Slow(SLOW), role).await?.flood(length).await?;
            (format!("ack, executor {stage}, {PER_SECOND}/s"), figures)
        }
        _ => {
            let stage = Stage::start(Mood::Good, Role::All).await?;
            ("event to answer, idle".to_owned(), stage.idle(if measuring { ANSWERS } else { 2 }).await?)
        }
    };
    figures.print(&what);
    Ok(())
}

struct Stage {
    slack: SlackApi,
    base: String,
    sender: std::sync::Arc<Sender>,
    _bot: Bot,
    _folder: Folder,
}

impl Stage {
    async fn start(mood: Mood, role: Role) -> Result<Self> {
        let channels = (0..ANSWERS).map(channel);
        let slack = SlackApi::start(channels.fold(Settings::archived(TOKEN), Settings::channel)).await?;
        let folder = Folder::new("bot-bench")?;
        let database = Database::Sqlite(folder.path().join("bot.db"));
        let access = SlackAccess { token: Secret::new(TOKEN), api_url: slack.url() };
        let config = Config {
            slack: Some(SlackConfig { signing: SigningSecrets::of(SECRET), access }),
            model: ModelChoice::Scripted(mood),
            ..Config::local(database, Keys::of(SEALING), Policy::parse(POLICY, KNOWN)?)
        };
        let bot = Bot::start(&config, role).await?;
        let base = format!("http://{}", bot.address());
        let sender = Sender::new(sign::slack(SECRET), sign::slack("other")).into();
        Ok(Self { slack, base, sender, _bot: bot, _folder: folder })
    }

    /// Mentions, each of a conversation of its own.
    async fn flood(&self, length: Duration) -> Result<Figures> {
        let (start, gap) = (Instant::now(), Duration::from_secs(1).checked_div(PER_SECOND).unwrap_or_default());
        let (mut sending, mut due, mut number) = (JoinSet::new(), Duration::ZERO, 0_u32);
        while due < length {
            let at = start.checked_add(due).context("a time")?;
            tokio::time::sleep_until(at.into()).await;
            let (sender, base) = (std::sync::Arc::clone(&self.sender), self.base.clone());
            let request = mention(number, "C0OPS00001", "who is on call?");
            sending.spawn(async move {
                let answer = sender.send(&base, &request, Variant::Fresh).await?;
                ensure!(answer.status.is_success(), "an answer of {}", answer.status);
                Ok(at.elapsed())
            });
            (due, number) = (due.saturating_add(gap), number.saturating_add(1));
        }
        let mut times = Vec::new();
        while let Some(answered) = sending.join_next().await {
            times.push(answered??);
        }
        Ok(Figures::of(times))
    }

    /// One mention after the other, each in a channel of its own, so that none waits for the one before.
    async fn idle(&self, answers: u32) -> Result<Figures> {
        let mut times = Vec::new();
        for number in 0..answers {
            let request = mention(number, &channel(number), "hello");
            let start = Instant::now();
            self.sender.send(&self.base, &request, Variant::Fresh).await?;
            let count = usize::try_from(number)?.saturating_add(1);
            self.slack.posted(count, Duration::from_secs(10)).await?;
            times.push(start.elapsed());
        }
        Ok(Figures::of(times))
    }
}

fn channel(number: u32) -> String {
    format!("C0IDLE{number:04}")
}

fn mention(number: u32, channel: &str, question: &str) -> chat_sim::Request {
    let said = Said {
        event_id: &format!("Ev{number:010}"),
        channel,
        user: &format!("U{:09}", number % 100),
        text: &format!("<@U0BOT00001> {question}"),
        ts: &format!("17000{number:05}.000100"),
        thread_ts: None,
    };
    app_mention(&Workspace::archived(), &said)
}

struct Figures(Vec<Duration>);

impl Figures {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// The time that this share of them took at most.
    fn at(&self, share: f64) -> Duration {
        let last = self.0.len().saturating_sub(1);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a list")]
        let place = (last as f64 * share).round() as usize;
        self.0.get(place).copied().unwrap_or_default()
    }

    fn print(&self, what: &str) {
        let ms = |share| self.at(share).as_secs_f64() * 1e3;
        let (p50, p99, longest, count) = (ms(0.5), ms(0.99), ms(1.0), self.0.len());
        println!("{what:<32}  p50 {p50:>7.2} ms  p99 {p99:>7.2} ms  longest {longest:>7.2} ms  of {count}");
    }
}
