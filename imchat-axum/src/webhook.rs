//! From a verifier and a handler to a route.

use std::marker::PhantomData;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::handler::Handler;
use axum::routing::{MethodRouter, any};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use imchat_tower::{WebhookBuilder, WebhookLayer, WebhookService};
use imchat_verify::dedup::DedupStore;
use imchat_verify::{ConfigError, Provider, Verifier};
use tower_layer::Layer;
use tower_service::Service;

/// A route of one provider's webhooks: [`handler`](Self::handler) puts your handler behind the verification, so that it
/// cannot be mounted without it.
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
        Ok(any(handler).layer(OnRoute(self.builder.build()?)))
    }
}

/// The layer, in front of one of axum's routes.
#[derive(Debug, Clone)]
struct OnRoute(WebhookLayer);

impl<S> Layer<S> for OnRoute {
    type Service = WebhookService<Route<S>>;

    fn layer(&self, inner: S) -> Self::Service {
        self.0.layer(Route(inner))
    }
}

/// An axum route that takes the layer's body.
#[derive(Debug, Clone)]
struct Route<S>(S);

impl<S: Service<Request<Body>>> Service<Request<Full<Bytes>>> for Route<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> S::Future {
        self.0.call(request.map(Body::new))
    }
}
