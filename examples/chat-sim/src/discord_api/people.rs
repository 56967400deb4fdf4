//! Users, members and their direct channels.

use serde_json::{Value, json};

use super::calls::{Done, Refusal, State};

/// What the ids of direct channels begin with here; the user's follows.
const DIRECT: &str = "7";

impl State {
    pub(super) fn me(&self) -> Value {
        json!({ "id": self.settings.application, "username": "Ops Bot", "bot": true })
    }

    pub(super) fn member(&self, guild: &str, user: &str) -> Result<Done, Refusal> {
        if !self.settings.members.keys().any(|(known, _)| known == guild) {
            return Err(Refusal::of(10_004));
        }
        let member = self.settings.members.get(&(guild.to_owned(), user.to_owned())).ok_or(Refusal::of(10_007))?;
        let json = json!({
            "nick": null,
            "pending": member.pending,
            "roles": member.roles,
            "user": { "id": user, "username": member.name, "global_name": member.name, "bot": member.bot },
        });
        Ok(Done { json, bucket: None })
    }

    pub(super) fn user(&self, user: &str) -> Result<Done, Refusal> {
        let known = self.settings.members.iter().find(|((_, id), _)| id == user);
        let (_, member) = known.ok_or(Refusal::of(10_013))?;
        let json = json!({ "id": user, "username": member.name, "global_name": member.name, "bot": member.bot });
        Ok(Done { json, bucket: None })
    }

    pub(super) fn is_direct(&self, channel: &str) -> bool {
        channel.strip_prefix(DIRECT).is_some_and(|user| self.user(user).is_ok())
    }

    pub(super) fn direct(&self, body: &[u8]) -> Result<Done, Refusal> {
        let json: Value = serde_json::from_slice(body).map_err(|_| Refusal::BAD_JSON)?;
        let user = json.get("recipient_id").and_then(Value::as_str).ok_or(Refusal::BAD_FORM)?;
        self.user(user)?;
        Ok(Done { json: json!({ "id": format!("{DIRECT}{user}"), "type": 1 }), bucket: None })
    }
}
