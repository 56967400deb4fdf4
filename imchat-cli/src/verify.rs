//! `imchat verify`: a captured request, and which of its inputs is wrong.

use std::io::Write;

use imchat_verify::{AnyProvider, Identity, Proved, Provenance, Reply, Stated, Verdict, Verifier, Window};
use time::OffsetDateTime;

use crate::args::VerifyArgs;
use crate::clock::{self, Tolerance};
use crate::diagnosis;
use crate::file;
use crate::providers;
use crate::request::Captured;
use crate::secrets::{self, Given};
use crate::stop::{Stop, remark};
use crate::text::{shown, span};

pub(crate) fn run(args: &VerifyArgs, out: &mut dyn Write) -> Result<(), Stop> {
    let scheme = providers::by_name(&args.credentials.provider)?;
    let given = Given::read(&args.credentials, scheme)?;
    let mut verifier = Verifier::of(scheme, given.secrets()).map_err(|error| secrets::unusable(&error, scheme))?;
    match args.window {
        Some(Tolerance::Off) => verifier = verifier.window(None),
        Some(Tolerance::Both(span)) => verifier = verifier.window(Window::symmetric(span)),
        None => {}
    }
    for warning in verifier.warnings() {
        remark("warning", &warning.to_string());
    }
    let bytes = file::read(&args.request, "the request")?;
    let mut request = Captured::parse(&bytes)
        .map_err(|wrong| Stop::usage(format!("{} is no captured request: {wrong}", args.request.display())))?;
    if let Some(note) = &request.note {
        remark("note", note);
    }
    request.url = args.url.clone().or(request.url);
    if scheme.signs_url() && args.url.is_none() {
        return Err(Stop::usage(format!("{} signs the public URL: give it with --url", scheme.name())));
    }
    let now = clock::or_now(args.now);
    match verifier.verify(request.head(), &request.body, now) {
        Ok(Verdict::Event(proved)) => event(&proved, now, out),
        Ok(Verdict::Handshake(reply)) => handshake(&reply, out),
        Err(error) => Err(Stop::found(diagnosis::sentence(error, scheme, &verifier, &given, &request, now))),
    }
}

fn event(proved: &Proved<'_, AnyProvider>, now: OffsetDateTime, out: &mut dyn Write) -> Result<(), Stop> {
    let identity = proved.identity();
    let mut line = |name: &str, value: &str| writeln!(out, "{name:<12} {value}");
    line("verdict", "event: the request is authentic")?;
    line("kind", identity.kind)?;
    line("event id", &id(&identity, identity.event_id.as_ref()))?;
    if identity.semantic_id.is_some() && identity.semantic_id != identity.event_id {
        line("semantic id", &id(&identity, identity.semantic_id.as_ref()))?;
    }
    line("event type", &stated(identity.event_type.as_ref()))?;
    line("tenant", &stated(identity.tenant.as_ref()))?;
    let key = identity.dedup_key.map(|key| key.to_string());
    line("dedup key", key.as_deref().unwrap_or("none: handling it twice changes nothing"))?;
    line("secret", &matched(proved.secret()))?;
    line("sent", &sent(proved.sent_at(), now))?;
    line(
        "body",
        &format!("{} bytes{}", proved.body().len(), if proved.body() == proved.wire() { "" } else { ", decrypted" }),
    )?;
    Ok(())
}

fn handshake(reply: &Reply, out: &mut dyn Write) -> Result<(), Stop> {
    let body = shown(&String::from_utf8_lossy(&reply.body));
    writeln!(out, "{:<12} handshake: answer it and hand nothing on", "verdict")?;
    writeln!(out, "{:<12} {} {}", "reply", reply.status, reply.content_type)?;
    writeln!(out, "{:<12} {}", "reply body", if body.is_empty() { "empty" } else { &body })?;
    Ok(())
}

/// An id, unless whoever reads it could use it.
fn id(identity: &Identity<'_>, id: Option<&Stated<'_>>) -> String {
    match id {
        Some(_) if identity.ids_are_secret() => "present, not shown: whoever has it can act with it".into(),
        id => stated(id),
    }
}

fn stated(value: Option<&Stated<'_>>) -> String {
    match value {
        None => "none".into(),
        Some(Provenance::Signed(text)) => format!("{} (signed)", shown(text)),
        Some(Provenance::Unsigned(text)) => {
            format!("{} (unsigned: anyone on the way could have changed it)", shown(text))
        }
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
