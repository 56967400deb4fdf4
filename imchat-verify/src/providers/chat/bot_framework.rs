//! Microsoft's Bot Framework, through which Teams and others talk to a bot.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::Json;
use crate::scheme::{Facts, Issuer, Jwt, Key, Scheme, SchemeBuilder};
use crate::secrets::{Form, Role};

/// The connector waits for the answer and sends nothing again.
const ACTIVITIES: Facts = Facts::new("activities").ack_within(Duration::from_secs(15)).retries(&[]);

/// A key is published for the channels that it may sign for.
const TOKEN: Jwt = Jwt::of(&[Issuer::alone("https://api.botframework.com")])
    .bound(&["/serviceurl", "/serviceUrl"], Json("/serviceUrl"))
    .endorsed_for(Json("/channelId"));

const fn activities(name: &'static str, token: Jwt) -> SchemeBuilder {
    Scheme::jwt(name, token)
        .also_takes(&[(Role::Issuer, Form::Claim)])
        .key(Key::Joined(&[Json("/channelId"), Json("/conversation/id"), Json("/id")]))
        .event_id(&[Json("/id")])
        .event_type(&[Json("/type")])
        .tenant(&[Json("/conversation/tenantId"), Json("/channelData/tenant/id")])
        .facts(ACTIVITIES)
        .docs("https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication")
}

/// The connector sends a token for the bot's app id ([`Role::Audience`]), signed with a key of
/// <https://login.botframework.com/v1/.well-known/keys>, for five minutes. It covers the `serviceUrl` and the channel that the
/// body names, and nothing else of it. For another cloud give its issuer.
pub const TEAMS_BOTFRAMEWORK: Scheme = activities("teams-botframework", TOKEN)
    .not_signed(&["the body but for serviceUrl and channelId: whoever captures a request can send another for minutes"])
    .build();

/// The same where tokens carry no service URL, as some of Teams do. Whoever has such a token can name a URL of their own:
/// never send the bot's credentials to it, unless it is one of those that you list.
pub const TEAMS_BOTFRAMEWORK_UNBOUND: Scheme = activities("teams-botframework-unbound", TOKEN.bound_where_present())
    .not_signed(&["the body but for channelId, with serviceUrl where the token does not name it"])
    .build();

provider! {
    /// Bot Framework: activities from Teams and other channels.
    TeamsBotFramework = TEAMS_BOTFRAMEWORK
}

provider! {
    /// Bot Framework, where a token does not name the service URL.
    TeamsBotFrameworkUnbound = TEAMS_BOTFRAMEWORK_UNBOUND
}
