//! Saying something: the port between the executor and a platform's API.

use std::future::Future;
use std::time::Duration;

/// One message to post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound {
    /// `C…`, `G…` or `D…`.
    pub channel: String,
    /// The thread to post in; `None` posts to the channel.
    pub thread_ts: Option<String>,
    /// mrkdwn, already escaped.
    pub text: String,
    /// Which step of which job this is: the same at every attempt.
    pub step: String,
}

/// Why a message was not posted, sorted by what may be done about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PostError {
    /// Not posted; may be tried again after this long.
    #[error("the channel is over its rate limit")]
    RateLimited {
        /// What `Retry-After` said, if it could be read.
        retry_after: Option<Duration>,
    },
    /// Not posted, because no connection was made; may be tried again.
    #[error("the API cannot be reached: check SLACK_API_URL and the network")]
    Unreachable,
    /// Not posted, and trying again would not help.
    #[error("the API refused with {code}: {remedy}", remedy = remedy(code))]
    Refused {
        /// The platform's own error code, or `http_<status>`.
        code: String,
    },
    /// Perhaps posted: the request left and no usable answer came. Trying again may post it twice.
    #[error("the API gave no usable answer ({0}): the message may have arrived all the same")]
    Unknown(&'static str),
}

/// Posts messages.
pub trait Post: Send + Sync + 'static {
    /// Posts once, without retrying; the id the platform gave the message.
    ///
    /// # Errors
    /// [`PostError`].
    fn post(&self, message: &Outbound) -> impl Future<Output = Result<String, PostError>> + Send;
}

/// What a person can do about a refusal.
fn remedy(code: &str) -> &'static str {
    match code {
        "not_in_channel" => "invite the bot to the channel with /invite",
        "channel_not_found" => "invite the bot to the channel, or check which workspace the token is for",
        "is_archived" => "the channel is archived; nothing can be posted there",
        "not_authed" | "invalid_auth" | "account_inactive" | "token_revoked" | "token_expired" => {
            "set SLACK_BOT_TOKEN to the app's current bot token"
        }
        "missing_scope" | "not_allowed_token_type" | "no_permission" => {
            "add the chat:write scope to the app and install it again"
        }
        _ => "look the code up in the documentation of chat.postMessage",
    }
}
