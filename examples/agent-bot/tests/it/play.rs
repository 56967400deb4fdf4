//! A bot in this process, the simulated Slack that it speaks to, and its database from beside.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use agent_bot::agent::tools::KNOWN;
use agent_bot::config::{Config, Database, Keys, Secret, SigningSecrets, SlackAccess, SlackConfig};
use agent_bot::ops::{Ops, Service};
use agent_bot::policy::Policy;
use agent_bot::serve::{Bot, Role, Stopped};
use agent_bot::state::State;
use agent_bot::telemetry::Telemetry;
use chat_sim::slack_api::{Settings, SlackApi};
use chat_sim::{Request, Sender, Variant, archive, sign};
use http::StatusCode;
use imchat_inbox::{SqliteInbox, Upkeep};
use imchat_test_servers::Folder;

pub(crate) const SECRET: &str = "s3cret";
pub(crate) const TOKEN: &str = "xoxb-sim";
pub(crate) const SEALING: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
pub(crate) const STATUS: &str = "Here is what I found: checkout is healthy, runs 1.4.1 and was restarted 0 times";
/// Long enough for a machine that does much else; what is waited for is there far sooner.
pub(crate) const SOON: Duration = Duration::from_secs(60);

pub(crate) struct Play {
    pub(crate) slack: SlackApi,
    pub(crate) config: Config,
    pub(crate) bot: Bot,
    pub(crate) base: String,
    pub(crate) sender: Sender,
    pub(crate) store: Store,
    folder: Folder,
}

impl Play {
    /// Under the demo's policy: everybody may ask, and what changes something waits for somebody else to agree.
    pub(crate) async fn start() -> Self {
        Self::with(|config| config).await
    }

    /// With another configuration.
    pub(crate) async fn with(change: impl FnOnce(Config) -> Config) -> Self {
        let slack = SlackApi::start(Settings::archived(TOKEN)).await.expect("a port");
        let folder = Folder::new("bot").expect("a folder");
        let file = folder.path().join("bot.db");
        let store = Store::open(file.clone()).await;
        let access = SlackAccess { token: Secret::new(TOKEN), api_url: slack.url() };
        let policy = Policy::demo(KNOWN).expect("a policy");
        let local = Config::local(Database::Sqlite(file), Keys::of(SEALING), policy);
        let slack_config = SlackConfig { signing: SigningSecrets::of(SECRET), access };
        let config = change(Config { slack: Some(slack_config), ..local });
        let bot = Bot::start(&config, Role::All).await.expect("a bot");
        let base = format!("http://{}", bot.address());
        let sender = Sender::new(sign::slack(SECRET), sign::slack("other"));
        Self { slack, config, bot, base, sender, store, folder }
    }

    /// Ends the bot and starts another one on the same database.
    pub(crate) async fn again(self) -> Self {
        self.bot.stop().await;
        let bot = Bot::start(&self.config, Role::All).await.expect("a bot");
        let base = format!("http://{}", bot.address());
        Self { bot, base, ..self }
    }

    /// The database's files.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let files = self.folder.path().read_dir().expect("the folder").map(|entry| entry.expect("an entry").path());
        files.collect()
    }

    pub(crate) async fn status(&self, request: &Request, variant: Variant) -> StatusCode {
        self.sender.send(&self.base, request, variant).await.expect("an answer").status
    }

    /// Waits until there is no more work and nothing to be said.
    pub(crate) async fn rests(&self) {
        until(async || self.store.at_rest().await).await;
    }

    /// Stops the bot once it rests: what it counted.
    pub(crate) async fn worked(self) -> (SlackApi, Telemetry) {
        self.rests().await;
        let telemetry = self.bot.telemetry().clone();
        assert_eq!(self.bot.stop().await, Stopped { jobs: Some(0), unsaid: Some(0), dead: Some(0) });
        (self.slack, telemetry)
    }
}

/// The bot's database, looked into from beside.
pub(crate) struct Store {
    pub(crate) inbox: SqliteInbox,
    pub(crate) state: State,
}

impl Store {
    /// Opens it, with one service in it.
    pub(crate) async fn open(file: PathBuf) -> Self {
        let state = State::open(&Database::Sqlite(file.clone())).await.expect("the bot's tables");
        let mut tx = state.begin().await.expect("a transaction");
        let [name, health, version, on_call] = ["checkout", "healthy", "1.4.1", "Alice"].map(str::to_owned);
        Ops.found(&mut tx, &Service { name, health, version, on_call, restarts: 0 }).await.expect("a service");
        tx.commit().await.expect("durable");
        let inbox = SqliteInbox::builder().beside_other_tables().open(file).await.expect("the bot's inbox");
        Self { inbox, state }
    }

    /// How many messages are in this state.
    pub(crate) async fn messages(&self, state: &str) -> i64 {
        let mut tx = self.state.read().await.expect("a transaction");
        let sql = "SELECT count(*) AS messages FROM bot_outbox WHERE state = $1";
        let row = tx.query(sql).bind(state).row().await.expect("counts").expect("a row");
        row.number("messages").expect("a number")
    }

    /// How many effects there ever were, and how often the service was restarted.
    pub(crate) async fn effects(&self) -> (i64, i64) {
        let mut tx = self.state.read().await.expect("a transaction");
        let service = Ops.service(&mut tx, "checkout").await.expect("read").expect("the service");
        (Ops.effects(&mut tx).await.expect("read"), service.restarts)
    }

    /// Whether nothing is left to do or to say.
    pub(crate) async fn at_rest(&self) -> bool {
        let jobs = self.inbox.counts().await.expect("counts").depth();
        // One look at both states: a message goes from one to the other and back.
        let mut tx = self.state.read().await.expect("a transaction");
        let open = "SELECT step FROM bot_outbox WHERE state IN ('waiting', 'sending') LIMIT 1";
        jobs == 0 && tx.query(open).row().await.expect("read").is_none()
    }
}

/// Looks until what is looked at is so.
pub(crate) async fn until(reached: impl AsyncFn() -> bool) {
    let looking = async {
        while !reached().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(SOON, looking).await.expect("in time");
}

/// One of the archived requests, by its name.
pub(crate) fn archived(name: &str) -> Request {
    archive::read(archive_folder().join(name).with_extension("http")).expect("an archived request")
}

/// All of them, by name.
pub(crate) fn whole_archive() -> Vec<(String, Request)> {
    let files = archive_folder().read_dir().expect("the archive").map(|entry| entry.expect("an entry").path());
    let name = |file: &Path| file.file_stem().expect("a name").to_string_lossy().into_owned();
    let mut all: Vec<_> = files.map(|file| (name(&file), archive::read(&file).expect("a request"))).collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

fn archive_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/payloads/slack")
}

/// The program, with nothing of this process's environment in it.
pub(crate) fn program(command: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_agent-bot"));
    program.arg(command).env_clear().stdin(Stdio::null());
    program
}
