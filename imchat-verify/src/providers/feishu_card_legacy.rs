//! Feishu's old card callback, `card.action.trigger_v1`.

use core::time::Duration;

use crate::engine::Unsigned;
use crate::provider;
use crate::reply::Reply;
use crate::scan::json;
use crate::scheme::Source::{Header, Json};
use crate::scheme::{Facts, Handshake, Hash, Key, Part, Scheme, Signature, Unit, When};
use crate::secrets::{Form, Role};
use crate::window::Window;

const CARDS: Facts =
    Facts::new("cards").ack_within(Duration::from_secs(3)).retries(&[]).accepted(|_| Reply::json("{}"));

/// The old card callback: SHA-1 over `{timestamp}{nonce}{verification token}{body}`, always plain JSON. Choose it for
/// the route that the old callback is sent to; the request cannot choose it. Its URL check comes unsigned, with the token.
///
/// `X-Refresh-Token` says which click this is and is not signed, so the key is the body's digest.
pub const FEISHU_CARD_LEGACY: Scheme =
    Scheme::digest("feishu-card-legacy", Hash::Sha1, Signature::hex("x-lark-signature"))
        .secret(Role::VerificationToken, Form::Text)
        .timestamp(
            Header("x-lark-request-timestamp"),
            Unit::Seconds,
            Window::new(Duration::from_secs(8 * 3600), Duration::from_secs(300)),
        )
        .message(&[Part::Timestamp, Part::From(Header("x-lark-request-nonce")), Part::Secret, Part::Body])
        .key(Key::BodyDigest)
        .event_id(&[Header("x-refresh-token")])
        .event_type(&[Json("/action/tag"), Json("/type")])
        .tenant(&[Json("/tenant_key")])
        .handshake(Handshake::echo("url_verification", &[When::Is(Json("/type"), "url_verification")], "/challenge"))
        // A card's own token is another one, so this one is looked for in the URL check alone.
        .also_token(Role::VerificationToken, &[])
        .unsigned_handshake(challenge)
        .facts(CARDS)
        .not_signed(&["X-Refresh-Token", "url_verification: it comes with the token, but without a signature"])
        .docs("https://open.feishu.cn/document/ukTMukTMukTM/uYzMxEjL2MTMx4iNzETM")
        .build();

provider! {
    /// Feishu's old SHA-1 card callback, by explicit choice.
    FeishuCardLegacy = FEISHU_CARD_LEGACY
}

fn challenge(request: &Unsigned<'_>) -> Option<Reply> {
    let token = json::at(request.body(), "/token").ok()?.text()?;
    request.is_token(&token).then(|| request.handshake(request.body())).flatten()
}
