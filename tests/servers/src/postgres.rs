//! A PostgreSQL server on a socket, that does not wait for the disk.

use std::io;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::{Folder, NoServer, or_skip};

/// A PostgreSQL server that nobody else uses; dropping it ends it.
#[derive(Debug)]
pub struct PostgresServer {
    programs: PathBuf,
    user: User,
    /// Stops the server when this process ends, however it ends: then the pipe to it breaks.
    watchdog: Option<Child>,
    folder: Folder,
}

impl PostgresServer {
    /// A server that accepts connections, or nothing where this machine has none: see [`or_skip`].
    #[must_use]
    pub fn start() -> Option<Self> {
        or_skip(Self::try_start())
    }

    /// A server.
    ///
    /// # Errors
    ///
    /// If there is no PostgreSQL on this machine, or it does not come up.
    pub fn try_start() -> Result<Self, NoServer> {
        let programs = programs().ok_or_else(|| {
            NoServer::Missing(
                "initdb is neither on the PATH nor below /usr/lib/postgresql; install PostgreSQL".to_owned(),
            )
        })?;
        let user = User::for_a_server()?;
        let folder = Folder::new("postgres").map_err(|error| NoServer::Broken(format!("no folder for it: {error}")))?;
        user.own(folder.path())?;
        let mut server = Self { programs, user, watchdog: None, folder };
        let mut initdb = Command::new(server.programs.join("initdb"));
        initdb.args(["--auth=trust", "--username=inbox", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"]);
        server.run(initdb.arg(server.data()))?;
        server.up()?;
        let mut watchdog = Command::new("sh");
        watchdog.args(["-c", "read -r _; \"$0\" stop --silent --mode=immediate -D \"$1/data\"; rm -rf \"$1\""]);
        let mut watchdog = server.user.command(watchdog.arg(server.programs.join("pg_ctl")).arg(server.folder.path()));
        let started = watchdog.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        server.watchdog = Some(started.map_err(|error| NoServer::Broken(format!("no watchdog for it: {error}")))?);
        Ok(server)
    }

    /// Its address for a client, of the database that is there from the start.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres:///postgres?user=inbox&host={}", self.folder.path().display())
    }

    /// Ends it at once, as a crash does, and starts it again at the same address; what was committed is there.
    ///
    /// # Errors
    ///
    /// If it does not come up again.
    pub fn restart(&self) -> Result<(), NoServer> {
        self.down()?;
        self.up()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn up(&self) -> Result<(), NoServer> {
        let folder = self.folder.path();
        // Its processes end here, not the machine: what is written is the system's, with or without a sync.
        let settings = format!("-c listen_addresses= -c max_connections=200 -c fsync=off -k {}", folder.display());
        let mut start = Command::new(self.programs.join("pg_ctl"));
        start.args(["start", "--silent", "--wait", "-D"]).arg(self.data()).arg("-l").arg(folder.join("log"));
        self.run(start.args(["-o", &settings]))
    }

    fn down(&self) -> Result<(), NoServer> {
        let mut stop = Command::new(self.programs.join("pg_ctl"));
        self.run(stop.args(["stop", "--silent", "--mode=immediate", "-D"]).arg(self.data()))
    }

    fn run(&self, command: &Command) -> Result<(), NoServer> {
        // A server that is started inherits the pipes: with one open, waiting for the output would last as long as it.
        let said = self.folder.path().join("said");
        let broken = |error: io::Error| NoServer::Broken(format!("{}: {error}", command.get_program().display()));
        let out = std::fs::File::create(&said).map_err(broken)?;
        let err = out.try_clone().map_err(broken)?;
        let status =
            self.user.command(command).stdin(Stdio::null()).stdout(out).stderr(err).status().map_err(broken)?;
        if status.success() {
            return Ok(());
        }
        let said = std::fs::read_to_string(&said).unwrap_or_default();
        Err(NoServer::Broken(format!("{} ended with {status}: {said}", command.get_program().display())))
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // The watchdog stops it, and its folder goes when it has.
        if let Some(mut watchdog) = self.watchdog.take() {
            drop(watchdog.stdin.take());
            let _ = watchdog.wait();
        } else {
            let _ = self.down();
        }
    }
}

/// Where the programs of the newest PostgreSQL are.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(found) = std::env::split_paths(&path).find(|directory| directory.join("initdb").is_file()) {
        return Some(found);
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(Result::ok);
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|version| version.path()).max_by_key(|path| number(path))?;
    Some(newest.join("bin")).filter(|bin| bin.join("initdb").is_file())
}

/// PostgreSQL refuses to run as root: then another user does it.
#[derive(Debug)]
struct User(Option<(u32, u32)>);

impl User {
    fn for_a_server() -> Result<Self, NoServer> {
        if id("-u", None)? != 0 {
            return Ok(Self(None));
        }
        for name in ["postgres", "nobody"] {
            if let (Ok(user), Ok(group)) = (id("-u", Some(name)), id("-g", Some(name))) {
                return Ok(Self(Some((user, group))));
            }
        }
        Err(NoServer::Missing("this is root, and there is neither a user postgres nor nobody to run it".to_owned()))
    }

    fn own(&self, directory: &Path) -> Result<(), NoServer> {
        let Some((user, group)) = self.0 else { return Ok(()) };
        chown(directory, Some(user), Some(group)).map_err(|error| NoServer::Broken(error.to_string()))
    }

    /// The command, as this user.
    fn command(&self, command: &Command) -> Command {
        let Some((user, group)) = self.0 else {
            let mut same = Command::new(command.get_program());
            same.args(command.get_args());
            return same;
        };
        let mut other = Command::new("setpriv");
        other.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).arg("--clear-groups");
        other.arg(command.get_program()).args(command.get_args()).current_dir("/");
        other
    }
}

fn id(of: &str, user: Option<&str>) -> Result<u32, NoServer> {
    let broken = |why: String| NoServer::Broken(format!("`id {of}`: {why}"));
    let output = Command::new("id").arg(of).args(user).output().map_err(|error| broken(error.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| broken("it told no number".to_owned()))
}
