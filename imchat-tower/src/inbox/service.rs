//! The service: rules 7 to 9.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use http_body::Body;
use http_body_util::Full;
use imchat_verify::inbox::{Accepted, Differs, Inbox as _, SharedInbox};
use imchat_verify::{AnyProvider, Receipt};
use tower_service::Service;
use tracing::Instrument as _;

use super::delivery::{self, Deliveries};
use crate::webhook::{Config, Panicked, Received, caught, in_time, receive, refuse, refuse_delivery, reply};
use crate::{Duplicate, Rejection};

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
    // A panic of the inbox leaves in doubt whether anything was written, as an error does; one of the function that names
    // lanes leaves no doubt, and gets the same answer.
    let taking = caught(take(config, inbox, &parts.headers, &receipt)).await;
    let taken = taking.unwrap_or_else(|Panicked| {
        tracing::error!("the inbox, or the function that names lanes, panicked");
        Err(Rejection::Store)
    });
    taken.unwrap_or_else(|rejection| refuse_delivery(config, &receipt, rejection))
}

/// Has the delivery written down, and answers that it is.
async fn take(
    config: &Config,
    inbox: &SharedInbox,
    headers: &HeaderMap,
    receipt: &Receipt<AnyProvider>,
) -> Result<Response<Full<Bytes>>, Rejection> {
    let (deliveries, taken) = delivery::of(config, headers, receipt);
    let mut response = reply(taken);
    let accepted = match deliveries {
        Deliveries::One(None) => None,
        Deliveries::One(Some(delivery)) => {
            let accepted = in_time("the inbox", config.store_timeout, inbox.accept(*delivery)).await?;
            tell(accepted);
            Some(accepted)
        }
        Deliveries::Items(items) => {
            let accepted = in_time("the inbox", config.store_timeout, inbox.accept_all(items)).await?;
            accepted.iter().copied().for_each(tell);
            together(&accepted)
        }
    };
    if let Some(accepted) = accepted {
        let extensions = response.extensions_mut();
        extensions.insert(accepted);
        if let Accepted::Duplicate { differs } = accepted {
            extensions.insert(Duplicate { replay_suspected: differs == Differs::DeliveryId });
        }
    }
    Ok(response)
}

/// What a batch is as a whole: new where any of its items is.
fn together(items: &[Accepted]) -> Option<Accepted> {
    items.iter().find(|item| **item == Accepted::New).or_else(|| items.first()).copied()
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
