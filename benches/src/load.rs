//! The load generator: keep-alive connections, each with one request on the way.

use crate::slack_event::Sender;
use anyhow::{Context, Result, ensure};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What one slice of load came to.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    /// Requests answered with 200.
    pub requests: u64,
    /// The same in a second.
    pub per_second: f64,
    /// The median latency in microseconds.
    pub p50: f64,
    /// The 99th percentile of latency in microseconds.
    pub p99: f64,
}

/// The connections to one server.
#[derive(Debug)]
pub struct Load {
    lanes: Vec<Lane>,
}

impl Load {
    /// Opens `lanes` connections; event numbers are drawn from `numbers`.
    ///
    /// # Errors
    /// If a connection is refused.
    pub async fn connect(port: u16, lanes: usize, numbers: &Arc<AtomicU64>) -> Result<Self> {
        let mut load = Self { lanes: Vec::new() };
        for _ in 0..lanes {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
            stream.set_nodelay(true)?;
            load.lanes.push(Lane {
                stream,
                sender: Sender::new()?,
                numbers: numbers.clone(),
                usual: 0,
                answer: [0; 1024],
            });
        }
        Ok(load)
    }

    /// Keeps every connection busy for `length`.
    ///
    /// # Errors
    /// If an answer is not 200 or a connection ends.
    pub async fn run(&mut self, length: Duration) -> Result<Slice> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let start = Instant::now();
        // A core that sleeps has to be woken by whoever answers: the slower a server, the more often it would pay for that.
        let awake = tokio::spawn(async {
            loop {
                tokio::task::yield_now().await;
            }
        });
        let mut running = JoinSet::new();
        for mut lane in self.lanes.drain(..) {
            running.spawn(async move {
                lane.sender.stamp(now)?;
                let mut latencies = Vec::new();
                while start.elapsed() < length {
                    latencies.push(lane.ask().await?);
                }
                anyhow::Ok((lane, latencies))
            });
        }
        let mut latencies = Vec::new();
        while let Some(ended) = running.join_next().await {
            let (lane, its) = ended??;
            self.lanes.push(lane);
            latencies.extend(its);
        }
        let took = start.elapsed();
        awake.abort();
        Ok(Slice::of(latencies, took))
    }

    /// Sends `rate` requests in a second for `length`, whether or not those before were answered. A latency counts from the
    /// time at which a request was due, so that one that had to wait for a connection does not hide it.
    ///
    /// # Errors
    /// If an answer is not 200 or a connection ends.
    pub async fn run_at(&mut self, rate: u32, length: Duration) -> Result<Slice> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        for lane in &mut self.lanes {
            lane.sender.stamp(now)?;
        }
        let (start, gap) = (Instant::now(), Duration::from_secs(1) / rate);
        let mut running: JoinSet<Result<(Lane, Duration)>> = JoinSet::new();
        let mut latencies = Vec::new();
        let mut due = Duration::ZERO;
        while due < length {
            tokio::time::sleep_until((start + due).into()).await;
            while let Some(ended) = running.try_join_next() {
                self.answered(ended?, &mut latencies)?;
            }
            if self.lanes.is_empty() {
                let ended = running.join_next().await.context("a connection")?;
                self.answered(ended?, &mut latencies)?;
            }
            let mut lane = self.lanes.pop().context("a connection")?;
            let since = start + due;
            running.spawn(async move {
                lane.ask().await?;
                Ok((lane, since.elapsed()))
            });
            due += gap;
        }
        while let Some(ended) = running.join_next().await {
            self.answered(ended?, &mut latencies)?;
        }
        Ok(Slice::of(latencies, start.elapsed()))
    }

    fn answered(&mut self, ended: Result<(Lane, Duration)>, latencies: &mut Vec<Duration>) -> Result<()> {
        let (lane, latency) = ended?;
        self.lanes.push(lane);
        latencies.push(latency);
        Ok(())
    }
}

impl Slice {
    fn of(mut latencies: Vec<Duration>, took: Duration) -> Self {
        latencies.sort_unstable();
        let at = |hundredths: usize| {
            let latency = latencies.get(latencies.len() * hundredths / 100);
            latency.map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e6)
        };
        Self {
            requests: latencies.len() as u64,
            per_second: latencies.len() as f64 / took.as_secs_f64(),
            p50: at(50),
            p99: at(99),
        }
    }
}

#[derive(Debug)]
struct Lane {
    stream: TcpStream,
    sender: Sender,
    numbers: Arc<AtomicU64>,
    /// The length of the first answer; one of that length needs no second look.
    usual: usize,
    answer: [u8; 1024],
}

impl Lane {
    /// Sends the next event and waits for its answer: how long that took.
    async fn ask(&mut self) -> Result<Duration> {
        let request = self.sender.event(self.numbers.fetch_add(1, Ordering::Relaxed))?;
        let start = Instant::now();
        self.stream.write_all(request).await?;
        let mut filled = 0;
        loop {
            let room = self.answer.get_mut(filled..).context("a short answer")?;
            let read = self.stream.read(room).await?;
            ensure!(read > 0, "the server closed the connection or its answer is too long");
            filled += read;
            let answer = self.answer.get(..filled).context("an answer")?;
            if filled == self.usual || whole(answer) {
                break;
            }
        }
        let took = start.elapsed();
        let answer = self.answer.get(..filled).context("an answer")?;
        ensure!(answer.starts_with(b"HTTP/1.1 200 "), "the server refuses a signed event");
        self.usual = filled;
        Ok(took)
    }
}

/// Whether the head is there and as much of the body as it announces.
fn whole(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
        return false;
    };
    let announced = answer.get(..head).and_then(|head| str::from_utf8(head).ok()).and_then(|head| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let length = name.eq_ignore_ascii_case("content-length");
            length.then(|| value.trim().parse::<usize>().ok())?
        })
    });
    announced.is_some_and(|length| answer.len() >= head + 4 + length)
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn an_answer_is_whole_with_its_body() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        assert!(whole(answer));
        for end in 0..answer.len() {
            assert!(!whole(&answer[..end]));
        }
    }
}
