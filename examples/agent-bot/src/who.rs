//! Who and where, on any platform: never without the platform and the tenant, so that two workspaces cannot be confused.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A chat platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum PlatformName {
    /// Slack.
    Slack,
    /// Feishu and Lark.
    Feishu,
    /// Discord.
    Discord,
    /// Microsoft Teams, where the bot answers outgoing webhooks and can say nothing by itself.
    Teams,
}

impl PlatformName {
    /// `slack`, `feishu`, `discord` or `teams`, as the policy file, the tables and the metrics spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Feishu => "feishu",
            Self::Discord => "discord",
            Self::Teams => "teams",
        }
    }
}

impl fmt::Display for PlatformName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A user of one tenant, written `slack:T1:U1`.
///
/// Two are equal only where all three parts are: a user id alone says nothing across workspaces.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Person {
    /// Where the account is.
    pub platform: PlatformName,
    /// The workspace (Slack `T…`), the tenant key (Feishu), the guild (Discord; `dm` in a direct conversation) or the tenant's
    /// id (Teams).
    pub tenant: String,
    /// Slack `U…` or `W…`, Feishu `ou_…`, Discord a snowflake, Teams the directory's object id.
    pub user: String,
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.platform, self.tenant, self.user)
    }
}

/// Where something is said.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Where the channel is.
    pub platform: PlatformName,
    /// As in [`Person`].
    pub tenant: String,
    /// Slack `C…`, `G…` or `D…`, Feishu `oc_…`, Discord a snowflake, Teams `19:…@thread.tacv2`.
    pub channel: String,
    /// The thread, as the platform names it: Slack the parent's `ts`, Feishu the root message's id. `None` is the channel itself.
    pub thread: Option<String>,
}

impl Place {
    /// The conversation that something said here by `person` belongs to: the thread, and outside threads the person's own.
    ///
    /// Its text is the lane of jobs and the key of sessions. Parts are length-prefixed, so that no two places share one.
    #[must_use]
    pub fn conversation(&self, person: &Person) -> String {
        let (kind, last) = match &self.thread {
            Some(thread) => ("t", thread.as_str()),
            None => ("u", person.user.as_str()),
        };
        let Self { platform, tenant, channel, .. } = self;
        format!("{platform}:{}:{tenant}:{}:{channel}:{kind}:{last}", tenant.len(), channel.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(tenant: &str, channel: &str, thread: Option<&str>) -> Place {
        Place {
            platform: PlatformName::Slack,
            tenant: tenant.to_owned(),
            channel: channel.to_owned(),
            thread: thread.map(str::to_owned),
        }
    }

    fn person(user: &str) -> Person {
        Person { platform: PlatformName::Slack, tenant: "T1".to_owned(), user: user.to_owned() }
    }

    #[test]
    fn a_thread_is_one_conversation_and_outside_threads_each_person_has_one() {
        let (ada, bob) = (person("U1"), person("U2"));
        let thread = place("T1", "C1", Some("1.2"));
        assert_eq!(thread.conversation(&ada), thread.conversation(&bob));
        let channel = place("T1", "C1", None);
        assert_ne!(channel.conversation(&ada), channel.conversation(&bob));
        assert_ne!(channel.conversation(&ada), place("T1", "C1", Some("U1")).conversation(&ada));
    }

    #[test]
    fn no_two_places_share_a_conversation() {
        let ada = person("U1");
        assert_ne!(place("T:1", "C", None).conversation(&ada), place("T", "1:C", None).conversation(&ada));
    }
}
