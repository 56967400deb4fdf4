//! A request on its way between the two sides.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imchat_verify::{Form, Scheme};
use serde_json::{Value, json};

use crate::vendor::URL;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The question to a driver whether its SDK takes it.
    pub(crate) fn question(&self, secret: &str) -> Value {
        json!({
            "op": "verify",
            "secret": secret,
            "url": URL,
            "headers": self.headers,
            "body": STANDARD.encode(&self.body),
        })
    }
}

/// What signs and what verifies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) signs: &'static str,
    pub(crate) verifies: &'static str,
}

impl Pair {
    /// Secrets as the scheme writes them, and a second pair that is not the endpoint's.
    pub(crate) fn of(scheme: &Scheme) -> (Self, Self) {
        let same = |secret| Self { signs: secret, verifies: secret };
        match scheme.roles().next().map(|(_, form)| form) {
            Some(Form::Whsec) => (
                same("whsec_aW1jaGF0LXRlc3Qtc3RhbmRhcmQtd2ViaG9vay1rZXk="),
                same("whsec_YW5vdGhlciBzdGFuZGFyZCB3ZWJob29rIHNlY3JldA=="),
            ),
            Some(Form::Base64) => (
                same("aW1jaGF0LXRlc3Qtc3RhbmRhcmQtd2ViaG9vay1rZXk="),
                same("YW5vdGhlciBzdGFuZGFyZCB3ZWJob29rIHNlY3JldA=="),
            ),
            Some(Form::Hex32) => (
                Self {
                    signs: "696d636861742d746573742d646973636f72642d656432353531392d73656564",
                    verifies: "271131b34070f5210bbdd498c9dc32dc7b1ecac08d59429847f03b51901da552",
                },
                same("706d636861742d746573742d646973636f72642d656432353531392d73656564"),
            ),
            _ => (same("a signing secret of some length"), same("another secret of the same length")),
        }
    }
}
