//! DingTalk: messages to a robot in HTTP mode.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::{Header, Json};
use crate::scheme::{Facts, Hash, Key, Part, Scheme, Signature, Unit};
use crate::window::Window;

const MESSAGES: Facts = Facts::new("messages");

/// DingTalk signs `{timestamp}\n{app secret}` with the app secret itself: the time, and no message. Whoever captures one
/// request can send any body for an hour.
pub const DINGTALK_ROBOT: Scheme = Scheme::hmac("dingtalk-robot", Hash::Sha256, Signature::base64("sign"))
    .timestamp(Header("timestamp"), Unit::Millis, Window::symmetric(Duration::from_secs(3600)))
    .message(&[Part::Timestamp, Part::Lit("\n"), Part::Secret])
    .body_not_signed()
    .key(Key::Id(&[Json("/msgId")]))
    .event_type(&[Json("/msgtype")])
    .tenant(&[Json("/chatbotCorpId")])
    .facts(MESSAGES)
    .not_signed(&["the body: whoever captures a request can send another for an hour"])
    .docs("https://open.dingtalk.com/document/orgapp/receive-message")
    .build();

provider! {
    /// DingTalk: messages to a robot in HTTP mode.
    DingTalkRobot = DINGTALK_ROBOT
}
