//! Google Chat: messages and clicks.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::Json;
use crate::scheme::{Facts, Issuer, Jwt, Key, Scheme, When};
use crate::secrets::{Form, Role};

const CHAT: &str = "chat@system.gserviceaccount.com";

/// Chat waits half a minute for the answer and sends nothing again.
const EVENTS: Facts = Facts::new("events").ack_within(Duration::from_secs(30)).retries(&[]);

/// A message has a name of its own; a click has the name of what was clicked.
const MESSAGES: Facts = EVENTS.named("messages").key(Key::Id(&[Json("/message/name")]));

/// Chat sends a token for the project's number or for the endpoint's URL ([`Role::Audience`]: what the app's page has as
/// "authentication audience", byte for byte).
///
/// Tokens for a number are Chat's own, signed with a key of
/// <https://www.googleapis.com/service_accounts/v1/jwk/chat@system.gserviceaccount.com>. Those for a URL come from
/// `https://accounts.google.com` with keys of <https://www.googleapis.com/oauth2/v3/certs>, which anybody can have made for
/// any URL: they count with Chat's e-mail address alone, or with that of [`Role::Email`], which for apps of the Workspace kind
/// is `service-<project number>@gcp-sa-gsuiteaddons.iam.gserviceaccount.com`.
pub const GOOGLE_CHAT: Scheme =
    Scheme::jwt("google-chat", Jwt::of(&[Issuer::alone(CHAT), Issuer::for_email("https://accounts.google.com", CHAT)]))
        .also_takes(&[(Role::Issuer, Form::Claim), (Role::Email, Form::Claim)])
        .event_type(&[Json("/type")])
        .tenant(&[Json("/space/name"), Json("/chat/messagePayload/space/name")])
        .facts(EVENTS)
        .kind(&[When::Is(Json("/type"), "MESSAGE"), When::Present(Json("/message/name"))], MESSAGES)
        .not_signed(&["the body: whoever captures a request can send another while its token lasts"])
        .docs("https://developers.google.com/workspace/chat/verify-requests-from-chat")
        .build();

provider! {
    /// Google Chat: messages and clicks.
    GoogleChat = GOOGLE_CHAT
}
