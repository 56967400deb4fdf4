//! `imchat verify`: a captured request, and which of its inputs is wrong.

use std::io::{self, Write};

use imchat_verify::{
    AnyProvider, ConfigError, Error, Identity, Proved, Provenance, Reply, Scheme, Stated, Verdict, Verifier, Window,
};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::args::{CaptureArgs, VerifyArgs};
use crate::capture::Captured;
use crate::clock::{self, Tolerance};
use crate::explain::{self, Attempt, Refused};
use crate::file;
use crate::providers;
use crate::report::{self, Notes, Outcome, Report};
use crate::secrets::{self, Given};
use crate::stop::Stop;
use crate::text::{shown, span};

/// A captured request with all that it is looked at with.
pub(crate) struct Looked {
    pub(crate) scheme: &'static Scheme,
    pub(crate) request: Captured,
    pub(crate) now: OffsetDateTime,
    given: Given,
    tolerance: Option<Tolerance>,
}

impl Looked {
    /// Reads the files and the environment.
    pub(crate) fn at(args: &CaptureArgs, notes: &mut Notes) -> Result<Self, Stop> {
        let scheme = providers::by_name(&args.credentials.provider)?;
        let given = Given::read(&args.credentials, scheme)?;
        let bytes = file::read(&args.request, "the request")?;
        let mut request = Captured::parse(&bytes, args.entry)
            .map_err(|wrong| Stop::usage(format!("{} is no captured request: {wrong}", args.request.display())))?;
        if let Some(note) = request.note.take() {
            notes.note(note);
        }
        if scheme.signs_url() && args.url.is_none() && request.url.is_some() {
            notes.note(format!(
                "{} signs the public URL: the one in the capture is taken, unless --url gives another",
                scheme.name()
            ));
        }
        request.url = args.url.clone().or(request.url);
        if scheme.signs_url() && request.url.is_none() {
            return Err(Stop::usage(format!("{} signs the public URL: give it with --url", scheme.name())));
        }
        Ok(Self { scheme, request, now: clock::or_now(args.now), given, tolerance: args.window })
    }

    /// A verifier with the window that was asked for.
    pub(crate) fn verifier(&self) -> Result<Verifier<AnyProvider>, ConfigError> {
        let verifier = Verifier::of(self.scheme, self.given.secrets())?;
        Ok(match self.tolerance {
            Some(Tolerance::Off) => verifier.window(None),
            Some(Tolerance::Both(span)) => verifier.window(Window::symmetric(span)),
            None => verifier,
        })
    }

    pub(crate) const fn attempt(&self) -> Attempt<'_> {
        Attempt { scheme: self.scheme, given: &self.given, request: &self.request, now: self.now }
    }
}

/// What came of a request, in words.
enum Verified {
    Event(Event),
    Handshake(Reply),
    Refused { error: Error, sentence: String },
}

struct Event {
    kind: &'static str,
    event_id: Said,
    semantic_id: Option<Said>,
    event_type: Said,
    tenant: Said,
    dedup_key: Option<String>,
    /// Its place among the secrets of its role, from 0.
    secret: usize,
    sent_at: Option<OffsetDateTime>,
    now: OffsetDateTime,
    bytes: usize,
    is_decrypted: bool,
}

pub(crate) fn run(args: &VerifyArgs, notes: &mut Notes) -> Outcome {
    let looked = Looked::at(&args.capture, notes)?;
    let verifier = looked.verifier().map_err(|error| secrets::unusable(&error, looked.scheme))?;
    for warning in verifier.warnings() {
        notes.warn(warning.to_string());
    }
    Ok(Box::new(match verifier.verify(looked.request.head(), &looked.request.body, looked.now) {
        Ok(Verdict::Event(proved)) => Verified::Event(event(&proved, looked.now)),
        Ok(Verdict::Handshake(reply)) => Verified::Handshake(reply),
        Err(error) => {
            let refused = Refused::Request(error);
            let explanation = explain::explain(&looked.attempt(), &refused, verifier.current_window());
            Verified::Refused { error, sentence: explanation.sentence }
        }
    }))
}

fn event(proved: &Proved<'_, AnyProvider>, now: OffsetDateTime) -> Event {
    let identity = proved.identity();
    let semantic_id = identity.semantic_id.as_ref().filter(|_| identity.semantic_id != identity.event_id);
    Event {
        kind: identity.kind,
        event_id: id(&identity, identity.event_id.as_ref()),
        semantic_id: semantic_id.map(|stated| id(&identity, Some(stated))),
        event_type: Said::of(identity.event_type.as_ref()),
        tenant: Said::of(identity.tenant.as_ref()),
        dedup_key: identity.dedup_key.map(|key| key.to_string()),
        secret: proved.secret(),
        sent_at: proved.sent_at(),
        now,
        bytes: proved.body().len(),
        is_decrypted: proved.body() != proved.wire(),
    }
}

