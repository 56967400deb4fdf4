//! Telegram: updates of the Bot API.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::{Header, Json};
use crate::scheme::{Facts, Key, Scheme};

/// Sent again a "reasonable amount" of times; what is pending is kept for a day.
const UPDATES: Facts = Facts::new("updates").retries_within(Duration::from_secs(24 * 3600));

/// Telegram signs nothing: it sends the `secret_token` that `setWebhook` was given.
///
/// An `update_id` is unique within one bot: give every bot's endpoint a name.
pub const TELEGRAM: Scheme = Scheme::token("telegram", &[Header("x-telegram-bot-api-secret-token")])
    .key(Key::Id(&[Json("/update_id")]))
    .facts(UPDATES)
    .not_signed(&["everything: whoever learns the secret token can forge updates"])
    .docs("https://core.telegram.org/bots/api#setwebhook")
    .build();

provider! {
    /// Telegram: updates of the Bot API. Give every bot's endpoint a name.
    Telegram = TELEGRAM
}
