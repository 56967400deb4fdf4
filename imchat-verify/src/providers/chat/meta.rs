//! Meta: Messenger, WhatsApp and Instagram.

use core::time::Duration;

use crate::engine::Unsigned;
use crate::provider;
use crate::reply::Reply;
use crate::scheme::Source::Json;
use crate::scheme::{Facts, Hash, Key, List, Scheme, Signature};
use crate::secrets::Role;

/// WhatsApp backs off for up to seven days, the others for 36 hours.
const EVENTS: Facts = Facts::new("events").retries_within(Duration::from_secs(7 * 24 * 3600));

/// A message that is taken back has the id that it came with, and one that was sent, delivered and read has one id in three
/// statuses.
const ITEMS: &[List] = &[
    List::at("/entry"),
    List::at("/entry/*/messaging").ids(&[
        &["/message/mid", "/message/is_deleted"],
        &["/message/mid"],
        &["/postback/mid"],
    ]),
    List::at("/entry/*/changes"),
    List::at("/entry/*/changes/*/value/messages").ids(&[&["/id"]]),
    List::at("/entry/*/changes/*/value/statuses").ids(&[&["/id", "/status"]]),
];

/// Meta signs the body as it is on the wire, escapes and all, with the app secret.
///
/// The endpoint is set up by a GET that nobody signs: it is answered where its `hub.verify_token` is the one that is
/// configured as [`Role::VerificationToken`].
pub const META: Scheme = Scheme::hmac("meta", Hash::Sha256, Signature::hex("x-hub-signature-256").prefix("sha256="))
    .also_token(Role::VerificationToken, &[])
    .key(Key::PerItem(ITEMS))
    .event_type(&[Json("/object")])
    .facts(EVENTS)
    .get_handshake(challenge)
    .not_signed(&["the time of sending", "hub.challenge: it comes with the verify token, but without a signature"])
    .docs("https://developers.facebook.com/docs/graph-api/webhooks/getting-started")
    .build();

provider! {
    /// Meta: Messenger, WhatsApp and Instagram.
    Meta = META
}

fn challenge(request: &Unsigned<'_>) -> Option<Reply> {
    let asked = request.query("hub.mode").as_deref() == Some("subscribe");
    let known = request.query("hub.verify_token").is_some_and(|token| request.is_token(&token));
    request.query("hub.challenge").filter(|_| asked && known).map(Reply::text)
}