impl Report for Verified {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Event(event) => event.text(out),
            Self::Handshake(reply) => handshake(reply, out),
            Self::Refused { .. } => Ok(()),
        }
    }

    fn json(&self) -> Map<String, Value> {
        report::members(match self {
            Self::Event(event) => event.json(),
            Self::Handshake(reply) => json!({"verdict": "handshake", "reply": {
                "status": reply.status,
                "content_type": reply.content_type,
                "body": String::from_utf8_lossy(&reply.body),
            }}),
            Self::Refused { error, .. } => json!({"verdict": "refused", "refused": error.reason()}),
        })
    }

    fn fault(&self) -> Option<String> {
        match self {
            Self::Event(_) | Self::Handshake(_) => None,
            Self::Refused { sentence, .. } => Some(sentence.clone()),
        }
    }
}

impl Event {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut line = |name: &str, value: &str| writeln!(out, "{name:<12} {value}");
        line("verdict", "event: the request is authentic")?;
        line("kind", self.kind)?;
        line("event id", &self.event_id.text())?;
        if let Some(id) = &self.semantic_id {
            line("semantic id", &id.text())?;
        }
        line("event type", &self.event_type.text())?;
        line("tenant", &self.tenant.text())?;
        line("dedup key", self.dedup_key.as_deref().unwrap_or("none: handling it twice changes nothing"))?;
        line("secret", &matched(self.secret))?;
        line("sent", &sent(self.sent_at, self.now))?;
        line("body", &format!("{} bytes{}", self.bytes, if self.is_decrypted { ", decrypted" } else { "" }))
    }

    fn json(&self) -> Value {
        json!({
            "verdict": "event",
            "kind": self.kind,
            "event_id": self.event_id.json(),
            "semantic_id": self.semantic_id.as_ref().map(Said::json),
            "event_type": self.event_type.json(),
            "tenant": self.tenant.json(),
            "dedup_key": self.dedup_key,
            "secret": self.secret,
            "sent_at": self.sent_at.map(OffsetDateTime::unix_timestamp),
            "body_bytes": self.bytes,
            "decrypted": self.is_decrypted,
        })
    }
}

fn handshake(reply: &Reply, out: &mut dyn Write) -> io::Result<()> {
    let body = shown(&String::from_utf8_lossy(&reply.body));
    writeln!(out, "{:<12} handshake: answer it and hand nothing on", "verdict")?;
    writeln!(out, "{:<12} {} {}", "reply", reply.status, reply.content_type)?;
    writeln!(out, "{:<12} {}", "reply body", if body.is_empty() { "empty" } else { &body })
}

/// What a request states of itself.
enum Said {
    Nothing,
    Signed(String),
    Unsigned(String),
    /// Whoever has it can act with it.
    Hidden,
}

impl Said {
    fn of(stated: Option<&Stated<'_>>) -> Self {
        match stated {
            None => Self::Nothing,
            Some(Provenance::Signed(text)) => Self::Signed(text.to_string()),
            Some(Provenance::Unsigned(text)) => Self::Unsigned(text.to_string()),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Nothing => "none".into(),
            Self::Signed(text) => format!("{} (signed)", shown(text)),
            Self::Unsigned(text) => format!("{} (unsigned: anyone on the way could have changed it)", shown(text)),
            Self::Hidden => "present, not shown: whoever has it can act with it".into(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Signed(text) => json!({"value": text, "signed": true}),
            Self::Unsigned(text) => json!({"value": text, "signed": false}),
            Self::Hidden => json!({"value": null, "hidden": true}),
        }
    }
}

/// An id, unless whoever reads it could use it.
fn id(identity: &Identity<'_>, id: Option<&Stated<'_>>) -> Said {
    match id {
        Some(_) if identity.ids_are_secret() => Said::Hidden,
        id => Said::of(id),
    }
}

fn matched(secret: usize) -> String {
    match secret {
        0 => "the current one matched".into(),
        earlier => format!("an earlier one matched: number {} of its role", earlier.saturating_add(1)),
    }
}

fn sent(at: Option<OffsetDateTime>, now: OffsetDateTime) -> String {
    let Some(at) = at else { return "not known: the time is not signed or not looked at".into() };
    let apart = std::time::Duration::from_secs(now.unix_timestamp().abs_diff(at.unix_timestamp()));
    let side = if at <= now { "before" } else { "after" };
    format!("{}, {} {side} now", at.unix_timestamp(), span(apart))
}
