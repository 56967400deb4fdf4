//! DingTalk: events of an app.

#[cfg(feature = "sign")]
use alloc::string::String;
use core::time::Duration;

use super::envelope;
use crate::engine::{Mac, Question};
use crate::provider;
use crate::reply::Reply;
use crate::scheme::Source::{Json, Query};
use crate::scheme::{Encoding, Facts, Handshake, Hash, Key, Part, Scheme, Signature, Unit, When};
use crate::secrets::{Form, Role};

/// Retries are not published.
const EVENTS: Facts = Facts::new("events").ack_within(Duration::from_millis(1500));

/// DingTalk signs token, time, nonce and ciphertext, sorted, with a plain SHA-1 in the URL's query, and wants an answer of the
/// same kind: `success`, encrypted and signed.
///
/// The secret is the token ([`Role::Token`]), with the AES key ([`Role::EncodingAesKey`]) and the app's key, the suite's or, for
/// old registrations, the company's id ([`Role::ReceiveId`]). An event has no id: a retry opens to the same text. Of several
/// keys and ids those that open an event seal its answer too.
pub const DINGTALK: Scheme =
    Scheme::digest("dingtalk", Hash::Sha1, Signature::at(Query("msg_signature"), Encoding::Hex).or_query("signature"))
        .secret(Role::Token, Form::Text)
        .also_needs(envelope::NEEDS)
        .timestamp(Query("timestamp"), Unit::Millis, envelope::WINDOW)
        .message(&[Part::Secret, Part::Timestamp, Part::From(Query("nonce")), Part::Custom(envelope::ciphertext)])
        .sorted()
        .open(envelope::open)
        .key(Key::BodyDigest)
        .event_type(&[Json("/EventType")])
        .tenant(&[Json("/CorpId")])
        .facts(EVENTS)
        .handshake(Handshake::worked("check_", &[When::Is(Json("/EventType"), "check_url")], success))
        .accepts_with(success)
        .not_signed(&[
            "everything around the ciphertext",
            "which of time and nonce is which, where both could be a time",
        ])
        .docs("https://open.dingtalk.com/document/orgapp/configure-event-subcription")
        .build();

provider! {
    /// DingTalk: events of an app.
    DingTalk = DINGTALK
}

/// `success` in an envelope of its own. The core has no randomness: what stands in for it is an HMAC of the request, which
/// nobody can foresee who has not the key.
fn success(question: &Question<'_>) -> Option<Reply> {
    let timestamp = question.query("timestamp")?;
    let signature = question.query("msg_signature").or_else(|| question.query("signature"))?;
    let (key, receiver) = envelope::opening(question)?;
    let request = ["imchat dingtalk success\n", &signature, "\n", &timestamp, "\n"].concat();
    let seed = Mac::keyed(Hash::Sha256, key)?.digest(&[request.as_bytes(), question.body()]);
    let (random, rest) = seed.as_slice().split_first_chunk::<16>()?;
    let nonce = const_hex::encode(rest.get(..8)?);
    let encrypt = envelope::sealed(key, receiver, b"success", *random)?;
    let mut pieces = [question.secret()?, timestamp.as_bytes(), nonce.as_bytes(), encrypt.as_bytes()];
    pieces.sort_unstable();
    let signature = const_hex::encode(Mac::plain(Hash::Sha1)?.digest(&pieces).as_slice());
    let fields = [
        r#"{"msg_signature":""#,
        &signature,
        r#"","timeStamp":""#,
        &timestamp,
        r#"","nonce":""#,
        &nonce,
        r#"","encrypt":""#,
        &encrypt,
        r#""}"#,
    ];
    Some(Reply::json_owned(fields.concat().into_bytes()))
}

/// Encrypts a body as DingTalk does, for senders and tests: `random` is 16 random bytes.
///
/// # Errors
///
/// [`ConfigError`](crate::ConfigError) where the key is no AES key of DingTalk's.
#[cfg(feature = "sign")]
pub fn seal(aes_key: &str, receive_id: &str, plain: &[u8], random: [u8; 16]) -> Result<String, crate::ConfigError> {
    let sealed = envelope::sealed_for(aes_key, receive_id, plain, random)?;
    Ok([r#"{"encrypt":""#, &sealed, r#""}"#].concat())
}
