//! A provider of your own: twelve lines of data that the compiler checks. Its requests are then signed and verified like
//! those of any other.

use std::error::Error;
use std::time::Duration;

use imchat_verify::scheme::{Facts, Hash, Key, Part, Scheme, Signature, Source, Unit};
use imchat_verify::sign::{SignRequest, Signer};
use imchat_verify::{Head, Verdict, Window, provider};
use time::OffsetDateTime;

/// Acme signs `{timestamp}.{body}`. Leave `Part::Timestamp` out and this does not compile: a time must be signed.
const ACME: Scheme = Scheme::hmac("acme", Hash::Sha256, Signature::hex("x-acme-signature").prefix("v1="))
    .timestamp(Source::Header("x-acme-timestamp"), Unit::Seconds, Window::FIVE_MINUTES)
    .message(&[Part::Timestamp, Part::Lit("."), Part::Body])
    .key(Key::Id(&[Source::Json("/id")]))
    .event_type(&[Source::Json("/type")])
    .facts(Facts::new("events").ack_within(Duration::from_secs(5)))
    .build();
provider! {
    /// Acme's webhooks.
    Acme = ACME
}

const SECRET: &str = "acme's signing secret";
const BODY: &[u8] = br#"{"id":"evt_1","type":"order.paid"}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let now = OffsetDateTime::from_unix_timestamp(1_700_000_000)?;

    // What Acme would send.
    let headers = Signer::of(&ACME, SECRET)?.sign(SignRequest::post(BODY, now))?;
    for (name, value) in &headers {
        println!("{name}: {value}");
    }

    // What you receive.
    let verifier = Acme::verifier(SECRET)?;
    let Verdict::Event(proved) = verifier.verify(Head::post(&headers), BODY, now)? else {
        return Err("Acme has no handshake".into());
    };
    let identity = proved.identity();
    println!("proved: type {:?}, id {:?}", identity.event_type, identity.event_id);

    // What you refuse: another body, and the same one when it is too old.
    let late = now + Duration::from_secs(301);
    for (what, body, at) in [("changed", &br#"{"id":"evt_1","type":"order.void"}"#[..], now), ("late", BODY, late)] {
        match verifier.verify(Head::post(&headers), body, at) {
            Err(error) => println!("{what}: {error}"),
            Ok(_) => return Err(format!("{what}, and accepted").into()),
        }
    }
    Ok(())
}
