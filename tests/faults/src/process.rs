//! One process of the pair, started again as soon as it ends.

use std::process::Stdio;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::point::POINT;
use crate::sabotage::Sabotage;

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Ingress,
    Worker,
}

impl Role {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Worker => "worker",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Ingress, Self::Worker].into_iter().find(|role| role.name() == name)
    }
}

/// A running process; it ends with this value.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// What a process was last heard of.
#[derive(Debug)]
pub(crate) enum Heard {
    /// It serves there.
    Port(u16),
    /// It works.
    Ready,
    /// It stands at this point, to be killed.
    At(String),
    /// It has ended.
    Ended,
}

impl Process {
    /// This program again, in a role, perhaps with a point at which to stop.
    pub(crate) fn start(
        role: Role,
        address: &str,
        folder: &str,
        sabotage: Sabotage,
        point: Option<&str>,
    ) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([role.name(), address, folder, sabotage.name()]).env_remove(POINT);
        if let Some(point) = point {
            command.env(POINT, point);
        }
        let mut child = command
            // Its end tells the process that the supervisor is gone.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("no {} process", role.name()))?;
        let output = child.stdout.take().context("a process without an output")?;
        Ok(Self { child, lines: BufReader::new(output).lines() })
    }

    /// The next thing that it says, or its end.
    pub(crate) async fn hear(&mut self) -> Result<Heard> {
        while let Some(line) = self.lines.next_line().await? {
            match line.split_once(' ') {
                Some(("port", port)) => return Ok(Heard::Port(port.parse()?)),
                Some(("at", point)) => return Ok(Heard::At(point.to_owned())),
                _ if line == "ready" => return Ok(Heard::Ready),
                _ => {}
            }
        }
        self.child.wait().await?;
        Ok(Heard::Ended)
    }

    /// SIGKILL, and the process is no more; false where it had ended by itself.
    pub(crate) async fn kill(&mut self) -> Result<bool> {
        use std::os::unix::process::ExitStatusExt as _;
        // It may have ended meanwhile.
        let _late = self.child.start_kill();
        Ok(self.child.wait().await?.signal() == Some(9))
    }

    /// `STOP` or `CONT`, unless it has ended.
    pub(crate) async fn signal(&mut self, name: &str) -> Result<()> {
        // While it is not waited for, its id is nobody else's.
        if self.child.try_wait()?.is_none()
            && let Some(id) = self.child.id()
        {
            Command::new("kill").args(["-s", name, &id.to_string()]).status().await?;
        }
        Ok(())
    }
}
