//! The environment and the policy file, read once: every value has a name, a form and an error that says what to do.
//!
//! A platform is there where any of its variables is set; one at least is needed.
//!
//! | variable | form | when absent |
//! |---|---|---|
//! | `SLACK_SIGNING_SECRET` | text, taken byte for byte | no Slack |
//! | `SLACK_BOT_TOKEN` | `xoxb-…` | no Slack |
//! | `SLACK_API_URL` | `https://…`, or `http://` to a loopback address | `https://slack.com/api` |
//! | `FEISHU_APP_ID`, `FEISHU_APP_SECRET` | text | no Feishu |
//! | `FEISHU_ENCRYPT_KEY`, `FEISHU_VERIFICATION_TOKEN` | text, taken byte for byte | no Feishu |
//! | `FEISHU_API_URL` | as Slack's; Lark's is `https://open.larksuite.com` | `https://open.feishu.cn` |
//! | `DISCORD_PUBLIC_KEY` | 64 hexadecimal digits | no Discord |
//! | `DISCORD_BOT_TOKEN` | text | no Discord |
//! | `DISCORD_API_URL` | as Slack's | `https://discord.com/api/v10` |
//! | `PUBLIC_URL` | `https://…`, the bot's own address | Discord is not told who calls it |
//! | `TEAMS_OUTGOING_SECRET` | base64, as Teams shows it | no Teams |
//! | those that `[hooks]` of the policy file names | as the provider writes its secret | refused |
//! | `…_PREVIOUS` of a signing secret | the one before it, byte for byte | only the current one counts |
//! | `…_PREVIOUS_UNTIL` | Unix seconds | the previous one counts until it is taken out |
//! | `TOKEN_ENCRYPTION_KEY` | 32 bytes in base64 or hexadecimal | refused |
//! | `TOKEN_ENCRYPTION_KEY_PREVIOUS` | the same, the key before it | only the current one opens |
//! | `POLICY_FILE` | a path, see [`policy::file`](crate::policy::file) | everybody may ask, nothing is changed |
//! | `PASSCODE_KEY` | 32 bytes at least | no second factor |
//! | `OPENAI_MODEL`, `OPENAI_BASE_URL`, `OPENAI_API_KEY` | a model's name, its service and key | the scripted model |
//! | `DATABASE_URL` | `sqlite:PATH` or `postgres://…` | `sqlite:agent-bot.db`, in the working directory |
//! | `REDIS_URL` | `redis://…` | each process limits by itself |
//! | `EXECUTOR_CONCURRENCY` | 1 to 1000 | 32 jobs at a time |
//! | `LISTEN_ADDR` | `address:port` | `127.0.0.1:3000` |
//!
//! Errors name the variable and never its value.

mod address;
mod database;
mod discord;
mod error;
mod feishu;
mod hooks;
mod keys;
mod model;
mod signing;
mod slack;
mod summary;
mod teams;

use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

pub use database::Database;
pub use discord::DiscordConfig;
pub use error::ConfigError;
pub use feishu::FeishuConfig;
pub use hooks::HookConfig;
pub use keys::Keys;
pub use model::ModelAccess;
pub use signing::{Previous, SigningSecrets};
pub use slack::{SlackAccess, SlackConfig};
pub use summary::Summary;
pub use teams::TeamsConfig;

use crate::agent::scripted::Mood;
use crate::agent::tools::KNOWN;
use crate::policy::Policy;

const LISTEN_ADDR: &str = "127.0.0.1:3000";
const CONCURRENCY: usize = 32;

/// A value that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret as it is: nothing is trimmed.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The secret itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelChoice {
    /// The model without a model.
    Scripted(Mood),
    /// One behind the chat completions API.
    OpenAi(ModelAccess),
}

/// Everything the bot needs to know before it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the inbox and the bot's own tables live.
    pub database: Database,
    /// Slack, where it is set up.
    pub slack: Option<SlackConfig>,
    /// Feishu or Lark, where it is set up.
    pub feishu: Option<FeishuConfig>,
    /// Discord, where it is set up.
    pub discord: Option<DiscordConfig>,
    /// Microsoft Teams, where it is set up.
    pub teams: Option<TeamsConfig>,
    /// The hooks of the policy file, with their secrets.
    pub hooks: Vec<HookConfig>,
    /// Who answers.
    pub model: ModelChoice,
    /// Who may ask for what.
    pub policy: Policy,
    /// The bot's own keys.
    pub keys: Keys,
    /// Where limits are shared by all processes.
    pub redis: Option<Secret>,
    /// Jobs that are worked on at a time.
    pub concurrency: usize,
}

/// Where everything is kept, and under which keys: what the command line needs of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// Where the inbox and the bot's own tables live.
    pub database: Database,
    /// The bot's own keys.
    pub keys: Keys,
}

impl Storage {
    /// Reads the process environment.
    ///
    /// # Errors
    /// The first variable that is missing or unusable.
    pub fn from_env() -> Result<Self, ConfigError> {
        let lookup = |name: &str| std::env::var_os(name);
        Ok(Self { database: database::read(&lookup)?, keys: keys::read(&lookup)? })
    }
}

