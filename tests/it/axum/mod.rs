//! Routes of axum: verified before the handler runs, typed, and silent about what acts for its holder.

mod envelopes;
mod extractors;
mod mistakes;
mod redaction;
mod routes;
mod signing;

use ::axum::body::Body;
use ::axum::handler::Handler;
use ::axum::{Router, routing::MethodRouter};
use http::{Request, StatusCode};
use imchat_axum::verify::{Provider, Verifier};
use imchat_axum::{Verified, Webhook};
use tower::ServiceExt as _;

use crate::tower::fixture::{SIGNED_AT, archived, at, seen};

/// A route of this verifier and handler, at the instant of the archive.
fn route<P: Provider, H, T>(verifier: Verifier<P>, handler: H) -> MethodRouter
where
    H: Handler<T, ()>,
    T: 'static,
{
    Webhook::new(verifier).configure(|builder| builder.clock(|| at(SIGNED_AT))).handler(handler).unwrap()
}

/// What is answered to a request on this route.
async fn answer(route: MethodRouter, request: Request<Body>) -> (StatusCode, String) {
    let seen = seen(Router::new().fallback_service(route).oneshot(request).await.unwrap()).await;
    (seen.status, String::from_utf8(seen.body.to_vec()).unwrap())
}

/// An archived request as axum takes it.
fn request(name: &str) -> Request<Body> {
    archived(name).map(Body::new)
}

/// What a handler of `T` says of an archived request.
async fn said<P: Provider, T>(verifier: Verifier<P>, name: &str, say: fn(T) -> String) -> String
where
    Verified<P, T>: ::axum::extract::FromRequest<()>,
    T: Send + 'static,
{
    let handler = move |Verified(_, payload): Verified<P, T>| async move { say(payload) };
    let (status, text) = answer(route(verifier, handler), request(name)).await;
    assert_eq!(status, StatusCode::OK, "{name}: {text}");
    text
}
