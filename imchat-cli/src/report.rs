//! What a command found, said for people or for programs.

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::{Map, Value, json};

use crate::stop::{Stop, remark, unwritable};

/// What a command found.
pub(crate) trait Report {
    /// Lines for a person.
    fn text(&self, out: &mut dyn Write) -> io::Result<()>;

    /// The members of the JSON document, beside those that every document has.
    fn json(&self) -> Map<String, Value>;

    /// What is not in order, as a sentence; the exit code is then 1.
    fn fault(&self) -> Option<String> {
        None
    }

    /// Whether the lines for a person say so themselves.
    fn says_its_fault(&self) -> bool {
        false
    }
}

/// Members as the `json!` macro writes them.
pub(crate) fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// What is odd about the input without being wrong.
#[derive(Debug, Default)]
pub(crate) struct Notes(Vec<(&'static str, String)>);

impl Notes {
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.0.push(("note", text.into()));
    }

    pub(crate) fn warn(&mut self, text: impl Into<String>) {
        self.0.push(("warning", text.into()));
    }

    fn json(&self) -> Value {
        self.0.iter().map(|(kind, text)| json!({"kind": kind, "text": text})).collect()
    }
}

pub(crate) type Outcome = Result<Box<dyn Report>, Stop>;

/// Results on stdout; notes and complaints on stderr.
pub(crate) fn tell(outcome: &Outcome, notes: &Notes, out: &mut dyn Write) -> ExitCode {
    for (kind, text) in &notes.0 {
        remark(kind, text);
    }
    let written = match outcome {
        Ok(report) => report.text(out).and_then(|()| out.flush()),
        Err(_) => Ok(()),
    };
    if let Err(error) = written {
        return unwritable(&error);
    }
    let Some(stop) = complaint(outcome) else { return ExitCode::SUCCESS };
    if !outcome.as_ref().is_ok_and(|report| report.says_its_fault()) {
        remark("error", stop.message());
    }
    ExitCode::from(stop.exit())
}

/// One JSON document in one line of stdout, whatever happened.
pub(crate) fn tell_json(command: Option<&str>, outcome: &Outcome, notes: &Notes, out: &mut dyn Write) -> ExitCode {
    let stop = complaint(outcome);
    let mut document = outcome.as_ref().map(|report| report.json()).unwrap_or_default();
    document.insert("command".into(), command.into());
    document.insert("ok".into(), stop.is_none().into());
    document.insert("notes".into(), notes.json());
    if let Some(stop) = &stop {
        let error = json!({"kind": stop.kind(), "exit": stop.exit(), "message": stop.message()});
        document.insert("error".into(), error);
    }
    match writeln!(out, "{}", Value::Object(document)).and_then(|()| out.flush()) {
        Ok(()) => stop.map_or(ExitCode::SUCCESS, |stop| ExitCode::from(stop.exit())),
        Err(error) => unwritable(&error),
    }
}

fn complaint(outcome: &Outcome) -> Option<Stop> {
    match outcome {
        Ok(report) => report.fault().map(Stop::Fault),
        Err(stop) => Some(stop.clone()),
    }
}
