//! The routes. A request of a platform is proved, written into the inbox, and only then answered; nothing else happens
//! here, and nothing here waits for the executor. [Teams](teams) alone has to be answered in the request.
//!
//! | outcome | status |
//! |---|---|
//! | proved and written down, or written down before | 200 with what the platform takes for taken |
//! | an event, proved, that could not be written down | 503 with `Retry-After`: it is sent again |
//! | the same, for a click, a modal or a slash command, which is never sent again | 200 with a line that only its user sees |
//! | not proved | 401 |
//!
//! A platform that is not set up has no route, and neither has a hook that the policy file does not name.

pub mod discord;
mod hooks;
mod kept;
#[cfg(test)]
mod shelf;
mod slack;
pub mod teams;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::MethodRouter;
use imchat_axum::Webhook;
use imchat_verify::inbox::Inbox;
use imchat_verify::providers::{Discord, Feishu, Slack};
use imchat_verify::{AnyProvider, ConfigError, Provider, Receipt, Role, Verifier};
use tracing::warn;

use crate::config::{Config, DiscordConfig, FeishuConfig, SlackConfig};
use crate::platform::feishu::Own;
use crate::platform::{self, DecodeError, Decoded};
use crate::telemetry::Telemetry;
use crate::telemetry::watch::{Of, watch};

/// The routes of all platforms that are set up: requests are proved and written into `inbox`.
///
/// # Errors
/// [`ConfigError`] where a signing secret cannot be used.
pub fn router<I: Inbox + Clone>(inbox: &I, config: &Config, telemetry: &Telemetry) -> Result<Router, ConfigError> {
    let mut app = Router::new();
    if let Some(slack) = &config.slack {
        app = app.merge(watched(slack_routes(inbox, slack, telemetry)?, telemetry, Of::platform("slack")));
    }
    if let Some(feishu) = &config.feishu {
        app = app.merge(watched(feishu_routes(inbox, feishu, telemetry)?, telemetry, Of::platform("feishu")));
    }
    if let Some(discord) = &config.discord {
        app = app.merge(watched(discord_routes(inbox, discord, telemetry)?, telemetry, Of::platform("discord")));
    }
    Ok(app.merge(hooks::routes(inbox, &config.hooks, telemetry)?))
}

fn watched(routes: Router, telemetry: &Telemetry, of: Of) -> Router {
    routes.layer(from_fn_with_state((telemetry.clone(), of), watch))
}

fn slack_routes<I: Inbox + Clone>(
    inbox: &I,
    slack: &SlackConfig,
    telemetry: &Telemetry,
) -> Result<Router, ConfigError> {
    let route = |endpoint| {
        let verifier = Slack::verifier(slack.signing.secrets())?.endpoint(endpoint);
        webhook(verifier, inbox.clone(), telemetry.clone(), platform::slack::decoded)
    };
    let interactions = match platform::slack::Slack::new(&slack.access) {
        Ok(client) => slack::answering(route("interactions")?, client),
        Err(error) => {
            warn!(%error, "whoever presses a button is not told where it could not be written down");
            route("interactions")?
        }
    };
    Ok(Router::new()
        .route("/slack/events", route("events")?)
        .route("/slack/interactions", interactions)
        .route("/slack/commands", route("commands")?))
}

fn feishu_routes<I: Inbox + Clone>(
    inbox: &I,
    feishu: &FeishuConfig,
    telemetry: &Telemetry,
) -> Result<Router, ConfigError> {
    let own = Own { app: Some(feishu.access.app_id.clone()), bot: None };
    let route = |endpoint| {
        let secrets = feishu.signing.secrets();
        let secrets = secrets.with(Role::VerificationToken, feishu.verification_token.expose());
        let own = own.clone();
        let verifier = Feishu::verifier(secrets)?.endpoint(endpoint);
        webhook(verifier, inbox.clone(), telemetry.clone(), move |kind: &str, body: &[u8]| {
            platform::feishu::decoded(kind, body, &own)
        })
    };
    Ok(Router::new().route("/feishu/events", route("events")?).route("/feishu/cards", route("cards")?))
}

fn discord_routes<I: Inbox + Clone>(
    inbox: &I,
    discord: &DiscordConfig,
    telemetry: &Telemetry,
) -> Result<Router, ConfigError> {
    let verifier = Discord::verifier(discord.key.secrets())?.endpoint("interactions");
    let route = webhook(verifier, inbox.clone(), telemetry.clone(), platform::discord::decoded)?;
    Ok(Router::new().route("/discord/interactions", discord::answering(route)))
}

fn webhook<P: Provider>(
    verifier: Verifier<P>,
    inbox: impl Inbox,
    telemetry: Telemetry,
    decode: impl Fn(&str, &[u8]) -> Result<Decoded, DecodeError> + Send + Sync + 'static,
) -> Result<MethodRouter, ConfigError> {
    // Asked once for each delivery that is proved.
    let lane = move |receipt: &Receipt<AnyProvider>| {
        let secret = receipt.secret().to_string();
        telemetry.count("imchat_bot_secret_total", &[("platform", receipt.scheme().name()), ("secret", &secret)], 1);
        lane(decode(receipt.kind().name(), receipt.body()))
    };
    Webhook::new(verifier).configure(|builder| builder.lane(lane)).inbox(inbox)
}

/// A conversation is a lane. What is not answered needs no order, and what cannot be decoded is found out by the executor.
fn lane(decoded: Result<Decoded, DecodeError>) -> Option<String> {
    match decoded {
        Ok(Decoded::Message(inbound) | Decoded::Command(inbound)) => Some(inbound.place.conversation(&inbound.person)),
        Ok(Decoded::Click(_) | Decoded::Lifecycle(_) | Decoded::Ignored(_)) | Err(_) => None,
    }
}
