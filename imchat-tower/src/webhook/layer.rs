//! The layer itself.

use std::sync::Arc;

use imchat_verify::Verify;
use tower_layer::Layer;

use super::builder::WebhookBuilder;
use super::config::Config;
use super::service::WebhookService;

/// Proves, deduplicates and acknowledges webhooks in front of a service; see the [module](super) for the rules.
#[derive(Debug, Clone)]
#[must_use = "a layer does nothing until it is put in front of a service"]
pub struct WebhookLayer {
    config: Arc<Config>,
}

impl WebhookLayer {
    /// Starts a layer for requests that this verifier proves.
    pub fn builder(verifier: impl Verify + 'static) -> WebhookBuilder {
        WebhookBuilder::new(Arc::new(verifier))
    }

    pub(super) fn new(config: Config) -> Self {
        Self { config: Arc::new(config) }
    }
}

impl<S> Layer<S> for WebhookLayer {
    type Service = WebhookService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WebhookService::new(inner, Arc::clone(&self.config))
    }
}
