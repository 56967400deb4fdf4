//! A dedup store of your own behind the layer: a map and a mutex, in which `Entry`, the model of one key, decides all.

use std::{collections::HashMap, convert::Infallible, error::Error, sync::Mutex, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use imchat_tower::verify::dedup::{Claim, DedupKey, DedupStore, Entry, Lease, Settled};
use imchat_tower::verify::{Clock, Digest, providers::Generic};
use imchat_tower::{SystemClock, WebhookLayer};
use time::OffsetDateTime;
use tower::{Layer, ServiceExt, service_fn};

#[cfg(test)]
mod tests;

/// Tells the time by this clock. It never lets go of a key, so it grows without end: enough for a test.
struct MapStore<C>(C, Mutex<HashMap<DedupKey, Entry>>);

impl<C: Clock> MapStore<C> {
    /// One atomic step on one key, in the store's own time.
    fn step<T>(&self, key: &DedupKey, verb: impl FnOnce(&mut Entry, OffsetDateTime) -> T) -> Result<T, Infallible> {
        let mut entries = self.1.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(verb(entries.entry(*key).or_default(), self.0.now()))
    }
}

impl<C: Clock> DedupStore for MapStore<C> {
    type Error = Infallible;
    async fn claim(&self, key: &DedupKey, digest: Option<Digest>, lease: Duration) -> Result<Claim, Infallible> {
        self.step(key, |entry, now| entry.claim(now, *key, digest, lease))
    }
    async fn renew(&self, lease: &Lease, length: Duration) -> Result<Settled, Infallible> {
        self.step(lease.key(), |entry, now| entry.renew(now, lease, length))
    }
    async fn complete(&self, lease: &Lease, retain: Duration) -> Result<Settled, Infallible> {
        self.step(lease.key(), |entry, now| entry.complete(now, lease, retain))
    }
    async fn release(&self, lease: &Lease) -> Result<Settled, Infallible> {
        self.step(lease.key(), |entry, now| entry.release(now, lease))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    const SIGNATURE: &str = "sha256=62c3523f9b45544fbf88fd462384279bc203296de342087bb8e95df318df9998";
    let store = MapStore(SystemClock, Mutex::default());
    let layer = WebhookLayer::builder(Generic::verifier("a shared secret")?).dedup(store).build()?;
    // One delivery, three attempts: a failure releases the claim, a success completes it, and then nothing runs again.
    for (attempt, handled) in [(1, 502), (2, 200), (3, 500)] {
        let service = layer.layer(service_fn(move |_: Request<Full<Bytes>>| async move {
            println!("attempt {attempt}: handled with {handled}");
            Response::builder().status(handled).body(Full::<Bytes>::default())
        }));
        let request = Request::post("/ci").header("x-signature-256", SIGNATURE);
        let answer = service.oneshot(request.body(Full::<Bytes>::from(r#"{"build":7}"#))?).await?;
        println!("attempt {attempt}: answered {}", answer.status());
    }
    Ok(())
}
