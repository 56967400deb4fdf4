//! Dropbox: changes in accounts.

use core::time::Duration;

use crate::engine::Unsigned;
use crate::provider;
use crate::reply::Reply;
use crate::scheme::{Facts, Hash, Key, Scheme, Signature};

/// Sent again for about ten minutes.
const CHANGES: Facts =
    Facts::new("changes").ack_within(Duration::from_secs(10)).retries_within(Duration::from_secs(600));

/// Dropbox signs the body with the app's secret. A delivery says only that accounts changed: it has no id, and two of them
/// may well be alike, so none is ever taken for a duplicate. Ask for what changed since your cursor.
///
/// The endpoint is proved by a GET that nobody signs, whose `challenge` goes back as text.
pub const DROPBOX: Scheme = Scheme::hmac("dropbox", Hash::Sha256, Signature::hex("x-dropbox-signature"))
    .key(Key::Never)
    .facts(CHANGES)
    .get_handshake(challenge)
    .not_signed(&["the time of sending", "challenge: anybody may ask"])
    .docs("https://www.dropbox.com/developers/reference/webhooks")
    .build();

provider! {
    /// Dropbox: changes in accounts.
    Dropbox = DROPBOX
}

fn challenge(request: &Unsigned<'_>) -> Option<Reply> {
    request.query("challenge").map(Reply::text)
}
