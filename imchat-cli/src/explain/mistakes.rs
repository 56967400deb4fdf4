//! The usual mistakes, one row each: what it is called, what happened, what to do, and a pure function that undoes it.
//!
//! A mistake is proved when the request verifies with it undone. The order matters where two rows undo the same
//! mistake: the plainer one comes first.

use imchat_verify::{Form, Role, Scheme};

use super::{body, charset, form, head, json, secret, url};
use crate::capture::Captured;
use crate::secrets::Given;

/// Bodies that may have been signed, made one at a time: there can be many, and a body can be large.
pub(super) type Bodies<'b> = Box<dyn Iterator<Item = Vec<u8>> + 'b>;

/// What the request or its secret may have been before the mistake.
#[derive(Clone, Copy)]
pub(super) enum Undo {
    /// The bodies that may have been signed.
    Body(fn(&[u8]) -> Bodies<'_>),
    /// The secrets that the platform may have where this one is configured, written as the scheme writes them.
    Secret(fn(&[u8], Form) -> Vec<Vec<u8>>),
    /// All secrets with their roles.
    Roles(fn(&Given, &Scheme) -> Vec<Given>),
    /// What this role would be configured as, had the token's claim of this name been expected.
    Claim(&'static str, Role),
    /// The URLs that the platform may have been given.
    Url(fn(&str, &Captured) -> Vec<String>),
    /// The heads that may have been sent.
    Head(fn(&Captured) -> Vec<Captured>),
    /// The schemes that may have been meant.
    Scheme(fn(&Scheme) -> Vec<&'static Scheme>),
}

/// One usual mistake.
pub(super) struct Mistake {
    /// A short, stable name.
    pub(super) name: &'static str,
    /// What happened, as the beginning of a sentence.
    pub(super) what: &'static str,
    /// What to do, as its end.
    pub(super) remedy: &'static str,
    pub(super) undo: Undo,
}

const fn row(name: &'static str, undo: Undo, what: &'static str, remedy: &'static str) -> Mistake {
    Mistake { name, what, remedy, undo }
}

const RAW: &str = "verify the bytes as they arrive, before anything parses them";
const CAPTURE: &str = "capture and verify it byte for byte";
const URL: &str = "configure the URL that the platform was given, not the one that the proxy passes on";
const STORE: &str = "store the secret as the platform shows it";

pub(super) const MISTAKES: &[Mistake] = &[
    row(
        "header-repeated",
        Undo::Head(head::first_of_repeated),
        "a header of the signature comes more than once with different values",
        "let the proxy pass the platform's header on and add none of its own",
    ),
    row(
        "authorization-changed",
        Undo::Head(head::other_credentials),
        "the header with the token is wrong: the word before it was added, doubled or lost, or a proxy put another one in",
        "hand the platform's header on as it came",
    ),
    row(
        "another-provider",
        Undo::Scheme(head::other_schemes),
        "the request is another provider's",
        "verify it with that provider, or send it to that provider's route",
    ),
    row(
        "secret-space",
        Undo::Secret(secret::trimmed),
        "the secret is wrong: it starts or ends with white space that the platform's does not have",
        "store it without",
    ),
    row(
        "secret-quotes",
        Undo::Secret(secret::unquoted),
        "the secret is wrong: it stands in quotes that are no part of it",
        "store it without them",
    ),
    row(
        "secret-prefix-kept",
        Undo::Secret(secret::without_prefix),
        "the secret is wrong: something stands before it that is no part of it, such as a prefix or its variable's name",
        STORE,
    ),
    row(
        "secret-prefix-lost",
        Undo::Secret(secret::with_prefix),
        "the secret is wrong: its prefix whsec_ is part of it and was taken off",
        STORE,
    ),
    row(
        "secret-hex",
        Undo::Secret(secret::from_hex),
        "the secret is wrong: the sender takes the bytes that its hex digits stand for",
        "store it in the form that the scheme expects, or let the sender take it as text",
    ),
    row(
        "secret-base64",
        Undo::Secret(secret::from_base64),
        "the secret is wrong: the sender takes the bytes that its base64 stands for",
        "store it in the form that the scheme expects, or let the sender take it as text",
    ),
    row(
        "secret-not-decoded",
        Undo::Secret(secret::as_text),
        "the secret is wrong: the sender takes its text as it stands, without decoding it",
        "let the sender decode it as the scheme says",
    ),
    row(
        "secret-encoded",
        Undo::Secret(secret::encoded_again),
        "the secret is wrong: it was decoded, and the sender takes it encoded",
        STORE,
    ),
    row(
        "token-audience",
        Undo::Claim("aud", Role::Audience),
        "the token is for another audience than is configured",
        "configure it as the audience where it is this app's, byte for byte; else the request is another app's",
    ),
    row(
        "token-issuer",
        Undo::Claim("iss", Role::Issuer),
        "the token is of another issuer than is expected",
        "configure it as the issuer where it is that of your platform's cloud; else the request is forged",
    ),
    row(
        "token-email",
        Undo::Claim("email", Role::Email),
        "the token is of another account than is expected",
        "configure it as the email where it is your app's; else the request is forged",
    ),
    row(
        "second-secret",
        Undo::Roles(secret::signing_alone),
        "the signature is right, but what is given beside the secret that proves it is wrong",
        "take the one that the platform shows for it",
    ),
    row(
        "secret-role",
        Undo::Roles(secret::other_roles),
        "the secrets are mixed up: each fits in another role than the one it is given for",
        "give every secret for its own role",
    ),
    row(
        "body-newline-added",
        Undo::Body(body::newline_added),
        "the body is wrong: it ends in a line end that was not signed",
        CAPTURE,
    ),
    row(
        "body-newline-lost",
        Undo::Body(body::newline_lost),
        "the body is wrong: a line end that was signed is missing at its end",
        CAPTURE,
    ),
    row("body-crlf", Undo::Body(body::crlf_added), "the body is wrong: its line ends were changed to CR LF", CAPTURE),
    row("body-lf", Undo::Body(body::crlf_lost), "the body is wrong: its line ends were CR LF and lost the CR", CAPTURE),
    row(
        "body-bom-added",
        Undo::Body(body::bom_added),
        "the body is wrong: it starts with a byte order mark that was not signed",
        CAPTURE,
    ),
    row(
        "body-bom-lost",
        Undo::Body(body::bom_lost),
        "the body is wrong: the byte order mark that it was signed with is missing",
        CAPTURE,
    ),
    row(
        "body-base64",
        Undo::Body(body::base64_kept),
        "the body is wrong: it is still in the base64 in which a gateway handed it on",
        "decode it before you verify it",
    ),
    row(
        "body-text-escaped",
        Undo::Body(json::quoted),
        "the body is wrong: it was written as one JSON string",
        "take the string's value, and better the raw bytes",
    ),
    row(
        "json-compacted",
        Undo::Body(json::compacted),
        "the body was parsed and serialised again: it was signed with white space that it no longer has",
        RAW,
    ),
    row(
        "json-spaced",
        Undo::Body(json::spaced),
        "the body was parsed and serialised again: it was signed without the white space that it has now",
        RAW,
    ),
    row(
        "json-escapes",
        Undo::Body(json::escaped),
        "the body was parsed and serialised again: it was signed with other \\u escapes",
        RAW,
    ),
    row(
        "json-slashes",
        Undo::Body(json::slashed),
        "the body was parsed and serialised again: its slashes were signed with or without a backslash",
        RAW,
    ),
    row(
        "json-order",
        Undo::Body(json::reordered),
        "the body was parsed and serialised again: its members were signed in another order",
        RAW,
    ),
    row(
        "json-reserialised",
        Undo::Body(json::reserialised),
        "the body was parsed and serialised again: it was signed with other white space and other escapes",
        RAW,
    ),
    row(
        "charset-widened",
        Undo::Body(charset::widened),
        "the body is wrong: its bytes were read as Latin-1 and written as UTF-8",
        "keep it as bytes, without a character set",
    ),
    row(
        "charset-narrowed",
        Undo::Body(charset::narrowed),
        "the body is wrong: it was signed as UTF-8 and is in Latin-1 now",
        "keep it as bytes, without a character set",
    ),
    row(
        "form-reencoded",
        Undo::Body(form::reencoded),
        "the form was parsed and encoded again: it was signed with other percent escapes or plus signs",
        RAW,
    ),
    row("form-decoded", Undo::Body(form::decoded), "the form was decoded: it was signed with its percent escapes", RAW),
    row("form-as-json", Undo::Body(form::as_json), "the form was parsed and handed on as JSON", RAW),
    row(
        "form-payload-alone",
        Undo::Body(form::payload_alone),
        "the body is only the value of the form's payload field",
        RAW,
    ),
    row(
        "url-scheme",
        Undo::Url(url::other_scheme),
        "the URL is wrong: it was signed with the other of http and https",
        URL,
    ),
    row("url-host", Undo::Url(url::other_host), "the URL is wrong: it was signed with another host", URL),
    row("url-port", Undo::Url(url::other_port), "the URL is wrong: it was signed with another port, or with none", URL),
    row("url-path", Undo::Url(url::other_path), "the URL is wrong: it was signed with another path", URL),
    row("url-query", Undo::Url(url::other_query), "the URL is wrong: it was signed with another query", URL),
    row(
        "url-changed",
        Undo::Url(url::other_parts),
        "the URL is wrong: it was signed with another scheme, host, port or path",
        URL,
    ),
    row(
        "method-changed",
        Undo::Head(head::other_methods),
        "the method is wrong: another one was signed",
        "verify the method that the platform used",
    ),
    row(
        "timestamp-unit",
        Undo::Head(head::other_unit),
        "the timestamp was changed between seconds and milliseconds after it was signed",
        "hand the header on as it came",
    ),
];
