//! The Slack event of the ingress bench: 700 bytes, its own id and signature for each request.
//!
//! The bytes of the request are built once. Only the id near the end changes, so a signature costs
//! the last blocks of the hash and the load generator stays faster than the servers.

use crate::requests::Provider;
use anyhow::{Context, Result};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::ops::Range;

/// Where every server takes the event.
pub const PATH: &str = "/slack/events";
/// The length of the body.
pub const BYTES: usize = 700;

const HEAD: &str = r#"{"token":"z26uFbvR1xHJEdHE1OQiO6t8","team_id":"T123ABC456","api_app_id":"A123ABC456","event":{"type":"message","channel":"C123ABC456","user":"U123ABC456","text":""#;
const MIDDLE: &str = r#"","ts":"1355517523.000005","event_ts":"1355517523.000005","channel_type":"channel"},"type":"event_callback","authorizations":[{"enterprise_id":null,"team_id":"T123ABC456","user_id":"U123ABC456","is_bot":false}],"event_context":"EC123ABC456","event_id":"Ev"#;
const TAIL: &str = r#"","event_time":1355517523}"#;
const ID: usize = 16;

/// A sender of signed events over one connection.
#[derive(Clone, Debug)]
pub struct Sender {
    request: Vec<u8>,
    at: Range<usize>,
    signature: Range<usize>,
    id: Range<usize>,
    body: usize,
    keyed: Hmac<Sha256>,
    started: Hmac<Sha256>,
}

impl Sender {
    /// Builds the request; nothing is signed before [`Sender::stamp`].
    ///
    /// # Errors
    /// If the secret does not key an HMAC.
    pub fn new() -> Result<Self> {
        let text = "x".repeat(BYTES - HEAD.len() - MIDDLE.len() - ID - TAIL.len());
        let mut request = format!(
            "POST {PATH} HTTP/1.1\r\nhost: bot.example\r\n\
             user-agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n\
             accept-encoding: gzip,deflate\r\naccept: */*\r\n\
             content-type: application/json\r\ncontent-length: {BYTES}\r\n\
             x-slack-request-timestamp: "
        );
        let at = request.len()..request.len() + 10;
        request += "0000000000\r\nx-slack-signature: v0=";
        let signature = request.len()..request.len() + 64;
        request += &"0".repeat(64);
        request += "\r\n\r\n";
        let body = request.len();
        request += &format!("{HEAD}{text}{MIDDLE}");
        let id = request.len()..request.len() + ID;
        request += &format!("{:0>ID$}{TAIL}", 0);
        let keyed = Hmac::<Sha256>::new_from_slice(Provider::Slack.secret().as_bytes())?;
        Ok(Self { request: request.into_bytes(), at, signature, id, body, started: keyed.clone(), keyed })
    }

    /// Sets the time of the requests that follow, in Unix seconds.
    ///
    /// # Errors
    /// If the time has not ten digits.
    pub fn stamp(&mut self, now: u64) -> Result<()> {
        let digits = now.to_string();
        self.write(self.at.clone(), digits.as_bytes())?;
        self.started = self.keyed.clone();
        self.started.update(b"v0:");
        self.started.update(digits.as_bytes());
        self.started.update(b":");
        let fixed = self.request.get(self.body..self.id.start);
        self.started.update(fixed.context("the request has a body")?);
        Ok(())
    }

    /// The request for the event of this number, signed.
    ///
    /// # Errors
    /// None that a caller can cause: the places written to are those that the request was built with.
    pub fn event(&mut self, number: u64) -> Result<&[u8]> {
        let mut id = [0; ID];
        const_hex::encode_to_slice(number.to_be_bytes(), &mut id)?;
        self.write(self.id.clone(), &id)?;
        let mut mac = self.started.clone();
        let rest = self.request.get(self.id.start..);
        mac.update(rest.context("the request has a body")?);
        let mut signature = [0; 64];
        const_hex::encode_to_slice(mac.finalize().into_bytes(), &mut signature)?;
        self.write(self.signature.clone(), &signature)?;
        Ok(&self.request)
    }

    fn write(&mut self, place: Range<usize>, bytes: &[u8]) -> Result<()> {
        let place = self.request.get_mut(place);
        let place = place.filter(|place| place.len() == bytes.len());
        place.context("write as many bytes as there is room for")?.copy_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_signed_over_its_own_body() {
        let mut sender = Sender::new().unwrap();
        sender.stamp(1_531_420_618).unwrap();
        let mut bodies = Vec::new();
        for number in [7, u64::MAX] {
            let request = String::from_utf8(sender.event(number).unwrap().to_vec()).unwrap();
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            assert_eq!(body.len(), BYTES);
            let parsed: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(parsed["event_id"], format!("Ev{number:016x}"));
            let mut mac = Hmac::<Sha256>::new_from_slice(Provider::Slack.secret().as_bytes()).unwrap();
            mac.update(format!("v0:1531420618:{body}").as_bytes());
            let signature = const_hex::encode(mac.finalize().into_bytes());
            assert!(head.contains("x-slack-request-timestamp: 1531420618\r\n"));
            assert!(head.ends_with(&format!("x-slack-signature: v0={signature}")));
            bodies.push(body.to_owned());
        }
        assert_ne!(bodies.first(), bodies.last());
    }

    #[test]
    fn a_time_of_another_length_is_refused() {
        assert!(Sender::new().unwrap().stamp(1).is_err());
    }
}
