//! From a verifier and a handler to a route.

use std::marker::PhantomData;

use axum::handler::Handler;
use axum::routing::{MethodRouter, any, any_service};
use imchat_tower::{WebhookBuilder, WebhookLayer};
use imchat_verify::dedup::DedupStore;
use imchat_verify::inbox::Inbox;
use imchat_verify::{ConfigError, Provider, Verifier};

use crate::guarded::Guarded;

/// A route of one provider's webhooks: [`handler`](Self::handler) puts your handler behind the verification, so that it
/// cannot be mounted without it; [`inbox`](Self::inbox) writes what is proved down for a worker instead.
///
/// ```
/// use axum::Router;
/// use axum::http::StatusCode;
/// use imchat_axum::verify::providers::GitHub;
/// use imchat_axum::{GitHubEvent, Verified, Webhook};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Push {
///     #[serde(rename = "ref")]
///     branch: String,
/// }
///
/// async fn on_push(Verified(_, push): Verified<GitHub, GitHubEvent<Push>>) -> StatusCode {
///     println!("{} on {}", push.event, push.payload.branch);
///     StatusCode::OK
/// }
///
/// # fn main() -> Result<(), imchat_axum::verify::ConfigError> {
/// let app: Router = Router::new().route("/github", Webhook::new(GitHub::verifier("a webhook secret")?).handler(on_push)?);
/// # let _ = app; Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "a webhook does nothing until it gets its handler"]
pub struct Webhook<P> {
    builder: WebhookBuilder,
    provider: PhantomData<fn() -> P>,
}

impl<P: Provider> Webhook<P> {
    /// Starts a route of requests that this verifier proves.
    pub fn new(verifier: Verifier<P>) -> Self {
        Self { builder: WebhookLayer::builder(verifier), provider: PhantomData }
    }

    /// Claims every delivery in this store before the handler runs.
    pub fn dedup(self, store: impl DedupStore) -> Self {
        self.configure(|builder| builder.dedup(store))
    }

    /// Any other setting of the layer inside, such as its limits and its hooks.
    pub fn configure(mut self, change: impl FnOnce(WebhookBuilder) -> WebhookBuilder) -> Self {
        self.builder = change(self.builder);
        self
    }

    /// The route: the handler behind the verification.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] where settings contradict each other or the platform's facts.
    pub fn handler<H, T, S>(self, handler: H) -> Result<MethodRouter<S>, ConfigError>
    where
        H: Handler<T, S>,
        T: 'static,
        S: Clone + Send + Sync + 'static,
    {
        // The layer itself answers other methods, so that they are counted with all else that is refused.
        Ok(any(Guarded { layer: self.builder.build()?, handler }))
    }

    /// The route: every delivery is written into this inbox, and only then answered. The work is a worker's, later; which
    /// lane a delivery goes to is a setting ([`configure`](Self::configure) with
    /// [`lane`](imchat_tower::WebhookBuilder::lane)).
    ///
    /// # Errors
    ///
    /// [`ConfigError`] where settings contradict each other, the platform's facts or the inbox's retention.
    pub fn inbox<S>(self, inbox: impl Inbox) -> Result<MethodRouter<S>, ConfigError>
    where
        S: Clone + Send + Sync + 'static,
    {
        Ok(any_service(self.builder.inbox(inbox)?))
    }
}
