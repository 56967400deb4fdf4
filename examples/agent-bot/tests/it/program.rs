//! The program itself, as processes on a database, a policy file and platforms of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use chat_sim::{Request, Sender, Variant, sign};
use http::Method;
use imchat_test_servers::Folder;

use crate::chats::{Chat, Who};
use crate::play::{SEALING, Store, until};

/// What a scenario takes place in: a platform, a database and what the processes are told.
pub(crate) struct Scene<C> {
    pub(crate) chat: C,
    pub(crate) store: Store,
    variables: Vec<(&'static str, String)>,
    folder: Folder,
}

/// A running process; it is killed when this is dropped.
pub(crate) struct Program {
    child: Child,
    /// Where it listens.
    pub(crate) base: String,
    log: PathBuf,
}

impl<C: Chat> Scene<C> {
    /// Bob approves, within so many seconds.
    pub(crate) async fn open(within_secs: u32) -> Self {
        let bob = C::person(Who::Bob);
        let rule = format!("rule = \"ask\"\napprovers = [\"{bob}\"]\nwithin_secs = {within_secs}\n");
        let tools = ["restart_service", "deploy", "merge"].map(|tool| format!("[tools.{tool}]\n{rule}"));
        Self::under(&tools.concat(), C::open(1, 10).await).await
    }

    /// Everybody may ask as fast as they like; the rest of the policy is given.
    pub(crate) async fn under(rules: &str, chat: C) -> Self {
        let folder = Folder::new("bot").expect("a folder");
        let (file, policy) = (folder.path().join("bot.db"), folder.path().join("policy.toml"));
        let much = "{ most = 100000, per_secs = 1 }";
        let limits = format!("[limits]\nmessages = {{ user = {much}, channel = {much}, workspace = {much} }}\n");
        std::fs::write(&policy, format!("ask = [{{ who = [\"*\"], where = [\"*\"] }}]\n{rules}{limits}"))
            .expect("written");
        let store = Store::open(file.clone()).await;
        let mut variables = chat.variables();
        variables.extend([
            ("TOKEN_ENCRYPTION_KEY", SEALING.to_owned()),
            ("LISTEN_ADDR", "127.0.0.1:0".to_owned()),
            ("DATABASE_URL", format!("sqlite:{}", file.display())),
            ("POLICY_FILE", policy.display().to_string()),
        ]);
        Self { chat, store, variables, folder }
    }

    /// With a variable more, or another value of one.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value.into()));
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_agent-bot"));
        command.args(arguments).env_clear().stdin(Stdio::null());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts `serve` in this role, and waits until it listens.
    pub(crate) async fn start(&self, role: &str) -> Program {
        let log = self.folder.path().join(format!("{role}.log"));
        let mut command = self.command(&["serve", "--role", role]);
        let stderr = File::options().create(true).append(true).open(&log).expect("a log");
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().expect("it starts");
        let stdout = child.stdout.take().expect("piped");
        // Before it listens it may ask the platform, which answers on this thread.
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line).expect("a line");
            line
        });
        let line = line.await.expect("read");
        let base = line.trim_end().strip_prefix("listening on ").expect("the announcement").to_owned();
        Program { child, base, log }
    }

    /// Runs another command of the program to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        tokio::task::spawn_blocking(move || command.output().expect("it runs")).await.expect("waited")
    }

    /// Waits until nothing is left to do or to say.
    pub(crate) async fn rests(&self) {
        until(async || self.store.at_rest().await).await;
    }
}

impl Program {
    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it ran");
        self.child.wait().expect("it ended");
    }

    /// The sum of this metric over all its labels.
    pub(crate) async fn counted(&self, metric: &str) -> u64 {
        let mut request = Request::post("/metrics", "text/plain", "");
        request.method = Method::GET;
        let nobody = Sender::new(sign::slack("none"), sign::slack("none"));
        let answer = nobody.send(&self.base, &request, Variant::Unsigned).await.expect("an answer");
        let text = String::from_utf8(answer.body.to_vec()).expect("text");
        let lines = text.lines().filter(|line| line.split(['{', ' ']).next() == Some(metric));
        lines.map(|line| line.rsplit(' ').next().and_then(|value| value.parse::<u64>().ok()).expect("a count")).sum()
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
