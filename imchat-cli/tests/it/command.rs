//! Runs the command with an environment and files of its own.

use std::path::PathBuf;
use std::process::Command;

/// What a run left behind.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The last line of stdout.
    pub(crate) fn last(&self) -> &str {
        self.out.lines().last().unwrap_or_default()
    }
}

/// Runs `imchat` with these arguments; each pair of `env` is set.
pub(crate) fn imchat(env: &[(&str, &str)], args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imchat"));
    for proxy in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env_remove(proxy);
    }
    let output = command.args(args).envs(env.iter().copied()).output().expect("imchat runs");
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("stdout is text"),
        err: String::from_utf8(output.stderr).expect("stderr is text"),
    }
}

/// A file with these bytes; the name must be the calling test's own.
pub(crate) fn file(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("imchat-{name}"));
    std::fs::write(&path, bytes).expect("the target directory is writable");
    path.to_str().expect("paths are text").to_owned()
}

/// A raw request of these header lines and this body.
pub(crate) fn raw(headers: &str, body: &str) -> String {
    format!("POST /hooks HTTP/1.1\nHost: bot.example.com\nContent-Length: {}\n{headers}\n{body}", body.len())
}
