//! Feishu and Lark: events and the new card callback, plain or encrypted.

#[cfg(feature = "sign")]
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use aes::Aes256;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt as _, KeyIvInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::engine::{OpenInput, Undecryptable, Unsigned, sha256};
use crate::identity::Identity;
use crate::provider;
use crate::reply::Reply;
use crate::scan::json::leading_scalar;
use crate::scheme::Source::{Header, Json};
use crate::scheme::{Facts, Handshake, Hash, Key, Part, Scheme, SchemeBuilder, Signature, Source, Unit, When};
use crate::secrets::{Form, Role};
use crate::window::Window;

const ACK: Duration = Duration::from_secs(3);

const EVENTS: Facts = Facts::new("events").ack_within(ACK).retries(&[
    Duration::from_secs(15),
    Duration::from_secs(5 * 60),
    Duration::from_secs(3600),
    Duration::from_secs(6 * 3600),
]);

/// Feishu asks receivers to tell messages apart by their own id: one message may come under two event ids.
const MESSAGES: Facts = EVENTS.named("messages").key(Key::Id(&[Json("/event/message/message_id")]));

/// Answered while a person waits and never sent again.
const CARDS: Facts = Facts::new("cards").ack_within(ACK).retries(&[]).accepted(unchanged).failure(not_taken);

fn unchanged(_: &Identity<'_>) -> Reply {
    Reply::json("{}")
}

fn not_taken() -> Reply {
    Reply::json(
        r#"{"toast":{"type":"error","content":"This may not have arrived. If nothing happens, please try again."}}"#,
    )
}

const TOKEN: &[Source] = &[Json("/header/token"), Json("/token")];

const CHALLENGE: Handshake =
    Handshake::echo("url_verification", &[When::Is(Json("/type"), "url_verification")], "/challenge");

const fn described(scheme: SchemeBuilder) -> SchemeBuilder {
    scheme
        .key(Key::Id(&[Json("/header/event_id"), Json("/uuid")]))
        .event_type(&[Json("/header/event_type"), Json("/event/type"), Json("/type")])
        .tenant(&[Json("/header/tenant_key"), Json("/event/tenant_key")])
        .facts(EVENTS)
        .kind(&[When::Is(Json("/header/event_type"), "im.message.receive_v1")], MESSAGES)
        .kind(&[When::Is(Json("/header/event_type"), "card.action.trigger")], CARDS)
        .docs("https://open.feishu.cn/document/event-subscription-guide/event-subscription-configure-/encrypt-key-encryption-configuration-case")
}

/// Feishu signs `{timestamp}{nonce}{encrypt key}{body}` with a plain SHA-256, and sends the URL check unsigned.
///
/// The secret is the app's encrypt key. A verification token ([`Role::VerificationToken`]) is compared wherever one is
/// configured; with the token alone nothing is signed and the token is all that is checked.
pub const FEISHU: Scheme = described(Scheme::digest("feishu", Hash::Sha256, Signature::hex("x-lark-signature")))
    .secret(Role::EncryptKey, Form::Text)
    .timestamp(
        Header("x-lark-request-timestamp"),
        Unit::Seconds,
        // Whether retries are stamped afresh is not published; the dedup store covers replays meanwhile.
        Window::new(Duration::from_secs(8 * 3600), Duration::from_secs(300)),
    )
    .message(&[Part::Timestamp, Part::From(Header("x-lark-request-nonce")), Part::Secret, Part::Body])
    .open(open)
    .also_token(Role::VerificationToken, TOKEN)
    .or_without_key(&FEISHU_TOKEN)
    .handshake(CHALLENGE.unless_identified())
    .unsigned_handshake(challenge)
    .not_signed(&["url_verification: it comes encrypted and with the token, but without a signature"])
    .build();

/// Without an encrypt key Feishu signs nothing: every body carries the verification token in clear.
const FEISHU_TOKEN: Scheme = described(Scheme::token("feishu", TOKEN))
    .secret(Role::VerificationToken, Form::Text)
    .handshake(CHALLENGE)
    .not_signed(&["everything: whoever learns the verification token can forge events"])
    .build();

provider! {
    /// Feishu and Lark: events and the new card callback, plain or encrypted.
    Feishu = FEISHU
}

/// The URL check is the one request without signature headers; with an encrypt key set, only an encrypted one counts.
fn challenge(request: &Unsigned<'_>) -> Option<Reply> {
    request.opened().find_map(|opened| request.handshake(&opened))
}

/// `{"encrypt": base64(iv ‖ AES-256-CBC(SHA-256(encrypt key), PKCS#7))}`. A body without `encrypt` is plain.
fn open(input: &OpenInput<'_>) -> Result<Option<Vec<u8>>, Undecryptable> {
    // A sealed body has no members but scalar ones, so the rest of a plain one is not looked at.
    let Some(found) = leading_scalar(input.body, "encrypt") else { return Ok(None) };
    let text = found.text().ok_or(Undecryptable)?;
    let mut sealed = STANDARD.decode(text.as_bytes()).map_err(|_| Undecryptable)?;
    let (iv, message) = sealed.split_at_mut_checked(16).ok_or(Undecryptable)?;
    let cipher = cbc::Decryptor::<Aes256>::new_from_slices(&sha256(input.secret), iv).map_err(|_| Undecryptable)?;
    let opened = cipher.decrypt_padded::<Pkcs7>(message).map_err(|_| Undecryptable)?;
    Ok(Some(opened.to_vec()))
}

/// Encrypts a body as Feishu does, for senders and tests: `iv` is 16 random bytes.
#[cfg(feature = "sign")]
#[must_use]
pub fn seal(encrypt_key: &[u8], plain: &[u8], iv: [u8; 16]) -> String {
    use aes::cipher::BlockModeEncrypt as _;
    let cipher = cbc::Encryptor::<Aes256>::new(&sha256(encrypt_key).into(), &iv.into());
    let message = cipher.encrypt_padded_vec::<Pkcs7>(plain);
    let sealed = STANDARD.encode([&iv[..], &message].concat());
    [r#"{"encrypt":""#, &sealed, r#""}"#].concat()
}
