//! Whom and which places a policy names.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::platform::Profile;
use crate::who::{Person, Place, PlatformName};

/// Whom a policy names. Never without the platform and the tenant, but for [`Anybody`](Subject::Anybody).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Subject {
    /// `*`: every member of the tenant in which the bot is asked.
    Anybody,
    /// `slack:T1:*`: every member of this tenant.
    Tenant(PlatformName, String),
    /// `slack:T1:group:ops`: whom the platform counts to this group, role or department.
    Group(PlatformName, String, String),
    /// `slack:T1:U1`: this person.
    User(Person),
}

/// Which channels a policy names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Area {
    /// `*`: everywhere.
    Anywhere,
    /// `slack:T1:*`: every channel of this tenant.
    Tenant(PlatformName, String),
    /// `slack:T1:C1`: this channel and its threads.
    Channel(PlatformName, String, String),
}

impl Subject {
    /// Reads `*`, `slack:T1:*`, `slack:T1:group:ops` or `slack:T1:U1`; `None` is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Anybody);
        }
        let (platform, tenant, rest) = qualified(text)?;
        match rest.split_once(':') {
            None if rest == "*" => Some(Self::Tenant(platform, tenant)),
            None => Some(Self::User(Person { platform, tenant, user: word(rest)? })),
            Some(("group", group)) => Some(Self::Group(platform, tenant, word(group)?)),
            Some(_) => None,
        }
    }

    /// Whether this person is meant. Groups are those that the platform told; without a profile nobody is in one.
    #[must_use]
    pub fn names(&self, person: &Person, profile: Option<&Profile>) -> bool {
        let here = |platform: &PlatformName, tenant: &str| *platform == person.platform && tenant == person.tenant;
        match self {
            Self::Anybody => true,
            Self::Tenant(platform, tenant) => here(platform, tenant),
            Self::Group(platform, tenant, group) => {
                here(platform, tenant) && profile.is_some_and(|profile| profile.groups.contains(group))
            }
            Self::User(user) => user == person,
        }
    }

    /// Whether somebody of this tenant can be meant.
    pub(super) fn reaches(&self, place: &Place) -> bool {
        let (platform, tenant) = match self {
            Self::Anybody => return true,
            Self::Tenant(platform, tenant) | Self::Group(platform, tenant, _) => (platform, tenant),
            Self::User(user) => (&user.platform, &user.tenant),
        };
        *platform == place.platform && *tenant == place.tenant
    }
}

impl Area {
    /// Reads `*`, `slack:T1:*` or `slack:T1:C1`; `None` is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Anywhere);
        }
        let (platform, tenant, channel) = qualified(text)?;
        if channel == "*" {
            return Some(Self::Tenant(platform, tenant));
        }
        // Those of Teams have a colon in them, and nothing follows a channel.
        let plain = if platform == PlatformName::Teams { word(&channel.replacen(':', "", 1)) } else { word(channel) };
        plain.map(|_| Self::Channel(platform, tenant, channel.to_owned()))
    }

    /// Whether this place is meant.
    #[must_use]
    pub fn covers(&self, place: &Place) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Tenant(platform, tenant) => *platform == place.platform && *tenant == place.tenant,
            Self::Channel(platform, tenant, channel) => {
                *platform == place.platform && *tenant == place.tenant && *channel == place.channel
            }
        }
    }
}

/// `slack:T1:rest`, where the tenant is one word and no wildcard.
fn qualified(text: &str) -> Option<(PlatformName, String, &str)> {
    let (platform, rest) = text.split_once(':')?;
    let (tenant, rest) = rest.split_once(':')?;
    let platform = match platform {
        "slack" => PlatformName::Slack,
        "feishu" => PlatformName::Feishu,
        "discord" => PlatformName::Discord,
        "teams" => PlatformName::Teams,
        _ => return None,
    };
    Some((platform, word(tenant)?, rest))
}

/// An id or a group's name: not empty, and nothing in it that would mean something else here.
fn word(text: &str) -> Option<String> {
    let fits = !text.is_empty() && !text.contains([':', '*']) && !text.contains(char::is_whitespace);
    fits.then(|| text.to_owned())
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anybody => f.write_str("*"),
            Self::Tenant(platform, tenant) => write!(f, "{platform}:{tenant}:*"),
            Self::Group(platform, tenant, group) => write!(f, "{platform}:{tenant}:group:{group}"),
            Self::User(person) => write!(f, "{person}"),
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anywhere => f.write_str("*"),
            Self::Tenant(platform, tenant) => write!(f, "{platform}:{tenant}:*"),
            Self::Channel(platform, tenant, channel) => write!(f, "{platform}:{tenant}:{channel}"),
        }
    }
}

impl TryFrom<String> for Subject {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a person or group: write slack:T1:U1, slack:T1:group:ops, slack:T1:* or *")
    }
}

impl TryFrom<String> for Area {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a channel: write slack:T1:C1, slack:T1:* or *")
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.to_string()
    }
}

impl From<Area> for String {
    fn from(area: Area) -> Self {
        area.to_string()
    }
}
