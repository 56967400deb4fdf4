//! A dedup store of your own behind the layer: a map and a mutex, in which `Entry`, the model of one key, decides all.

use std::sync::{Mutex, PoisonError};
use std::{collections::HashMap, convert::Infallible, error::Error, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use imchat_tower::WebhookLayer;
use imchat_tower::verify::dedup::{Claim, DedupKey, DedupStore, Entry, Lease, Settled};
use imchat_tower::verify::{Digest, providers::Generic};
use time::OffsetDateTime;
use tower::{Layer, ServiceExt, service_fn};

/// It never lets go of a key, so it grows without end: enough for a test.
#[derive(Default)]
struct MapStore(Mutex<HashMap<DedupKey, Entry>>);

impl MapStore {
    /// One atomic step on one key, in the store's own time.
    fn step<T>(&self, key: &DedupKey, verb: impl FnOnce(&mut Entry, OffsetDateTime) -> T) -> Result<T, Infallible> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(verb(entries.entry(*key).or_default(), OffsetDateTime::now_utc()))
    }
}

impl DedupStore for MapStore {
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
    let layer = WebhookLayer::builder(Generic::verifier("a shared secret")?).dedup(MapStore::default()).build()?;
    // One delivery, three attempts: a failure releases the claim, a success completes it, and then nothing runs again.
    for (attempt, handled, answered) in [(1, 502, 502), (2, 200, 200), (3, 500, 200)] {
        let service = layer.layer(service_fn(move |_: Request<Full<Bytes>>| async move {
            println!("attempt {attempt}: handled with {handled}");
            Response::builder().status(handled).body(Full::<Bytes>::default())
        }));
        let request = Request::post("/ci").header("x-signature-256", SIGNATURE);
        let answer = service.oneshot(request.body(Full::<Bytes>::from(r#"{"build":7}"#))?).await?;
        println!("attempt {attempt}: answered {}", answer.status());
        assert_eq!(answer.status(), answered);
    }
    Ok(())
}
