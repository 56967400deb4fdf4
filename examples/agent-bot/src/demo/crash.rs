//! The bot as a process of its own, killed after its 200 and before its reply, and started again on the same file.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use chat_sim::slack_api::{Fault, Post, Settings, SlackApi};
use chat_sim::{Request, Sender, Variant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::DemoError;
use super::scene::{Step, after_a_crash};
use super::world;
use crate::config::Database;
use crate::state::State;

/// More refusals than the first bot lives to see.
const REFUSALS: usize = 100;
/// How long either bot may take for what it has to do.
const WITHIN: Duration = Duration::from_secs(30);

/// What both bots are told.
pub(super) struct Secrets {
    pub(super) signing: &'static str,
    pub(super) token: &'static str,
    pub(super) sealing: &'static str,
}

/// Plays it with one mention: what came of it, and what stands in its thread.
pub(super) async fn play(
    folder: &Path,
    secrets: &Secrets,
    sender: &Sender,
    mention: &Request,
) -> Result<(Step, Vec<Post>), DemoError> {
    let file = folder.join("crash.db");
    // One Slack that takes no posts for now, so that the first bot cannot reply in time, and one that does.
    world::found(&Database::Sqlite(file.clone())).await?;
    let (limited, open) = (slack(secrets).await?, slack(secrets).await?);
    for _ in 0..REFUSALS {
        limited.answer_next(Fault::RateLimited { retry_after: 1 });
    }

    let all = |slack| Process { role: "all", file: &file, policy: None, slack };
    let (mut bot, address) = all(&limited).start(secrets).await?;
    let delivery = sender.send(&address, mention, Variant::Fresh).await;
    if delivery.is_ok() {
        refused_once(&file, &limited).await?;
    }
    bot.kill().await?;

    let (mut again, _) = all(&open).start(secrets).await?;
    // Too few are the report's to tell.
    let _ = open.posted(1, WITHIN).await;
    again.kill().await?;
    let stands = [limited.posts(), open.posts()].concat().into_iter().filter(|post| post.ts().is_some()).collect();
    Ok((after_a_crash(delivery), stands))
}

async fn slack(secrets: &Secrets) -> std::io::Result<SlackApi> {
    SlackApi::start(Settings::archived(secrets.token)).await
}

/// This very program as `serve`.
pub(super) struct Process<'a> {
    pub(super) role: &'static str,
    pub(super) file: &'a Path,
    /// Its policy file; without one the built-in policy counts.
    pub(super) policy: Option<&'a Path>,
    pub(super) slack: &'a SlackApi,
}

impl Process<'_> {
    /// Starts it: the process, and where it listens.
    pub(super) async fn start(&self, secrets: &Secrets) -> Result<(Child, String), DemoError> {
        let Self { role, file, policy, slack } = *self;
        let mut url = std::ffi::OsString::from("sqlite:");
        url.push(file);
        let mut bot = Command::new(std::env::current_exe()?)
            .args(["serve", "--role", role])
            .env_clear()
            .envs(policy.map(|file| ("POLICY_FILE", file)))
            .env("SLACK_SIGNING_SECRET", secrets.signing)
            .env("SLACK_BOT_TOKEN", secrets.token)
            .env("SLACK_API_URL", slack.url())
            .env("TOKEN_ENCRYPTION_KEY", secrets.sealing)
            .env("DATABASE_URL", url)
            .env("LISTEN_ADDR", "127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let mut line = String::new();
        if let Some(out) = bot.stdout.take() {
            BufReader::new(out).read_line(&mut line).await?;
        }
        match line.trim_end().strip_prefix("listening on ") {
            Some(address) => Ok((bot, address.to_owned())),
            None => Err(DemoError::NoSecondBot),
        }
    }
}

/// Waits until the bot has tried to reply and has written down that it has to try again.
async fn refused_once(file: &Path, slack: &SlackApi) -> Result<(), DemoError> {
    const LOOK_EVERY: Duration = Duration::from_millis(5);
    let state = State::open(&Database::Sqlite(file.into())).await?;
    let written = async {
        while slack.posts().is_empty() || !waits(&state).await? {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    };
    tokio::time::timeout(WITHIN, written).await.map_err(|_| DemoError::TooSlow(WITHIN))?
}

async fn waits(state: &State) -> Result<bool, DemoError> {
    let mut tx = state.read().await?;
    Ok(tx.query("SELECT step FROM bot_outbox WHERE state = 'waiting' LIMIT 1").row().await?.is_some())
}
