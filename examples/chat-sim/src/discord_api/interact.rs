//! An interaction from its press to its first answer.

use super::DiscordApi;
use crate::Request;
use crate::sender::{Delivery, SendError, Sender, Variant};

/// Where and on what somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acting<'a> {
    /// The channel or the thread.
    pub channel: &'a str,
    /// Who.
    pub user: &'a str,
    /// The message, where it is a press, a choice or a form that was opened from one.
    pub message: Option<&'a str>,
}

impl DiscordApi {
    /// Sends an interaction once, as Discord does, and does what its reply says: the reply, and the interaction's token.
    ///
    /// A reply that is no 200, or comes too late, leaves the token dead, and the person with an error.
    ///
    /// # Errors
    /// As [`Sender::send`].
    pub async fn interact(
        &self,
        sender: &Sender,
        base: &str,
        acting: &Acting<'_>,
        request: impl FnOnce(&str) -> Request,
    ) -> Result<(Delivery, String), SendError> {
        let token = self.opened(acting.channel, acting.user, acting.message);
        let reply = sender.send(base, &request(&token), Variant::Fresh).await?;
        if reply.status == http::StatusCode::OK
            && let Ok(answer) = serde_json::from_slice(&reply.body)
        {
            // Too late is no error of the sender's: it shows in what the token is worth.
            let _ = self.answered(&token, &answer);
        }
        Ok((reply, token))
    }
}
