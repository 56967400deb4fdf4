//! The executor's role: the worker, the sender, the plans and the upkeep, from the first job to the drain.

use std::sync::Arc;
use std::time::Duration;

use imchat_axum::tower::SystemClock;
use imchat_inbox::worker::{Backoff, Outcome, Report};
use imchat_inbox::{Upkeep, Worker};
use imchat_redis::{RedisLimiter, Server};
use imchat_verify::Clock;
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::StartError;
use crate::agent::budget::Budget;
use crate::agent::model::Model;
use crate::agent::openai::{OpenAi, Patience};
use crate::agent::scripted::Scripted;
use crate::approvals::{Approvals, Passcodes};
use crate::config::{Config, ModelChoice};
use crate::executor::{DoneIn, Executor, Parts, Settling, upkeep};
use crate::limits::RateLimits;
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
    state: &State,
    outbox: &Outbox,
    telemetry: &Telemetry,
) -> Result<Parts, StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let shared = match &config.redis {
        Some(url) => Some(RedisLimiter::new(&Server::at(url.expose())?.connect().await?)),
        None => None,
    };
    let limits = RateLimits::new(config.policy.limits(), &clock, shared.as_ref());
    let model: Arc<dyn Model> = match &config.model {
        ModelChoice::Scripted(mood) => Arc::new(Scripted::new(*mood)),
        ModelChoice::OpenAi(access) => Arc::new(OpenAi::new(access, Patience::default())?),
    };
    Ok(Parts {
        state: state.clone(),
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
    let (state, outbox, telemetry) = (parts.state.clone(), parts.outbox.clone(), parts.telemetry.clone());
    let sender = Sender::new(state.clone(), outbox.clone(), parts.platforms.each().cloned().collect());
    let queue = Settling::new(inbox.clone());
    let executor = Executor::new(parts, Arc::new(queue.clone()));
    let (end, ending) = watch::channel(false);
    let plans = {
        let (executor, ending) = (executor.clone(), ending.clone());
        tokio::spawn(async move { executor.tend(ending).await })
    };
    let sending = tokio::spawn(async move { sender.run(SENDERS, ending).await });
    let keeping = tokio::spawn(upkeep(inbox, state, outbox));
    Worker::new(queue, executor)
        .concurrency(concurrency)
        .lease(LEASE)
        .backoff(Backoff::new(Duration::from_secs(2), Duration::from_secs(60)))
        .drain(DRAIN)
        .on_report(move |report| reported(&telemetry, report))
        .run_until(async move { drop(stop.wait_for(|stop| *stop).await) })
        .await;
    keeping.abort();
    end.send_replace(true);
    for task in [plans, sending] {
        if let Err(error) = task.await {
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
