//! Viber: callbacks of bots.

use crate::provider;
use crate::scheme::Source::Json;
use crate::scheme::{Facts, Hash, Key, Scheme, Signature};

/// Sent again at gaps that are not published.
const CALLBACKS: Facts = Facts::new("callbacks");

/// Viber signs the body with the account's token, dashes and all, in a header or in `?sig=`.
///
/// A message and the news that it was delivered and seen have one `message_token`: the key names the event and its time too.
pub const VIBER: Scheme =
    Scheme::hmac("viber", Hash::Sha256, Signature::hex("x-viber-content-signature").or_query("sig"))
        .key(Key::Joined(&[Json("/event"), Json("/timestamp"), Json("/message_token")]))
        .event_id(&[Json("/message_token")])
        .event_type(&[Json("/event")])
        .facts(CALLBACKS)
        .not_signed(&["the time of sending"])
        .docs("https://developers.viber.com/docs/api/rest-bot-api/#callbacks")
        .build();

provider! {
    /// Viber: callbacks of bots.
    Viber = VIBER
}