impl Config {
    /// Reads the process environment, and the policy file that it names.
    ///
    /// # Errors
    /// The first variable that is missing or unusable.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(|name| std::env::var_os(name))
    }

    /// Reads variables from anywhere, and the policy file that they name.
    ///
    /// # Errors
    /// The first variable that is missing or unusable.
    pub fn read(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        let policy = policy(&lookup)?;
        let config = Self {
            slack: slack::read(&lookup)?,
            feishu: feishu::read(&lookup)?,
            discord: discord::read(&lookup)?,
            teams: teams::read(&lookup)?,
            keys: keys::read(&lookup)?,
            hooks: hooks::read(&lookup, &policy)?,
            policy,
            model: ModelAccess::read(&lookup)?.map_or(ModelChoice::Scripted(Mood::Good), ModelChoice::OpenAi),
            database: database::read(&lookup)?,
            redis: redis(&lookup)?,
            concurrency: concurrency(&lookup)?,
            listen: listen_address(&lookup)?,
        };
        let chats = config.slack.is_some() || config.feishu.is_some() || config.discord.is_some();
        if !chats && config.teams.is_none() {
            return Err(ConfigError::NoPlatform);
        }
        Ok(config)
    }

    /// A configuration for a trial on this machine: the scripted model, the demo's policy, and no platform yet.
    #[must_use]
    pub fn local(database: Database, keys: Keys, policy: Policy) -> Self {
        Self {
            listen: SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, 0)),
            database,
            slack: None,
            feishu: None,
            discord: None,
            teams: None,
            hooks: Vec::new(),
            model: ModelChoice::Scripted(Mood::Good),
            policy,
            keys,
            redis: None,
            concurrency: CONCURRENCY,
        }
    }
}

/// Looks a variable up.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The variable as text; an empty one counts as absent.
fn text(lookup: Lookup<'_>, name: &'static str) -> Result<Option<String>, ConfigError> {
    match lookup(name) {
        None => Ok(None),
        Some(value) if value.is_empty() => Ok(None),
        Some(value) => match value.into_string() {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(ConfigError::Unusable { name, problem: "is not UTF-8 text: set it again as text" }),
        },
    }
}

fn required(lookup: Lookup<'_>, name: &'static str, remedy: &'static str) -> Result<String, ConfigError> {
    text(lookup, name)?.ok_or(ConfigError::Missing { name, remedy })
}

fn any_set(lookup: Lookup<'_>, names: &[&str]) -> bool {
    names.iter().any(|name| lookup(name).is_some_and(|value| !value.is_empty()))
}

/// A token as it goes into a header; a line break from a copied file would make every call fail.
fn header_text(name: &'static str, token: String) -> Result<Secret, ConfigError> {
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let problem = "has a space, a line break or another character that no token has: copy it again";
        return Err(ConfigError::Unusable { name, problem });
    }
    Ok(Secret::new(token))
}

fn policy(lookup: Lookup<'_>) -> Result<Policy, ConfigError> {
    const NAME: &str = "POLICY_FILE";
    let path = match lookup(NAME) {
        Some(path) if !path.is_empty() => PathBuf::from(path),
        _ => return Policy::read_only(KNOWN).map_err(|problem| ConfigError::Policy { path: "".into(), problem }),
    };
    let Ok(text) = std::fs::read_to_string(&path) else {
        let problem = "names a file that cannot be read as text: check the path, and who may read it";
        return Err(ConfigError::Unusable { name: NAME, problem });
    };
    Policy::parse(&text, KNOWN).map_err(|problem| ConfigError::Policy { path, problem })
}

/// Not asked whether it is there: that is found out at the start.
fn redis(lookup: Lookup<'_>) -> Result<Option<Secret>, ConfigError> {
    const NAME: &str = "REDIS_URL";
    let Some(url) = text(lookup, NAME)? else { return Ok(None) };
    if imchat_redis::Server::at(&url).is_err() {
        let problem = "is no URL of a Redis that this build can speak to: write for instance redis://127.0.0.1:6379";
        return Err(ConfigError::Unusable { name: NAME, problem });
    }
    Ok(Some(Secret::new(url)))
}

fn concurrency(lookup: Lookup<'_>) -> Result<usize, ConfigError> {
    const NAME: &str = "EXECUTOR_CONCURRENCY";
    let Some(text) = text(lookup, NAME)? else { return Ok(CONCURRENCY) };
    let jobs = text.parse().ok().filter(|jobs| (1..=1000).contains(jobs));
    jobs.ok_or(ConfigError::Unusable { name: NAME, problem: "is not a number of jobs: write 1 to 1000" })
}

fn listen_address(lookup: Lookup<'_>) -> Result<SocketAddr, ConfigError> {
    const NAME: &str = "LISTEN_ADDR";
    let value = text(lookup, NAME)?.unwrap_or_else(|| LISTEN_ADDR.to_owned());
    let problem = "is not an address with a port: write for instance 127.0.0.1:3000 or [::]:3000";
    value.parse().map_err(|_| ConfigError::Unusable { name: NAME, problem })
}

#[cfg(test)]
mod tests;
