//! WeCom: messages and events of an app.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::envelope;
use crate::engine::{OpenInput, Question, Undecryptable};
use crate::provider;
use crate::reply::Reply;
use crate::scheme::Source::{Json, Query, Xml};
use crate::scheme::{Encoding, Facts, Hash, Key, Part, PartInput, Scheme, Signature, Unit, When};
use crate::secrets::{Form, Role};

/// Three attempts, the next as soon as the platform has waited for the one before.
const MESSAGES: Facts =
    Facts::new("messages").ack_within(Duration::from_secs(5)).retries_within(Duration::from_secs(15));

/// An event has no id; a retry opens to the same text.
const EVENTS: Facts = MESSAGES.named("events").key(Key::BodyDigest);

/// WeCom signs token, time, nonce and ciphertext, sorted, with a plain SHA-1 in the URL's query.
///
/// The secret is the token ([`Role::Token`]). The `EncodingAESKey` ([`Role::EncodingAesKey`]) opens the body, which names whom
/// it is for: the company, the suite or nobody ([`Role::ReceiveId`]). An endpoint is set up by a GET with an encrypted
/// `echostr`, whose text goes back.
pub const WECOM: Scheme = Scheme::digest("wecom", Hash::Sha1, Signature::at(Query("msg_signature"), Encoding::Hex))
    .secret(Role::Token, Form::Text)
    .also_needs(envelope::NEEDS)
    .timestamp(Query("timestamp"), Unit::Seconds, envelope::WINDOW)
    .message(&[Part::Secret, Part::Timestamp, Part::From(Query("nonce")), Part::Custom(ciphertext)])
    .sorted()
    .open(open)
    .key(Key::Id(&[Xml("MsgId"), Json("/msgid")]))
    .event_type(&[Xml("Event"), Xml("MsgType"), Json("/msgtype")])
    .tenant(&[Xml("ToUserName")])
    .facts(MESSAGES)
    .kind(&[When::Present(Xml("Event"))], EVENTS)
    .proved_get(echo)
    .not_signed(&[
        "everything around the ciphertext",
        "which of time and nonce is which, where both could be a time",
        "the method: whoever captures a request can ask for the text of a challenge in it",
    ])
    .docs("https://developer.work.weixin.qq.com/document/path/90968")
    .build();

provider! {
    /// WeCom: messages and events of an app.
    WeCom = WECOM
}

fn ciphertext(input: &PartInput<'_>, sink: &mut dyn FnMut(&[u8])) -> Result<(), &'static str> {
    if input.method != "GET" {
        return envelope::ciphertext(input, sink);
    }
    let text = input.query("echostr").filter(|text| envelope::is_base64(text));
    sink(text.ok_or("one echostr in base64")?.as_bytes());
    Ok(())
}

fn open(input: &OpenInput<'_>) -> Result<Option<Vec<u8>>, Undecryptable> {
    if input.head.method() != "GET" {
        return envelope::open(input);
    }
    let text = input.query("echostr").ok_or(Undecryptable)?;
    envelope::unsealed(input, &text).map(Some)
}

/// A challenge is a number. Nothing else goes back: a message that was captured could be sent here as one.
fn echo(question: &Question<'_>) -> Option<Reply> {
    let number = core::str::from_utf8(question.body()).ok()?;
    let plain = !number.is_empty() && number.len() <= 64 && number.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| Reply::text(String::from(number)))
}

/// Encrypts a body as WeCom does, for senders and tests: `random` is 16 random bytes.
///
/// # Errors
///
/// [`ConfigError`](crate::ConfigError) where the key is no `EncodingAESKey`.
#[cfg(feature = "sign")]
pub fn seal(
    encoding_aes_key: &str,
    receive_id: &str,
    plain: &[u8],
    random: [u8; 16],
) -> Result<String, crate::ConfigError> {
    let sealed = envelope::sealed_for(encoding_aes_key, receive_id, plain, random)?;
    Ok(["<xml><Encrypt><![CDATA[", &sealed, "]]></Encrypt></xml>"].concat())
}
