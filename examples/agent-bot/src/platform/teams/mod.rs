//! Teams, as far as an outgoing webhook goes: a message comes in, and what is answered to its request is shown. Pure.
//!
//! There is no API behind it: nothing can be said later, changed, pressed or asked about a person, so that this is no
//! [`Platform`](super::Platform).

mod html;
mod markdown;

use serde_json::{Value, json};

use crate::message::Outbound;
use crate::platform::json::text;
use crate::platform::{DecodeError, Inbound};
use crate::who::{Person, Place, PlatformName};

/// What somebody said to the bot: <https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook>.
///
/// A person is told by the directory's id where Teams gives it, and else by the id that Teams made for the conversation.
///
/// # Errors
/// [`DecodeError`] where it is not what Teams documents.
pub fn decode(body: &[u8]) -> Result<Inbound, DecodeError> {
    let body: Value = serde_json::from_slice(body).map_err(|_| DecodeError::Shape)?;
    if text(&body, "/type") != Some("message") {
        return Err(DecodeError::Kind);
    }
    let first = |pointers: &[&str], missing| {
        let mut found = pointers.iter().filter_map(|pointer| text(&body, pointer)).filter(|text| !text.is_empty());
        found.next().map(str::to_owned).ok_or(DecodeError::Missing(missing))
    };
    let platform = PlatformName::Teams;
    let tenant = first(&["/channelData/tenant/id", "/conversation/tenantId"], "channelData.tenant.id")?;
    let user = first(&["/from/aadObjectId", "/from/id"], "from.id")?;
    let conversation = first(&["/conversation/id"], "conversation.id")?;
    let (channel, thread) = match conversation.split_once(";messageid=") {
        Some((channel, thread)) => (channel.to_owned(), Some(thread.to_owned())),
        None => (conversation, None),
    };
    Ok(Inbound {
        person: Person { platform, tenant: tenant.clone(), user },
        place: Place { platform, tenant, channel, thread },
        text: html::text(text(&body, "/text").ok_or(DecodeError::Missing("text"))?),
        message: text(&body, "/id").map(str::to_owned),
        reply: None,
    })
}

/// The response that shows this message.
#[must_use]
pub fn response(message: &Outbound) -> Value {
    json!({ "type": "message", "text": markdown::of(message) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Value {
        json!({
            "type": "message",
            "id": "1485983408511",
            "channelId": "msteams",
            "from": { "id": "29:1XJKJMvc5GBtc2Jw", "name": "Tim Jones", "aadObjectId": "aad-1" },
            "conversation": { "id": "19:253b@thread.skype;messageid=1485983194839", "isGroup": true },
            "channelData": { "tenant": { "id": "tenant-1" }, "teamsChannelId": "19:253b@thread.skype" },
            "text": "<at>bot</at>&nbsp;status checkout\n",
        })
    }

    fn decoded(message: &Value) -> Result<Inbound, DecodeError> {
        decode(message.to_string().as_bytes())
    }

    #[test]
    fn a_message_is_somebodys_in_a_thread() {
        let inbound = decoded(&message()).expect("a message");
        assert_eq!(inbound.person.to_string(), "teams:tenant-1:aad-1");
        assert_eq!(
            (inbound.place.tenant.as_str(), inbound.place.channel.as_str()),
            ("tenant-1", "19:253b@thread.skype")
        );
        assert_eq!(inbound.place.thread.as_deref(), Some("1485983194839"));
        assert_eq!(inbound.text, "status checkout");
    }

    #[test]
    fn what_is_no_message_is_an_error_that_names_what_is_missing() {
        assert_eq!(decode(b"no json"), Err(DecodeError::Shape));
        for (pointer, missing) in [
            ("/channelData", "channelData.tenant.id"),
            ("/from", "from.id"),
            ("/conversation", "conversation.id"),
            ("/text", "text"),
        ] {
            let mut message = message();
            *message.pointer_mut(pointer).expect("a member") = Value::Null;
            assert_eq!(decoded(&message), Err(DecodeError::Missing(missing)));
        }
        let mut other = message();
        other["type"] = "invoke".into();
        assert_eq!(decoded(&other), Err(DecodeError::Kind));
    }
}
