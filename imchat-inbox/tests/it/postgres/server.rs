//! A private server for one process, in a directory of its own and on a socket there.

use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use sqlx::postgres::PgConnectOptions;

/// A server that ends with its process.
pub(crate) struct Server {
    directory: PathBuf,
    /// Stops the server when this process ends, however it ends: then the pipe to it breaks.
    _watchdog: Child,
}

impl Server {
    /// As its owner, to the database that is there from the start.
    pub(crate) fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass().socket(&self.directory).username("inbox").database("postgres")
    }

    /// Starts one in a directory that is not there yet, with settings such as `-c fsync=off`; the error says why not.
    pub(crate) fn start(directory: PathBuf, settings: &str) -> Result<Self, String> {
        let programs =
            programs().ok_or("initdb is neither in PATH nor below /usr/lib/postgresql: install postgresql")?;
        let user = User::for_a_server()?;
        std::fs::create_dir(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        user.own(&directory)?;
        let data = directory.join("data");
        user.run(
            Command::new(programs.join("initdb"))
                .args(["--auth=trust", "--username=inbox", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
                .arg(&data),
        )?;
        let settings = format!("-c listen_addresses= -c max_connections=500 -k {} {settings}", directory.display());
        user.run(
            Command::new(programs.join("pg_ctl"))
                .args(["start", "--silent", "--wait", "-D"])
                .arg(&data)
                .arg("-l")
                .arg(directory.join("log"))
                .args(["-o", &settings]),
        )?;
        let watchdog = user
            .command(
                Command::new("sh")
                    .args(["-c", "read -r _; \"$0\" stop --silent --mode=immediate -D \"$1/data\"; rm -rf \"$1\""])
                    .arg(programs.join("pg_ctl"))
                    .arg(&directory),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("its watchdog did not start: {error}"))?;
        Ok(Self { directory, _watchdog: watchdog })
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
struct User(Option<(&'static str, u32, u32)>);

impl User {
    fn for_a_server() -> Result<Self, String> {
        if id("-u", None)? != 0 {
            return Ok(Self(None));
        }
        for name in ["postgres", "nobody"] {
            if let (Ok(user), Ok(group)) = (id("-u", Some(name)), id("-g", Some(name))) {
                return Ok(Self(Some((name, user, group))));
            }
        }
        Err("this is root, and there is neither a user postgres nor nobody to run it".to_owned())
    }

    fn own(&self, directory: &Path) -> Result<(), String> {
        match self.0 {
            Some((_, user, group)) => chown(directory, Some(user), Some(group)).map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }

    /// The command, as this user.
    fn command(&self, command: &Command) -> Command {
        let Some((_, user, group)) = self.0 else {
            let mut same = Command::new(command.get_program());
            same.args(command.get_args());
            return same;
        };
        let mut other = Command::new("setpriv");
        other.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).arg("--clear-groups");
        other.arg(command.get_program()).args(command.get_args()).current_dir("/");
        other
    }

    fn run(&self, command: &Command) -> Result<(), String> {
        // A server that is started inherits the pipes: with one open, waiting for the output would last as long as it.
        let log = std::env::temp_dir().join(format!("imchat-inbox-{}.log", std::process::id()));
        let file = std::fs::File::create(&log).map_err(|error| error.to_string())?;
        let told = file.try_clone().map_err(|error| error.to_string())?;
        let status = self.command(command).stdin(Stdio::null()).stdout(file).stderr(told).status();
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        let _gone = std::fs::remove_file(&log);
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("{} ended with {status}: {said}", command.get_program().display())),
            Err(error) => Err(format!("{}: {error}", command.get_program().display())),
        }
    }
}

fn id(of: &str, user: Option<&str>) -> Result<u32, String> {
    let output = Command::new("id").arg(of).args(user).output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| format!("`id {of}` told no number"))
}
