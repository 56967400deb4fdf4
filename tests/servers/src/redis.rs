//! A Redis server on a socket, that keeps nothing on disk unless told.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::{Folder, NoServer, or_skip};

/// A Redis server that nobody else uses; dropping it ends the process.
#[derive(Debug)]
pub struct RedisServer {
    process: Option<Running>,
    socket: PathBuf,
    options: Vec<OsString>,
    folder: Folder,
}

#[derive(Debug)]
struct Running {
    child: Child,
    /// Held open: a server whose log goes nowhere is ended by the system.
    _log: BufReader<ChildStdout>,
}

impl RedisServer {
    /// A server that accepts connections, or nothing where this machine has none: see [`or_skip`].
    #[must_use]
    pub fn start() -> Option<Self> {
        or_skip(Self::try_start(&[]))
    }

    /// A server with options beside its own, such as `["--requirepass", "secret"]`.
    ///
    /// # Errors
    ///
    /// If `redis-server` is not on the `PATH`, or does not come up.
    pub fn try_start(options: &[&str]) -> Result<Self, NoServer> {
        let broken = |error: io::Error| NoServer::Broken(format!("no folder for redis-server: {error}"));
        let folder = Folder::new("redis").map_err(broken)?;
        let socket = folder.path().join("redis.sock");
        let options = options.iter().map(OsString::from).collect();
        let mut server = Self { process: None, socket, options, folder };
        server.run()?;
        Ok(server)
    }

    /// Where it listens.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Its address for a client.
    #[must_use]
    pub fn url(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// Kills it: connections break, and what it held is gone, unless its options have it keep an append-only file.
    pub fn stop(&mut self) {
        if let Some(mut running) = self.process.take() {
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }

    /// Starts it again at the same address, empty but for what it kept.
    ///
    /// # Panics
    ///
    /// If it does not come up, though it did before.
    pub fn restart(&mut self) {
        if let Err(NoServer::Missing(reason) | NoServer::Broken(reason)) = self.try_restart() {
            panic!("{reason}");
        }
    }

    /// As [`restart`](Self::restart), for those who would rather be told.
    ///
    /// # Errors
    ///
    /// If it does not come up.
    pub fn try_restart(&mut self) -> Result<(), NoServer> {
        self.stop();
        self.run()
    }

    fn run(&mut self) -> Result<(), NoServer> {
        // One that was killed leaves its socket.
        let _ = std::fs::remove_file(&self.socket);
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--appendonly", "no", "--daemonize", "no", "--logfile", ""]);
        command.arg("--dir").arg(self.folder.path()).arg("--unixsocket").arg(&self.socket).args(&self.options);
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = started.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => NoServer::Missing("redis-server is not on the PATH; install Redis".to_owned()),
            _ => NoServer::Broken(format!("redis-server could not be started: {error}")),
        })?;
        let Some(output) = child.stdout.take() else {
            return Err(NoServer::Broken("redis-server has no output".to_owned()));
        };
        let mut log = BufReader::new(output);
        let mut told = String::new();
        loop {
            let before = told.len();
            match log.read_line(&mut told) {
                Ok(1..) if told.get(before..).is_some_and(|line| line.contains("eady to accept connections")) => break,
                Ok(1..) => {}
                Ok(0) | Err(_) => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(NoServer::Broken(format!("redis-server ended before it was ready:\n{told}")));
                }
            }
        }
        self.process = Some(Running { child, _log: log });
        Ok(())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}
