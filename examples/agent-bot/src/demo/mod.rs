//! The bot against simulated platforms, all on loopback ports: no account, no network.
//!
//! [`talk`](fn@talk) reads lines and prints what people would see. [`run`] plays one scene, half a minute at most, and prints
//! what was sent, what the bot answered and how fast, what it posted, and whether that is as it should be.

mod approval;
mod archive;
mod crash;
mod elsewhere;
mod folder;
mod ledger;
mod line;
mod news;
mod person;
mod report;
mod room;
mod scene;
mod shown;
mod table;
mod talk;
mod world;

use std::io::{BufRead, Write};
use std::time::Duration;

use chat_sim::archive::ArchiveError;
use chat_sim::slack_api::{Settings, SlackApi};
use chat_sim::slack_events::NotAnEvent;
use chat_sim::{Sender, Sign, sign};

use crate::agent::tools::KNOWN;
use crate::config::{Config, Database, Keys, Secret, SigningSecrets, SlackAccess, SlackConfig};
use crate::policy::{Policy, PolicyError};
use crate::serve::{Bot, Role, StartError};
use crate::state::StateError;

// Values that would be secrets elsewhere; here both sides are on this machine and end with the process.
const SIGNING_SECRET: &str = "the demo's signing secret";
const BOT_TOKEN: &str = "xoxb-demo";
const SEALING_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

const SECRETS: crash::Secrets = crash::Secrets { signing: SIGNING_SECRET, token: BOT_TOKEN, sealing: SEALING_KEY };

/// The whole scene, draining included, ends within this time.
const WITHIN: Duration = Duration::from_secs(60);

/// Why the demo could not be played to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// The simulator has no port, standard output is gone, or the temporary folder cannot be written.
    #[error("cannot bind a loopback port, or write to standard output or among the temporary files")]
    Io(#[from] std::io::Error),
    /// The bot does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The services of the demo cannot be written down.
    #[error(transparent)]
    State(#[from] StateError),
    /// The demo's policy does not fit the bot's tools.
    #[error("the demo's policy cannot be read: take demo.toml from the repository again")]
    Policy(#[from] PolicyError),
    /// An archived request was changed since it was recorded.
    #[error("an archived request in tests/payloads/slack cannot be read: take it from the repository again")]
    Archive(#[from] ArchiveError),
    /// The archived mention is none.
    #[error("tests/payloads/slack/app_mention.http is no mention: take it from the repository again")]
    Mention(#[from] NotAnEvent),
    /// The bot that is to be killed does not start.
    #[error("the bot cannot be started as a process of its own: run `agent-bot serve` to see why")]
    NoSecondBot,
    /// Something hangs.
    #[error("the demo did not end within {0:?}: run it again with RUST_LOG=debug to see where it waits")]
    TooSlow(Duration),
}

/// Lets whoever types into `input` speak with the bot as one of several people, until they quit, the lines end or `stop`
/// is over.
///
/// # Errors
/// [`DemoError`] when the bot cannot be run, or nothing can be written to `out`.
pub async fn talk(
    input: impl BufRead + Send + 'static,
    out: &mut impl Write,
    colours: bool,
    stop: impl Future<Output = ()>,
) -> Result<(), DemoError> {
    let folder = folder::Folder::temporary()?;
    let room = room::Room::open(&folder.path().join("bot.db")).await?;
    talk::Talk::new(room, out, colours).run(input, stop).await
}

/// Plays the scene and prints the table to `out`; whether everything was as it should be.
///
/// # Errors
/// [`DemoError`] when it could not be played.
pub async fn run(out: &mut impl Write) -> Result<bool, DemoError> {
    let played = tokio::time::timeout(WITHIN, play()).await;
    let report = played.map_err(|_| DemoError::TooSlow(WITHIN))??;
    report.write(out)?;
    Ok(report.all_as_expected())
}

async fn play() -> Result<report::Report, DemoError> {
    let archive = archive::Archive::open()?;
    let folder = folder::Folder::temporary()?;
    let (platform, overheard) = (sign::slack(SIGNING_SECRET), archive.app_mention.body.clone());
    let stranger = || sign::slack("somebody else's secret");
    let slack = SlackApi::start(Settings::archived(BOT_TOKEN)).await?;
    let database = Database::Sqlite(folder.path().join("bot.db"));
    world::found(&database).await?;
    let access = SlackAccess { token: Secret::new(BOT_TOKEN), api_url: slack.url() };
    let config = Config {
        slack: Some(SlackConfig { signing: SigningSecrets::of(SIGNING_SECRET), access }),
        ..Config::local(database, Keys::of(SEALING_KEY), Policy::demo(KNOWN)?)
    };
    let bot = Bot::start(&config, Role::All).await?;
    let stage = scene::Stage {
        archive,
        sender: Sender::new(sign::slack(SIGNING_SECRET), stranger()),
        interceptor: Sender::new(move |_: &[u8], at| platform.sign(&overheard, at), stranger()),
        bot: format!("http://{}", bot.address()),
        slack: &slack,
    };
    let address = stage.bot.clone();
    let mut steps = stage.play().await;
    let (step, replies) = crash::play(folder.path(), &SECRETS, &stage.sender, &stage.archive.crashed).await?;
    steps.push(step);
    let moments = approval::play(folder.path()).await?;
    let elsewhere = elsewhere::play(&folder.path().join("elsewhere.db")).await?;
    // The connections the sender keeps open would be waited for.
    drop(stage);
    // Nothing can be posted after this: what is recorded now is all there is.
    let stopped = bot.stop().await;
    let posts = [slack.posts(), replies].concat();
    slack.stop().await;
    Ok(report::Report::new(address, &steps, &posts, stopped).and(&moments).and(&elsewhere))
}
