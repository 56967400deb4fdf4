//! A handler behind the verification, itself a handler: the way through it needs no boxed services in between.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request};
use axum::handler::Handler;
use axum::response::Response;
use bytes::Bytes;
use http_body_util::Full;
use imchat_tower::{WebhookLayer, WebhookService};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// A handler behind the verification.
#[derive(Debug, Clone)]
pub(crate) struct Guarded<H> {
    pub(crate) layer: WebhookLayer,
    pub(crate) handler: H,
}

impl<H, T, S> Handler<(Guarded<()>, T), S> for Guarded<H>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    type Future = Answer<WebhookService<Call<H, T, S>>>;

    fn call(self, request: Request, state: S) -> Self::Future {
        let call = Call { handler: self.handler, state, arguments: std::marker::PhantomData };
        Answer { future: self.layer.layer(call).call(request) }
    }
}

/// A handler with its state, as a service of proved requests.
pub(crate) struct Call<H, T, S> {
    handler: H,
    state: S,
    arguments: std::marker::PhantomData<fn() -> T>,
}

impl<H: Clone, T, S: Clone> Clone for Call<H, T, S> {
    fn clone(&self) -> Self {
        Self { handler: self.handler.clone(), state: self.state.clone(), arguments: std::marker::PhantomData }
    }
}

impl<H, T, S> Service<http::Request<Full<Bytes>>> for Call<H, T, S>
where
    H: Handler<T, S>,
    S: Clone,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Called<H::Future>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Full<Bytes>>) -> Self::Future {
        let handler = self.handler.clone();
        let mut request = request.map(Body::new);
        // The layer has bounded the body: axum's own limit would refuse what the platform may send, and will not again.
        DefaultBodyLimit::disable().apply(&mut request);
        Called { future: handler.call(request, self.state.clone()) }
    }
}

pin_project! {
    /// A handler's future, which cannot fail.
    pub(crate) struct Called<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Called<F> {
    type Output = Result<F::Output, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(cx).map(Ok)
    }
}

pin_project! {
    /// The layer's future, with its body made axum's.
    pub(crate) struct Answer<W: Service<Request>> {
        #[pin]
        future: W::Future,
    }
}

impl<W> Future for Answer<W>
where
    W: Service<Request, Response = http::Response<imchat_tower::ResponseBody<Body>>, Error = Infallible>,
{
    type Output = Response;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response> {
        self.project().future.poll(cx).map(|answer| match answer {
            Ok(response) => response.map(|body| body.map_own(Body::new)),
            Err(never) => match never {},
        })
    }
}
