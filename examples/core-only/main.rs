//! Proves a Slack request with the core alone: no framework, no IO, no clock. Headers, body, secret and the time go in;
//! what was proved, or what is wrong, comes out.

use std::error::Error;

use imchat_verify::providers::Slack;
use imchat_verify::{Head, Provenance, Verdict};
use time::{Duration, OffsetDateTime};

const HEADERS: [(&str, &str); 2] = [
    ("X-Slack-Request-Timestamp", "1700000000"),
    ("X-Slack-Signature", "v0=d6f56d95d9ae7aab5d78ba53d178aa0399caac8a0ce7cf4d2f869ca353550cd2"),
];
const BODY: &[u8] = br#"{"type":"event_callback","team_id":"T01","event_id":"Ev01","event":{"type":"app_mention"}}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let verifier = Slack::verifier("8f742231b10e8888abcd99yyyzzz85a5")?;
    let now = OffsetDateTime::from_unix_timestamp(1_700_000_030)?;

    // With the whole body at hand:
    let whole = outcome(verifier.verify(Head::post(&HEADERS), BODY, now)?)?;
    println!("whole body: {whole}");

    // With the body still on its way: the head is checked first, then each piece is hashed as it comes.
    let mut pending = verifier.begin(Head::post(&HEADERS), now)?;
    for piece in BODY.chunks(32) {
        pending.update(piece);
    }
    let pieces = outcome(pending.finish()?)?;
    println!("in pieces:  {pieces}");
    assert_eq!(whole, pieces);

    // An hour later the head alone is enough to refuse it, and no body need be read.
    match verifier.begin(Head::post(&HEADERS), now + Duration::HOUR) {
        Err(error) => println!("an hour later: {error}"),
        Ok(_) => return Err("an old request got past its head".into()),
    }
    // One byte more, and it is not what Slack signed. Answer every such error with the same bare 401.
    match verifier.verify(Head::post(&HEADERS), &[BODY, b" "].concat(), now) {
        Err(error) => println!("another body: {error}"),
        Ok(_) => return Err("a changed body was taken for Slack's".into()),
    }
    Ok(())
}

/// What to do with a request that is proved.
fn outcome(verdict: Verdict<'_, Slack>) -> Result<String, Box<dyn Error>> {
    Ok(match verdict {
        Verdict::Event(proved) => {
            let identity = proved.identity();
            let id = identity.event_id.and_then(Provenance::signed).ok_or("no id that Slack signed")?;
            let kind = identity.event_type.and_then(Provenance::signed).ok_or("no type that Slack signed")?;
            format!("handle {kind} {id}, {} bytes", proved.body().len())
        }
        Verdict::Handshake(reply) => format!("answer {} with {} bytes, handle nothing", reply.status, reply.body.len()),
    })
}
