//! WeChat: official accounts and mini programs.

use core::time::Duration;

use crate::engine::Question;
use crate::provider;
use crate::reply::Reply;
use crate::scheme::Source::{Json, Query, Xml};
use crate::scheme::{Encoding, Facts, Hash, Key, Part, Scheme, SchemeBuilder, Signature, Unit, When};
use crate::secrets::{Form, Role};
use crate::window::Window;

const WINDOW: Window = Window::new(Duration::from_secs(3600), Duration::from_secs(300));

/// Three attempts, the next as soon as the platform has waited for the one before.
const MESSAGES: Facts =
    Facts::new("messages").ack_within(Duration::from_secs(5)).retries_within(Duration::from_secs(15));

/// An event has no id; a retry opens to the same text.
const EVENTS: Facts = MESSAGES.named("events").key(Key::BodyDigest);

const fn described(scheme: SchemeBuilder) -> SchemeBuilder {
    scheme
        .secret(Role::Token, Form::Text)
        .timestamp(Query("timestamp"), Unit::Seconds, WINDOW)
        .sorted()
        .key(Key::Id(&[Xml("MsgId"), Json("/MsgId")]))
        .event_type(&[Xml("Event"), Json("/Event"), Xml("MsgType"), Json("/MsgType")])
        .tenant(&[Xml("ToUserName"), Json("/ToUserName")])
        .facts(MESSAGES)
        .kind(&[When::Present(Xml("Event"))], EVENTS)
        .kind(&[When::Present(Json("/Event"))], EVENTS.named("events in JSON"))
        .proved_get(echo)
        .docs("https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Access_Overview.html")
}

/// In its plain mode WeChat signs token, time and nonce, sorted, and no body. The secret is the token ([`Role::Token`]).
pub const WECHAT: Scheme =
    described(Scheme::digest("wechat", Hash::Sha1, Signature::at(Query("signature"), Encoding::Hex)))
        .message(&[Part::Secret, Part::Timestamp, Part::From(Query("nonce"))])
        .body_not_signed()
        .not_signed(&["the body: whoever captures a request can send another for an hour", "echostr"])
        .build();

/// In its safe mode WeChat encrypts and signs bodies as WeCom does, for the app's id ([`Role::ReceiveId`]); a GET is signed as
/// in plain mode.
#[cfg(feature = "aes")]
pub const WECHAT_AES: Scheme = described(Scheme::digest(
    "wechat-aes",
    Hash::Sha1,
    Signature::at(Query("msg_signature"), Encoding::Hex).or_query("signature"),
))
.also_needs(super::envelope::NEEDS)
.message(&[Part::Secret, Part::Timestamp, Part::From(Query("nonce")), Part::Custom(safe::ciphertext)])
.open(safe::open)
.not_signed(&[
    "everything around the ciphertext",
    "which of time and nonce is which, where both could be a time",
    "echostr",
])
.build();

provider! {
    /// WeChat in its plain mode, in which no body is signed.
    WeChat = WECHAT
}

#[cfg(feature = "aes")]
provider! {
    /// WeChat in its safe mode, in which bodies are encrypted.
    WeChatAes = WECHAT_AES
}

fn echo(question: &Question<'_>) -> Option<Reply> {
    question.query("echostr").map(Reply::text)
}

#[cfg(feature = "aes")]
mod safe {
    use alloc::vec::Vec;

    use super::super::envelope;
    use crate::engine::{OpenInput, Undecryptable};
    use crate::scheme::PartInput;

    pub(super) fn ciphertext(input: &PartInput<'_>, sink: &mut dyn FnMut(&[u8])) -> Result<(), &'static str> {
        if input.method == "GET" { Ok(()) } else { envelope::ciphertext(input, sink) }
    }

    pub(super) fn open(input: &OpenInput<'_>) -> Result<Option<Vec<u8>>, Undecryptable> {
        if input.head.method() == "GET" { Ok(None) } else { envelope::open(input) }
    }
}
