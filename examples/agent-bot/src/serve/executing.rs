//! The executor's role: the worker, the sender, the plans and the upkeep, from the first job to the drain.

use std::sync::Arc;
use std::time::Duration;

use imchat_inbox::worker::{Backoff, Outcome, Report};
use imchat_inbox::{Upkeep, Worker};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{error, info, warn};

use super::StartError;
use super::thinking::Thinking;
use crate::agent::budget::Budget;
use crate::approvals::{Approvals, Passcodes};
use crate::config::Config;
use crate::executor::{DoneIn, Executor, Parts, Settling};
use crate::outbox::{Outbox, Sender};
use crate::platform::discord::Discord;
use crate::platform::feishu::Feishu;
use crate::platform::slack::Slack;
use crate::platform::{Platform, Platforms, SendError};
use crate::state::State;
use crate::telemetry::Telemetry;

/// How long a crash may keep a job from the next process.
const LEASE: Duration = Duration::from_secs(20);
/// Below the time that the process gives its executor.
const DRAIN: Duration = Duration::from_secs(15);
/// How long the start waits to be told who the bot is.
const INTRODUCTION: Duration = Duration::from_secs(2);
/// Messages that are sent at the same time.
const SENDERS: usize = 8;

/// Sets up what the executor works with.
pub(super) async fn parts(
    config: &Config,
    state: State,
    thinking: Thinking,
    outbox: &Outbox,
    telemetry: &Telemetry,
) -> Result<Parts, StartError> {
    let Thinking { clock, limits, model } = thinking;
    Ok(Parts {
        state,
        platforms: platforms(config).await?,
        policy: config.policy.clone(),
        limits,
        model,
        budget: Budget::default(),
        approvals: Approvals::new(passcodes(config)?, outbox.clone()),
        outbox: outbox.clone(),
        clock,
        telemetry: telemetry.clone(),
    })
}

/// Those of the policy file, under their key.
fn passcodes(config: &Config) -> Result<Passcodes, StartError> {
    let tags = config.policy.passcodes().to_vec();
    match &config.keys.passcodes {
        Some(key) => Ok(Passcodes::new(key.clone(), tags)?),
        None => Ok(Passcodes::none()),
    }
}

async fn platforms(config: &Config) -> Result<Platforms, StartError> {
    let mut platforms: Vec<Arc<dyn Platform>> = Vec::new();
    if let Some(slack) = &config.slack {
        let client = Slack::new(&slack.access);
        platforms.push(Arc::new(client.map_err(|source| StartError::Client { platform: "SLACK_API_URL", source })?));
    }
    if let Some(feishu) = &config.feishu {
        let client = Feishu::new(&feishu.access);
        let client = client.map_err(|source| StartError::Client { platform: "FEISHU_API_URL", source })?;
        // Which mention is the bot's own. Where it is not known yet, whoever has no user id is taken for it.
        let own = tokio::time::timeout(INTRODUCTION, client.whoami()).await;
        platforms.push(Arc::new(match own {
            Ok(Ok(open_id)) => client.with_bot(open_id),
            Ok(Err(_)) | Err(_) => client,
        }));
    }
    if let Some(discord) = &config.discord {
        let client = Discord::new(&discord.access);
        platforms.push(Arc::new(client.map_err(|source| StartError::Client { platform: "DISCORD_API_URL", source })?));
    }
    Ok(Platforms::new(platforms))
}

/// Works until told to stop, then finishes what it has: first the jobs, then what is being run and sent.
pub(super) async fn run<I>(inbox: I, parts: Parts, concurrency: usize, mut stop: watch::Receiver<bool>)
where
    I: DoneIn + Upkeep + Clone,
{
    let telemetry = parts.telemetry.clone();
    let sender = Sender::new(parts.state.clone(), parts.outbox.clone(), parts.platforms.each().cloned().collect());
    let queue = Settling::new(inbox.clone());
    let executor = Executor::new(parts, Arc::new(queue.clone()));
    let (end, ending) = watch::channel(false);
    // Whatever ends this future ends them too.
    let (mut tasks, mut keeping) = (JoinSet::new(), JoinSet::new());
    let (tending, end_of_plans) = (executor.clone(), ending.clone());
    tasks.spawn(async move { tending.tend(end_of_plans).await });
    tasks.spawn(async move { sender.run(SENDERS, ending).await });
    let keeper = executor.clone();
    keeping.spawn(async move { keeper.upkeep(inbox).await });
    Worker::new(queue, executor)
        .concurrency(concurrency)
        .lease(LEASE)
        .backoff(Backoff::new(Duration::from_secs(2), Duration::from_secs(60)))
        .drain(DRAIN)
        .on_report(move |report| reported(&telemetry, report))
        .run_until(async move { drop(stop.wait_for(|stop| *stop).await) })
        .await;
    keeping.abort_all();
    end.send_replace(true);
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            error!(%error, "a part of the executor had panicked before: restart the process");
        }
    }
}

fn reported(telemetry: &Telemetry, report: &Report) {
    telemetry.count("imchat_bot_attempts_total", &[("outcome", report.outcome.name())], 1);
    if !matches!(report.outcome, Outcome::GivenBack) {
        telemetry.time("imchat_bot_attempt_seconds", &[], report.took);
    }
}

/// Tells a wrong token at the start instead of at the first mention, and Discord of the bot's command. Only told: the
/// platform may also be down for a moment.
pub(super) async fn introduce(config: Config) {
    if let Some(slack) = &config.slack
        && let Ok(client) = Slack::new(&slack.access)
    {
        known("Slack", client.whoami().await);
    }
    if let Some(feishu) = &config.feishu
        && let Ok(client) = Feishu::new(&feishu.access)
    {
        known("Feishu", client.whoami().await);
    }
    if let Some(discord) = &config.discord
        && let Ok(client) = Discord::new(&discord.access)
    {
        let me = client.whoami().await;
        if let Ok(application) = &me
            && let Err(error) = client.register(application).await
        {
            error!(%error, "Discord does not take the command /ask: nobody can ask there until it does");
        }
        known("Discord", me);
    }
}

fn known(platform: &str, told: Result<String, SendError>) {
    match told {
        Ok(user) => info!(platform, user, "the platform knows the bot"),
        Err(error @ SendError::Refused { .. }) => error!(platform, %error, "the platform does not accept the bot"),
        Err(error) => warn!(platform, %error, "whether the platform knows the bot could not be checked"),
    }
}
