//! Which input of a refused request is wrong, and what to do about it.
//!
//! Only a person who already has the secret gets this far, and the verdict stays what it is: a request that would fit
//! with another body or another secret is still refused.

use imchat_verify::{AnyProvider, Error, Head, Scheme, Verifier};
use time::OffsetDateTime;

use crate::request::Captured;
use crate::secrets::Given;
use crate::text::span;

/// One sentence: the input that is wrong, and what to do.
pub(crate) fn sentence(
    error: Error,
    scheme: &'static Scheme,
    verifier: &Verifier<AnyProvider>,
    given: &Given,
    request: &Captured,
    now: OffsetDateTime,
) -> String {
    match error {
        Error::Missing(_) if scheme.answers_unsigned() => format!(
            "{error}: unsigned, only the platform's URL check passes, sealed under the given key and with the given \
             token; capture the request with all of its headers, and check the secrets"
        ),
        Error::Missing(_) => format!("{error}: capture the request with all of its headers and its whole body"),
        Error::Repeated(_) => format!("{error}: a proxy may have added one; capture the request in front of it"),
        Error::Malformed(..) => {
            format!("{error}; capture it as it came, and check that {} is what sent it", scheme.name())
        }
        Error::Mismatch | Error::WrongToken => mismatch(scheme, verifier, given, request, now),
        Error::Stale { .. } | Error::Future { .. } => {
            let window = verifier.current_window();
            let allowed = window.map(|window| format!(" ({} back, {} ahead)", span(window.past), span(window.future)));
            let rest = if fits(&verifier.clone().window(None), request.head(), &request.body, now) {
                "its signature is right"
            } else {
                "its signature is wrong too"
            };
            format!(
                "{error}{}, and {rest}: give the time of its capture with --now, or --window off",
                allowed.unwrap_or_default()
            )
        }
        Error::Undecryptable => format!("{error}, which is the secret of the signing role"),
        _ => error.to_string(),
    }
}

/// A mismatch has three causes (body, secret, URL); the usual slips are tried one by one.
fn mismatch(
    scheme: &'static Scheme,
    verifier: &Verifier<AnyProvider>,
    given: &Given,
    request: &Captured,
    now: OffsetDateTime,
) -> String {
    let body = &request.body;
    let with_body = |body: &[u8]| fits(verifier, request.head(), body, now);
    let shorter = body.strip_suffix(b"\n").map(|body| body.strip_suffix(b"\r").unwrap_or(body));
    if shorter.is_some_and(with_body) {
        return "the body is wrong: it ends in a line end that was not signed; capture it byte for byte".into();
    }
    if with_body(&[body, &b"\n"[..]].concat()) {
        return "the body is wrong: a line end that was signed is missing at its end; capture it byte for byte".into();
    }
    let unix = without_carriage_returns(body);
    if unix.len() != body.len() && with_body(&unix) {
        return "the body is wrong: its line ends were changed to CR LF; capture it byte for byte".into();
    }
    let with_secrets = |given: Given| {
        let other = Verifier::of(scheme, given.secrets()).map(|other| other.window(verifier.current_window()));
        other.is_ok_and(|other| fits(&other, request.head(), body, now))
    };
    if with_secrets(given.trimmed()) {
        return "the secret is wrong: it starts or ends with white space that the platform's does not have; \
                store it without"
            .into();
    }
    let second = scheme.roles().map(|(role, _)| role).find(|role| *role != scheme.primary_role());
    if let Some(role) = second.filter(|role| with_secrets(given.without(*role))) {
        return format!("the {role} secret is wrong: the signature is right; take the one that the platform shows");
    }
    let url = if scheme.signs_url() { ", or --url is not the one that the platform was given" } else { "" };
    format!(
        "no signature matches: the secret is not this endpoint's, or the body is not the bytes that were signed{url}; \
         compare the secret with the platform's settings and capture the body byte for byte"
    )
}

fn fits(verifier: &Verifier<AnyProvider>, head: Head<'_>, body: &[u8], now: OffsetDateTime) -> bool {
    verifier.verify(head, body, now).is_ok()
}

fn without_carriage_returns(body: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(body.len());
    let mut rest = body.iter().peekable();
    while let Some(byte) = rest.next() {
        if !(*byte == b'\r' && rest.peek() == Some(&&b'\n')) {
            kept.push(*byte);
        }
    }
    kept
}
