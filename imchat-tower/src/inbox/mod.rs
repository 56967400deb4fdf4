//! A service that writes every delivery down and only then answers: a 2xx means durable.
//!
//! Rules 1 to 6 are those of [the layer](crate::webhook). Then:
//!
//! 7. The delivery is accepted by the [`Inbox`](imchat_verify::inbox::Inbox), within the store timeout.
//! 8. What is durable is answered with the body that its platform takes for *taken*: a new delivery, a duplicate, and one
//!    that lies in quarantine because its key is taken by another body.
//! 9. Where it is in doubt, the answer is 503 with `Retry-After`, or, where the platform never sends again, words for the
//!    person who waits.
//!
//! What the inbox said rides as [`Accepted`](imchat_verify::inbox::Accepted) among the response's extensions, beside it
//! [`Duplicate`](crate::Duplicate) where it is one, and a refusal as [`Rejection`](crate::Rejection), also one that is worded
//! for a person. A 2xx with neither stands for nothing: a handshake, or a kind without a key. The work is a worker's,
//! later, from the row.
//!
//! Kinds that have no key (a menu's options, autocompletion) are answered as taken and not written down: their answer is
//! wanted at once, and nobody wants it later. Serve them behind [the layer](crate::WebhookLayer).
//!
//! A sender that disconnects loses nothing: if the row is durable its next attempt is a duplicate, otherwise it is new.
//!
//! # Example
//!
//! ```
//! # use std::convert::Infallible;
//! # use std::time::Duration;
//! # use bytes::Bytes;
//! # use http::{Request, StatusCode};
//! # use http_body_util::Full;
//! # use imchat_tower::verify::inbox::{Accepted, Delivery, Inbox};
//! # use imchat_tower::verify::providers::GitHub;
//! # use imchat_tower::WebhookLayer;
//! # use tower::ServiceExt as _;
//! # struct Nowhere;
//! # impl Inbox for Nowhere {
//! #     type Error = Infallible;
//! #     fn retention(&self) -> Duration { Duration::MAX }
//! #     async fn accept(&self, _: Delivery) -> Result<Accepted, Infallible> { Ok(Accepted::New) }
//! # }
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let inbox = Nowhere;
//! let service = WebhookLayer::builder(GitHub::verifier("It's a Secret to Everybody")?).inbox(inbox)?;
//! let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
//! let request = Request::post("/github").header("x-hub-signature-256", signature).body(Full::<Bytes>::from("Hello, World!"))?;
//!
//! let response = service.oneshot(request).await?;
//! assert_eq!(response.status(), StatusCode::OK);
//! assert_eq!(response.extensions().get(), Some(&Accepted::New));
//! # Ok(()) }
//! ```

mod delivery;
mod service;

pub use service::WebhookInbox;
