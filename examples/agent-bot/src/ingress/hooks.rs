//! The routes of hooks: proved, written down, answered.

use axum::Router;
use axum::routing::any_service;
use imchat_axum::tower::WebhookLayer;
use imchat_verify::inbox::Inbox;
use imchat_verify::{AnyProvider, ConfigError, Receipt};

use super::watched;
use crate::config::HookConfig;
use crate::telemetry::Telemetry;
use crate::telemetry::watch::Of;

/// One route for each hook: what has no name in the policy file is not found.
pub(super) fn routes<I: Inbox + Clone>(
    inbox: &I,
    hooks: &[HookConfig],
    telemetry: &Telemetry,
) -> Result<Router, ConfigError> {
    let mut app = Router::new();
    for config in hooks {
        let (of, counted, lane) =
            (Of::hook(&config.hook.name, config.hook.preset.waits()), telemetry.clone(), config.hook.lane());
        let label = of.clone();
        // Asked once for each delivery that is proved.
        let lane = move |receipt: &Receipt<AnyProvider>| {
            let secret = receipt.secret().to_string();
            counted.count("imchat_bot_secret_total", &[label.label(), ("secret", &secret)], 1);
            Some(lane.clone())
        };
        let service = WebhookLayer::builder(config.verifier()?).lane(lane).inbox(inbox.clone())?;
        let route = Router::new().route(&format!("/hooks/{}", config.hook.name), any_service(service));
        app = app.merge(watched(route, telemetry, of));
    }
    Ok(app)
}
