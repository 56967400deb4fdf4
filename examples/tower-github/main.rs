//! A tower service behind the webhook layer: what GitHub sends is proved and handled once. A genuine delivery, the same
//! one again and a forged one go through it.

use std::error::Error;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use imchat_tower::verify::{Receipt, dedup::MemoryStore, providers::GitHub};
use imchat_tower::{Duplicate, Rejection, SystemClock, WebhookLayer};
use tower::{Layer, ServiceExt, service_fn};

const SECRET: &str = "It's a Secret to Everybody";
const GENUINE: &str = "sha256=7804aec28a779200f3095b2ed6c7875e01445b72b42fe84e80ca9e4cce13542e";
const FORGED: &str = "sha256=0000000000000000000000000000000000000000000000000000000000000000";

/// Your service: it is only called with what is proved and was not handled before.
async fn on_delivery(request: Request<Full<Bytes>>) -> Result<Response<Full<Bytes>>, &'static str> {
    let receipt = request.extensions().get::<Receipt>().ok_or("the webhook layer is missing")?;
    // GitHub signs the body only, so the event's name comes as `Unsigned`.
    println!("handled {:?}: {} bytes", receipt.identity().event_type, receipt.body().len());
    Ok(Response::new(Full::default()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let layer = WebhookLayer::builder(GitHub::verifier(SECRET)?).dedup(MemoryStore::new(SystemClock)).build()?;
    let service = layer.layer(service_fn(on_delivery));

    let first = service.clone().oneshot(delivery(GENUINE)?).await?;
    println!("genuine: {}", first.status());
    assert_eq!(first.status(), StatusCode::OK);

    // GitHub is told "taken" again, and your service hears nothing of it.
    let again = service.clone().oneshot(delivery(GENUINE)?).await?;
    println!("again: {}, {:?}", again.status(), again.extensions().get::<Duplicate>());
    assert_eq!(again.status(), StatusCode::OK);
    assert!(again.extensions().get::<Duplicate>().is_some());

    // The sender learns nothing but the status; the reason is for your metrics.
    let forged = service.oneshot(delivery(FORGED)?).await?;
    println!("forged: {}, {:?}", forged.status(), forged.extensions().get().map(Rejection::reason));
    assert_eq!(forged.status(), StatusCode::UNAUTHORIZED);
    Ok(())
}

fn delivery(signature: &str) -> Result<Request<Full<Bytes>>, http::Error> {
    let body = r#"{"ref":"refs/heads/main","repository":{"full_name":"octo/shop"}}"#;
    let request = Request::post("/github").header("x-github-event", "push").header("x-hub-signature-256", signature);
    request.body(Full::from(body))
}
