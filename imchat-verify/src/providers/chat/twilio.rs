//! Twilio: messages, calls and their states.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::engine::{sha256, url_and_body};
use crate::provider;
use crate::scan::form;
use crate::scheme::Source::Form;
use crate::scheme::{Facts, Hash, Key, Part, PartInput, Scheme, Signature, When};

/// Not sent again, unless the URL that was configured asks for it.
const EVENTS: Facts = Facts::new("events").ack_within(Duration::from_secs(15)).retries(&[]);

/// A message is sent, delivered and read under one id.
const MESSAGE_STATES: Facts =
    EVENTS.named("message states").key(Key::Joined(&[Form("MessageSid"), Form("MessageStatus")]));

const CALL_STATES: Facts =
    EVENTS.named("call states").key(Key::Joined(&[Form("CallSid"), Form("CallStatus"), Form("SequenceNumber")]));

/// A caller who presses the same key twice sends the same request twice, and waits for both answers: no two are ever
/// taken for one.
const CALLS: Facts = EVENTS.named("calls").key(Key::Never);

/// Twilio signs the public URL and, after it, the fields of a form, sorted by name. Where the body is JSON it signs the URL
/// alone, which names the body's SHA-256 as `bodySHA256`.
///
/// The secret is the account's primary auth token. The URL is tried without its port, with the standard port of its scheme, and
/// with `'` as it is and as `%27`: what stands between Twilio and a service changes both.
///
/// Webhooks come by POST, which is Twilio's default for a URL. Where one is set to GET its fields stand in the URL, and there
/// is no body to hand on: `imchat-tower` answers it 405, so set it back to POST.
pub const TWILIO: Scheme = Scheme::hmac("twilio", Hash::Sha1, Signature::base64("x-twilio-signature"))
    .message(&[Part::Custom(url_and_fields)])
    .reads_url()
    .spellings(spellings)
    .key(Key::Id(&[Form("MessageSid")]))
    .event_id(&[Form("CallSid")])
    .event_type(&[Form("MessageStatus"), Form("SmsStatus"), Form("CallStatus"), Form("EventType")])
    .tenant(&[Form("AccountSid")])
    .facts(EVENTS)
    .kind(&[When::Present(Form("MessageStatus"))], MESSAGE_STATES)
    .kind(&[When::Present(Form("SequenceNumber"))], CALL_STATES)
    .kind(&[When::Present(Form("CallSid"))], CALLS)
    .not_signed(&[
        "the time of sending",
        "the order of a form's fields, and how often a field comes with one value",
        "where the URL, a field's name and its value end: whoever captures a request can move text from one to the next",
    ])
    .docs("https://www.twilio.com/docs/usage/security")
    .build();

provider! {
    /// Twilio: messages, calls and their states.
    Twilio = TWILIO
}

/// What makes a delivery unique must not be hidden by a second one of its kind: a field that comes twice with one value is
/// signed as if it came once.
const SINGLE: [&[u8]; 6] =
    [b"MessageSid", b"MessageStatus", b"CallSid", b"CallStatus", b"SequenceNumber", b"AccountSid"];

fn url_and_fields(input: &PartInput<'_>, sink: &mut dyn FnMut(&[u8])) -> Result<(), &'static str> {
    let url = input.url.unwrap_or_default();
    url_and_body(url, &[])?;
    if let Some((before, after)) = around_digest(url)? {
        // The digest of the body that came stands in for the one that is named: only where they are one does the MAC fit.
        let digest = const_hex::encode(sha256(input.body));
        let named = url.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).unwrap_or_default();
        sink(before.as_bytes());
        sink(if named.eq_ignore_ascii_case(&digest) { named.as_bytes() } else { digest.as_bytes() });
        sink(after.as_bytes());
        return Ok(());
    }
    let mut fields: Vec<_> = form::fields(input.body).collect();
    fields.sort_unstable();
    let named = |name| fields.iter().filter(|(field, _)| field == name).count();
    if SINGLE.into_iter().any(|name| named(name) > 1) {
        return Err("a form in which no id, state or account comes twice");
    }
    fields.dedup();
    sink(url.as_bytes());
    for (name, value) in &fields {
        sink(name);
        sink(value);
    }
    Ok(())
}

const NAMES_DIGEST: &str = "bodySHA256=";

/// The URL before and after the digest that its query names, where it names one.
fn around_digest(url: &str) -> Result<Option<(&str, &str)>, &'static str> {
    let query = url.find('?').and_then(|at| at.checked_add(1)).unwrap_or(url.len());
    let fragment = url.find('#').unwrap_or(url.len());
    let mut start = query;
    let mut found = None;
    for pair in url.get(query..fragment).unwrap_or_default().split('&') {
        let end = start.saturating_add(pair.len());
        if pair.starts_with(NAMES_DIGEST) {
            let digest = start.saturating_add(NAMES_DIGEST.len());
            if found.is_some() {
                return Err("a URL that names one digest of the body");
            }
            found = url.get(..digest).zip(url.get(end..));
        }
        start = end.saturating_add(1);
    }
    Ok(found)
}

fn spellings(url: &str) -> Vec<String> {
    let ported = other_port(url);
    let plain = [url].into_iter().chain(ported.as_deref());
    let escaped = plain.filter(|url| url.contains('\'')).map(|url| url.replace('\'', "%27"));
    let escaped: Vec<String> = escaped.collect();
    ported.into_iter().chain(escaped).collect()
}

/// The URL without its port, and with the standard one of its scheme where it has none: Twilio signs either.
fn other_port(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let (authority, path) = rest.split_at_checked(rest.find(['/', '?', '#']).unwrap_or(rest.len()))?;
    let host = authority.rsplit('@').next().unwrap_or_default();
    // An address in brackets has colons of its own.
    let bare = host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).and(authority.rsplit_once(':'));
    Some(match bare {
        Some((bare, _)) => format!("{scheme}://{bare}{path}"),
        None => format!("{scheme}://{authority}{port}{path}"),
    })
}
