//! Server processes: pinned where `taskset` is at hand, and ended with their owner.

use crate::servers::Kind;
use crate::slack_event::Sender;
use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A command that runs this program again, on the given core if there is one.
///
/// # Errors
/// If the path of this program cannot be found out.
pub fn again(core: Option<usize>) -> Result<Command> {
    let program = std::env::current_exe()?;
    Ok(match core {
        Some(core) => {
            let mut command = Command::new("taskset");
            command.args(["-c", &core.to_string()]).arg(program);
            command
        }
        None => Command::new(program),
    })
}

/// Whether `taskset` can pin to the first core and to the second.
#[must_use]
pub fn can_pin() -> bool {
    ["0", "1"].iter().all(|core| {
        let pinned = Command::new("taskset").args(["-c", core, "true"]).status();
        pinned.is_ok_and(|status| status.success())
    })
}

/// What the scheduler gave to a main thread, and what it held back.
#[derive(Clone, Copy, Debug, Default)]
pub struct Share {
    /// The time on a core.
    pub busy: Duration,
    /// The time spent ready to run while another program had the core.
    pub waiting: Duration,
}

impl Share {
    /// The share of this process, or of the one of that id; zero where the system does not tell.
    #[must_use]
    pub fn of(id: Option<u32>) -> Self {
        let owner = id.map_or_else(|| "self".to_owned(), |id| id.to_string());
        let told = std::fs::read_to_string(format!("/proc/{owner}/schedstat")).unwrap_or_default();
        let mut figures = told.split_whitespace().map(|figure| figure.parse().unwrap_or_default());
        let mut next = || Duration::from_nanos(figures.next().unwrap_or_default());
        Self { busy: next(), waiting: next() }
    }

    /// What came since an earlier reading.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self { busy: self.busy.saturating_sub(earlier.busy), waiting: self.waiting.saturating_sub(earlier.waiting) }
    }
}

/// A running server; dropping it ends the process.
#[derive(Debug)]
pub struct Server {
    /// What it serves.
    pub kind: Kind,
    /// Its port on loopback.
    pub port: u16,
    child: Child,
}

impl Server {
    /// Starts a server on the given core and waits until it listens.
    ///
    /// # Errors
    /// If the process does not start or does not name its port.
    pub fn start(kind: Kind, core: Option<usize>) -> Result<Self> {
        let mut child = again(core)?
            .args(["serve", kind.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("start a server process")?;
        let mut port = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut port)?;
        }
        let port = port.trim().parse().context("the server names its port")?;
        Ok(Self { kind, port, child })
    }

    /// What the scheduler has given to it.
    #[must_use]
    pub fn share(&self) -> Share {
        Share::of(Some(self.child.id()))
    }

    /// How often its handler has run.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn handled(&self) -> Result<u64> {
        let answer = self.exchange(b"GET /handled HTTP/1.1\r\nhost: bot.example\r\n\r\n")?;
        let (_, count) = answer.split_once("\r\n\r\n").context("a whole answer")?;
        Ok(count.trim().parse()?)
    }

    /// Asserts that it takes an event, refuses a forged one unless it is bare, and runs its handler
    /// as often as its kind should when the event comes again.
    ///
    /// # Errors
    /// If it does otherwise.
    pub fn check(&self, sender: &mut Sender, number: u64) -> Result<()> {
        let name = self.kind.name();
        let before = self.handled()?;
        let event = sender.event(number)?.to_vec();
        let mut forged = event.clone();
        if let Some(byte) = forged.last_mut() {
            *byte = b' ';
        }
        ensure!(self.accepts(&event)?, "{name} refuses a signed event");
        let bare = self.kind == Kind::Bare;
        ensure!(self.accepts(&forged)? == bare, "{name} accepts a forged event");
        ensure!(self.accepts(&event)?, "{name} refuses an event that comes again");
        let runs = self.handled()? - before;
        ensure!(runs == self.kind.runs_of_check(), "{name} ran its handler {runs} times in the check");
        Ok(())
    }

    fn accepts(&self, request: &[u8]) -> Result<bool> {
        Ok(self.exchange(request)?.starts_with("HTTP/1.1 200 "))
    }

    /// Sends one request, with `connection: close` put among its headers, and reads to the end.
    fn exchange(&self, request: &[u8]) -> Result<String> {
        let line = request.iter().position(|byte| *byte == b'\n');
        let (first, rest) = request.split_at(line.context("a request line")? + 1);
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(&[first, b"connection: close\r\n", rest].concat())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
