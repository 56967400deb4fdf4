//! One layer that does the whole receive side, in this order:
//!
//! 1. Another method than POST is answered 405, but for a GET where the platform proves an endpoint by one that nobody
//!    signs: that is answered, or 401, and its body is not read.
//! 2. A `Content-Length` over the limit is answered 413, an encoded body 415.
//! 3. The head is checked before a byte of the body is read: a missing, repeated, malformed, stale or future header is
//!    answered 401.
//! 4. The body is read, hashed on the way: at most the scheme's own maximum (413), within a deadline (408), within a
//!    budget of unproved bytes that all requests of the layer share (503).
//! 5. The signature decides: 401, always with the same body.
//! 6. A handshake is answered and not handed on.
//! 7. With a dedup store, the delivery is claimed. A duplicate of one that is done is answered as if it were new. One in
//!    flight is waited for within the platform's deadline, then answered 503 with `Retry-After`.
//! 8. The inner service runs. It sees the proved bytes, a [`Receipt`](imchat_verify::Receipt) and, after a claim, a
//!    [`Fence`](imchat_verify::dedup::Fence) among the request's extensions.
//! 9. The claim is settled: completed, or released where the inner service did not do it (4xx, 5xx, an error, a panic). A
//!    lease that was lost meanwhile is answered 503: only what was done is acknowledged.
//!
//! A refusal rides as [`Rejection`] among the response's extensions, for metrics; the sender learns only the status.
//!
//! # What dropping the future does
//!
//! | when the sender disconnects | what happens |
//! |---|---|
//! | before the claim returns | the claim may exist; it ends with its lease |
//! | while the inner service runs | work stops at an await, the lease ends, a retry runs it again |
//! | the same, with [`detach`](WebhookBuilder::detach) | work and settlement go on; the lease is renewed |
//!
//! # Deployment caveat
//!
//! The claim and your work are two systems: what this layer promises with a dedup store is *at least once, fenced*. Keep
//! the highest fence you have seen beside every effect, or enqueue and complete in one transaction.
//!
//! # Example
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response, StatusCode};
//! use http_body_util::Full;
//! use imchat_tower::WebhookLayer;
//! use imchat_tower::verify::providers::GitHub;
//! use imchat_tower::verify::{AnyProvider, Receipt};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let service = WebhookLayer::builder(GitHub::verifier("It's a Secret to Everybody")?).build()?.layer(service_fn(
//!     |request: Request<Full<Bytes>>| async move {
//!         let receipt = request.extensions().get::<Receipt<AnyProvider>>().expect("the layer put it there");
//!         assert_eq!(&receipt.body()[..], b"Hello, World!");
//!         Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::default()))
//!     },
//! ));
//! let signed = |signature: &str| {
//!     Request::post("/github").header("x-hub-signature-256", signature).body(Full::<Bytes>::from("Hello, World!"))
//! };
//! let genuine = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
//! let forged = "sha256=0000000000000000000000000000000000000000000000000000000000000000";
//!
//! assert_eq!(service.clone().oneshot(signed(genuine)?).await?.status(), StatusCode::OK);
//! assert_eq!(service.oneshot(signed(forged)?).await?.status(), StatusCode::UNAUTHORIZED);
//! # Ok(()) }
//! ```

mod body;
mod budget;
mod builder;
mod config;
mod deadline;
mod dedup;
mod kept;
mod layer;
mod panic;
mod receive;
mod rejection;
mod response;
mod service;
mod times;

pub(crate) use config::Config;
pub(crate) use dedup::{in_time, refuse as refuse_delivery};
pub(crate) use panic::{Panicked, caught};
pub(crate) use receive::{Received, receive};
pub(crate) use rejection::reply;
pub(crate) use service::refuse;

pub use builder::WebhookBuilder;
pub use dedup::{Duplicate, Execute};
pub use layer::WebhookLayer;
pub use rejection::Rejection;
pub use response::ResponseBody;
pub use service::WebhookService;
