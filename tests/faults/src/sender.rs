//! The platforms: signed deliveries, sent again on their ladders until a 2xx was read or the ladder ends.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use imchat_verify::providers::{FEISHU, SLACK};
use imchat_verify::sign::{SignRequest, Signer};
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::random::Random;

/// What both ends know.
pub(crate) const SECRET: &str = "a secret of no worth";
/// Part of the id of an event whose attempts all fail.
pub(crate) const POISON: &str = "poison";
/// Part of the id of an event that its first attempt gives up.
pub(crate) const HOPELESS: &str = "hopeless";

const SLACK_GAPS: [u64; 3] = [0, 60_000, 300_000];
const FEISHU_GAPS: [u64; 4] = [15_000, 300_000, 3_600_000, 21_600_000];
/// A Slack ladder of six minutes lasts less than two seconds.
const SLACK_SPEED: u64 = 200;
/// A Feishu ladder of seven hours lasts less than three seconds.
const FEISHU_SPEED: u64 = 9_000;
/// New deliveries come so often.
const EVERY: Duration = Duration::from_millis(14);
/// So long after its 2xx comes what is sent once more all the same.
const LATE: Duration = Duration::from_millis(500);
/// Nobody waits longer for an answer.
pub(crate) const PATIENCE: Duration = Duration::from_millis(800);

/// What the senders share: where to send, and what was answered.
#[derive(Debug, Default)]
pub(crate) struct Post {
    /// The port of each process that takes deliveries; 0 where there is none.
    pub(crate) ports: [AtomicU16; 3],
    /// No new deliveries from here on.
    pub(crate) over: AtomicBool,
    pub(crate) sent: AtomicU64,
    turn: AtomicUsize,
    acked: Mutex<BTreeSet<String>>,
}

impl Post {
    /// The ids of the events for which a 2xx was read.
    pub(crate) fn acked(&self) -> BTreeSet<String> {
        self.acked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One port after the other, as behind a balancer.
    fn port(&self) -> u16 {
        let ports = self.ports.iter().map(|port| port.load(Ordering::SeqCst)).filter(|port| *port != 0);
        let ports: Vec<u16> = ports.collect();
        let turn = self.turn.fetch_add(1, Ordering::SeqCst);
        turn.checked_rem(ports.len()).and_then(|turn| ports.get(turn).copied()).unwrap_or_default()
    }

    fn note(&self, event: &str) {
        self.acked.lock().unwrap_or_else(PoisonError::into_inner).insert(event.to_owned());
    }
}

/// Sends new deliveries until `over` is set, and each of them to the end of its ladder.
pub(crate) async fn send(post: Arc<Post>, mut random: Random) -> Result<()> {
    let slack = Arc::new(Signer::of(&SLACK, SECRET)?);
    let feishu = Arc::new(Signer::of(&FEISHU, SECRET)?);
    let mut ladders = JoinSet::new();
    let mut ticks = tokio::time::interval(EVERY);
    while !post.over.load(Ordering::SeqCst) {
        ticks.tick().await;
        let number = post.sent.fetch_add(1, Ordering::SeqCst);
        // Not drawn, so that the shortest run has dead letters.
        let sort = match number.checked_rem(50) {
            Some(5 | 25) => POISON,
            Some(35) => HOPELESS,
            _ => "work",
        };
        let event = format!("{sort}-{number}");
        let of_slack = random.percent(50);
        let surplus = match random.below(10) {
            0 | 1 => Surplus::AtOnce,
            2 => Surplus::Late,
            _ => Surplus::None,
        };
        let signer = Arc::clone(if of_slack { &slack } else { &feishu });
        ladders.spawn(ladder(Arc::clone(&post), signer, event, of_slack, surplus));
    }
    while let Some(ended) = ladders.join_next().await {
        ended??;
    }
    Ok(())
}

/// What a platform sends though nobody asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Surplus {
    None,
    /// Every attempt comes twice.
    AtOnce,
    /// The delivery comes again when its 2xx was read.
    Late,
}

async fn ladder(post: Arc<Post>, signer: Arc<Signer>, event: String, of_slack: bool, surplus: Surplus) -> Result<()> {
    let (path, body) = if of_slack {
        let body =
            format!(r#"{{"type":"event_callback","team_id":"T1","event_id":"{event}","event":{{"type":"message"}}}}"#);
        ("/slack", body)
    } else {
        let header = format!(r#"{{"event_id":"{event}","event_type":"im.message.receive_v1","tenant_key":"t1"}}"#);
        ("/feishu", format!(r#"{{"schema":"2.0","header":{header},"event":{{}}}}"#))
    };
    let (gaps, speed) = if of_slack { (&SLACK_GAPS[..], SLACK_SPEED) } else { (&FEISHU_GAPS[..], FEISHU_SPEED) };
    let mut waits = gaps.iter().map(|gap| Duration::from_millis(gap.checked_div(speed).unwrap_or_default()));
    loop {
        let request = signed(&signer, path, &body)?;
        let (one, other) = tokio::join!(delivered(&post, &request), async {
            surplus == Surplus::AtOnce && delivered(&post, &request).await
        });
        if one || other {
            post.note(&event);
            if surplus == Surplus::Late {
                tokio::time::sleep(LATE).await;
                // It was acked, whatever is said now.
                let _again = delivered(&post, &request).await;
            }
            return Ok(());
        }
        let Some(wait) = waits.next() else { return Ok(()) };
        tokio::time::sleep(wait).await;
    }
}

fn signed(signer: &Signer, path: &str, body: &str) -> Result<String> {
    let length = body.len();
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: ingress\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n"
    );
    for (name, value) in signer.sign(SignRequest::post(body.as_bytes(), OffsetDateTime::now_utc()))? {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    request.push_str(body);
    Ok(request)
}

/// Whether a 2xx was read; anything else, also no answer, is none.
async fn delivered(post: &Post, request: &str) -> bool {
    let answer = tokio::time::timeout(PATIENCE, exchange(post.port(), request)).await;
    matches!(answer, Ok(Ok(status)) if (200..300).contains(&status))
}

async fn exchange(port: u16, request: &str) -> Result<u16> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    let mut part = [0; 512];
    while !answer.ends_with(b"\r\n\r\n") && !answer.windows(4).any(|four| four == b"\r\n\r\n") {
        let read = stream.read(&mut part).await?;
        anyhow::ensure!(read > 0, "the answer broke off");
        answer.extend_from_slice(part.get(..read).unwrap_or_default());
    }
    let head = String::from_utf8_lossy(&answer);
    Ok(head.split(' ').nth(1).context("no status")?.parse()?)
}
