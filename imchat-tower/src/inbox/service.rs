//! The service: rules 7 to 9.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use imchat_verify::inbox::{Accepted, Differs, Inbox as _, SharedInbox};
use imchat_verify::{AnyProvider, Receipt};
use tower_service::Service;
use tracing::Instrument as _;

use super::delivery;
use crate::Rejection;
use crate::webhook::{Config, Received, caught, in_time, receive, refuse, refuse_delivery, reply};

/// Proves webhooks, writes them into an inbox and answers; see the [module](super) for the rules.
///
/// [`WebhookBuilder::inbox`](crate::WebhookBuilder::inbox) makes one. It never fails: its failures are responses.
#[derive(Clone)]
#[must_use = "a service does nothing until it is called"]
pub struct WebhookInbox {
    config: Arc<Config>,
    inbox: SharedInbox,
}

impl WebhookInbox {
    pub(crate) fn new(config: Config, inbox: SharedInbox) -> Self {
        Self { config: Arc::new(config), inbox }
    }
}

impl fmt::Debug for WebhookInbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookInbox").field("config", &self.config).finish_non_exhaustive()
    }
}

impl<B> Service<Request<B>> for WebhookInbox
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (config, inbox) = (Arc::clone(&self.config), self.inbox.clone());
        let span = tracing::debug_span!("webhook", scheme = config.verify.scheme().name());
        let (parts, body) = request.into_parts();
        Box::pin(async move { Ok(answer(&config, &inbox, &parts, body).await) }.instrument(span))
    }
}

async fn answer<B: Body + Send>(config: &Config, inbox: &SharedInbox, parts: &Parts, body: B) -> Response<Full<Bytes>> {
    let receipt = match receive(config, parts, pin!(body)).await {
        Ok(Received::Event(receipt)) => receipt,
        Ok(Received::Answer(reply)) => return reply,
        Err(rejection) => return refuse(config, rejection),
    };
    let Some(delivery) = delivery::of(config, &parts.headers, &receipt) else { return taken(&receipt) };
    // A panic in an inbox leaves in doubt whether anything was written, as an error does.
    let accepted = caught(in_time(config.store_timeout, inbox.accept(delivery))).await;
    match accepted.unwrap_or(Err(Rejection::Store)) {
        Ok(accepted) => {
            tell(accepted);
            let mut response = taken(&receipt);
            response.extensions_mut().insert(accepted);
            response
        }
        Err(rejection) => refuse_delivery(config, &receipt, rejection),
    }
}

/// The answer that says taken, the same for a duplicate.
fn taken(receipt: &Receipt<AnyProvider>) -> Response<Full<Bytes>> {
    reply(receipt.kind().accepted_reply(&receipt.identity()))
}

/// Says what a sender will not hear.
fn tell(accepted: Accepted) {
    match accepted {
        Accepted::New | Accepted::Duplicate { differs: Differs::Nothing } => {}
        Accepted::Duplicate { differs: Differs::Body } => {
            tracing::info!("a duplicate differs from the delivery that stands");
        }
        Accepted::Duplicate { differs: Differs::DeliveryId } => {
            tracing::warn!("replay_suspected: the same body came under another delivery id");
        }
        Accepted::Mismatch => {
            tracing::warn!("the same event id came with another body, which lies in quarantine");
        }
    }
}
