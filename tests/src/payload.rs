//! The archived requests under `payloads/`.

use std::fs;
use std::path::{Path, PathBuf};

use imchat_verify::{Role, Scheme, providers};

use crate::{Request, SIGNED_AT, Subject, at, keys};

/// One archived request, to be judged when it was signed and with the secrets that the README gives.
#[derive(Debug, Clone)]
pub struct Payload {
    /// Its path without the ending, such as `slack/app_mention`.
    pub path: String,
    /// The request with its scheme, secrets and time.
    pub subject: Subject,
}

impl Payload {
    /// Whether the README says that it is refused.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self.path.as_str(), "slack/stale_replay" | "slack/tampered" | "slack/ssl_check")
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("payloads")
}

/// The archived request at this path, such as `slack/app_mention`.
///
/// # Panics
///
/// Where there is none.
#[must_use]
pub fn payload(path: &str) -> Subject {
    read(path).subject
}

/// Every archived request, in the order of their paths.
///
/// # Panics
///
/// Where the archive cannot be read.
#[must_use]
pub fn payloads() -> Vec<Payload> {
    let mut paths = Vec::new();
    for provider in fs::read_dir(folder()).expect("tests/payloads") {
        let provider = provider.expect("a folder of tests/payloads").path();
        if !provider.is_dir() {
            continue;
        }
        for file in fs::read_dir(&provider).expect("a folder of tests/payloads") {
            let file = file.expect("an archived request").path();
            let name = |path: &Path| path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
            paths.push(format!("{}/{}", name(&provider), name(&file)));
        }
    }
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &str) -> Payload {
    let bytes = fs::read(folder().join(format!("{path}.http"))).unwrap_or_else(|error| panic!("{path}: {error}"));
    let (scheme, secrets) = verified_by(path);
    let now = if path == "slack/app_mention_retry" { SIGNED_AT + 60 } else { SIGNED_AT };
    let subject =
        Subject { name: path.to_owned(), scheme, secrets, window: None, now: at(now), request: parse(path, &bytes) };
    Payload { path: path.to_owned(), subject }
}

/// Reads one raw HTTP/1.1 request.
fn parse(path: &str, bytes: &[u8]) -> Request {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap_or_else(|| panic!("{path}: no empty line"));
    let head = std::str::from_utf8(&bytes[..end]).expect("a head of text");
    let mut lines = head.lines();
    let method = lines.next().and_then(|line| line.split(' ').next()).expect("a request line").to_owned();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("{path}: {line}"));
        (name.to_owned(), value.as_bytes().to_vec())
    });
    Request { method, url: None, headers: headers.collect(), body: bytes[end + 2..].to_vec() }
}

/// The scheme and secrets of an archived request, as the README's table says.
fn verified_by(path: &str) -> (&'static Scheme, Vec<(Role, String)>) {
    let secrets = |list: &[(Role, &str)]| list.iter().map(|(role, secret)| (*role, (*secret).to_owned())).collect();
    let sign = |secret| secrets(&[(Role::Sign, secret)]);
    let token = (Role::VerificationToken, keys::FEISHU_TOKEN);
    match path.split_once('/').unwrap_or_default() {
        ("slack", _) => (&providers::SLACK, sign(keys::SLACK)),
        ("feishu", "card_action_legacy") => (&providers::FEISHU_CARD_LEGACY, secrets(&[token])),
        ("feishu", "url_verification") => (&providers::FEISHU, secrets(&[token])),
        ("feishu", _) => (&providers::FEISHU, secrets(&[(Role::EncryptKey, keys::FEISHU_ENCRYPT), token])),
        ("discord", _) => (&providers::DISCORD, secrets(&[(Role::PublicKey, keys::DISCORD_PUBLIC)])),
        ("github", _) => (&providers::GITHUB, sign(keys::GITHUB)),
        ("stripe", _) => (&providers::STRIPE, sign(keys::STRIPE)),
        ("standard_webhooks", "v1a") => {
            (&providers::STANDARD_WEBHOOKS, secrets(&[(Role::PublicKey, keys::STANDARD_PUBLIC)]))
        }
        ("standard_webhooks", "svix") => (&providers::SVIX, sign(keys::STANDARD)),
        ("standard_webhooks", _) => (&providers::STANDARD_WEBHOOKS, sign(keys::STANDARD)),
        ("generic", _) => (&providers::GENERIC, sign(keys::GENERIC)),
        _ => panic!("{path}: no scheme is known for it: add it here and to the README"),
    }
}
