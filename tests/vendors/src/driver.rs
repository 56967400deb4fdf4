//! One process per SDK, asked in JSON lines.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::request::Request;
use crate::vendor::{Language, URL, Vendor};

/// A running SDK; it ends with its input.
pub(crate) struct Driver {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// What an SDK says of a request.
pub(crate) struct Opinion {
    pub(crate) accepted: bool,
    /// In its own words, where it refuses.
    pub(crate) why: String,
}

impl Driver {
    pub(crate) fn start(vendor: &Vendor, folder: &Path) -> Result<Self, String> {
        let (program, script) = match vendor.language {
            Language::Node => ("node".into(), folder.join("driver.mjs")),
            Language::Python => (folder.join("venv/bin/python"), folder.join("driver.py")),
        };
        let mut child = Command::new(program)
            .arg(script)
            .arg(vendor.sdk)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("its driver does not start ({error})"))?;
        let answers = child.stdout.take().ok_or("its driver has no stdout")?;
        Ok(Self { questions: child.stdin.take(), answers: BufReader::new(answers), child })
    }

    /// The installed version.
    pub(crate) fn version(&mut self) -> Result<String, String> {
        let about = self.ask(&json!({"op": "about"}))?;
        Ok(about.get("version").and_then(Value::as_str).unwrap_or("?").to_owned())
    }

    pub(crate) fn opinion(&mut self, request: &Request, secret: &str) -> Result<Opinion, String> {
        let answer = self.ask(&request.question(secret))?;
        let accepted = answer.get("accepted").and_then(Value::as_bool).ok_or("its driver gives no verdict")?;
        let why = answer.get("why").and_then(Value::as_str).unwrap_or_default();
        Ok(Opinion { accepted, why: why.lines().next().unwrap_or_default().to_owned() })
    }

    /// The body signed by the SDK; nothing where it has no signer or cannot sign this body.
    pub(crate) fn sign(&mut self, body: &[u8], secret: &str, now: i64) -> Result<Option<Request>, String> {
        let answer = self.ask(&json!({
            "op": "sign",
            "secret": secret,
            "url": URL,
            "id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "now": now,
            "body": STANDARD.encode(body),
        }))?;
        let Some(list) = answer.get("headers").and_then(Value::as_array) else { return Ok(None) };
        let headers = list.iter().map(|pair| {
            let text = |at: usize| pair.get(at).and_then(Value::as_str).map(str::to_owned);
            text(0).zip(text(1))
        });
        let headers = headers.collect::<Option<Vec<_>>>().ok_or("its driver signs with headers that are no text")?;
        Ok(Some(Request { headers, body: body.to_vec() }))
    }

    fn ask(&mut self, question: &Value) -> Result<Value, String> {
        let silent = |error| format!("its driver does not answer ({error})");
        let questions = self.questions.as_mut().ok_or("its driver has no stdin")?;
        writeln!(questions, "{question}").and_then(|()| questions.flush()).map_err(silent)?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(silent)?;
        serde_json::from_str(&line).map_err(|_| "its driver ended or wrote something else than an answer".into())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Without questions the driver ends by itself.
        self.questions = None;
        let _ended = self.child.wait();
    }
}
