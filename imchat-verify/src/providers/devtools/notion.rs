//! Notion: webhooks of integrations.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::Json;
use crate::scheme::{Facts, Hash, Key, Scheme, Signature, When};

/// Eight attempts in a day; the body counts them.
const EVENTS: Facts = Facts::new("events").retries_within(Duration::from_secs(24 * 3600));

/// Notion signs the body with the subscription's verification token.
///
/// That token comes once, in the first request, which is signed with itself: whoever sets the endpoint up pastes it back.
pub const NOTION: Scheme = Scheme::hmac("notion", Hash::Sha256, Signature::hex("x-notion-signature").prefix("sha256="))
    .key(Key::Id(&[Json("/id")]))
    .event_type(&[Json("/type")])
    .tenant(&[Json("/workspace_id")])
    .facts(EVENTS)
    .kind(&[When::Present(Json("/verification_token"))], EVENTS.named("verification"))
    .not_signed(&["the time of sending"])
    .docs("https://developers.notion.com/reference/webhooks")
    .build();

provider! {
    /// Notion: webhooks of integrations.
    Notion = NOTION
}
