//! The dedup store with points in it, or with a design that loses in its place.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use imchat_redis::{Error, RedisStore};
use imchat_verify::Digest;
use imchat_verify::dedup::{Claim, DedupKey, DedupStore, Lease, Settled};

use crate::effects::Effects;
use crate::point;
use crate::sabotage::Sabotage;

/// Notes what the store says is done: from then on nobody may be granted it.
#[derive(Clone)]
pub(crate) struct Watched {
    store: RedisStore,
    effects: Effects,
    sabotage: Sabotage,
}

impl Watched {
    pub(crate) const fn new(store: RedisStore, effects: Effects, sabotage: Sabotage) -> Self {
        Self { store, effects, sabotage }
    }

    /// A key that no other attempt has, and the lease as if it were for the right one.
    async fn claim_another(&self, key: &DedupKey, lease: Duration) -> Result<Claim, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let another = DedupKey::from_bytes(format!("{}-{number}", std::process::id()).as_bytes());
        Ok(match self.store.claim(&another, None, lease).await? {
            Claim::Granted(granted) => Claim::Granted(Lease::new(*key, granted.fence(), lease)),
            other => other,
        })
    }

    async fn finished(&self, key: &DedupKey, fence: Option<u64>) {
        // What cannot be noted is not looked at in the end; the delivery itself is none the worse.
        let _unnoted = self.effects.finish(&key.to_string(), fence).await;
    }
}

impl DedupStore for Watched {
    type Error = Error;

    async fn claim(&self, key: &DedupKey, digest: Option<Digest>, lease: Duration) -> Result<Claim, Error> {
        let claim = if self.sabotage == Sabotage::ForgetKeys {
            self.claim_another(key, lease).await?
        } else {
            self.store.claim(key, digest, lease).await?
        };
        match &claim {
            Claim::Granted(_) => point::pass(point::AFTER_CLAIM),
            Claim::Done { .. } => self.finished(key, None).await,
            _ => {}
        }
        Ok(claim)
    }

    async fn renew(&self, lease: &Lease, length: Duration) -> Result<Settled, Error> {
        self.store.renew(lease, length).await
    }

    async fn complete(&self, lease: &Lease, retain: Duration) -> Result<Settled, Error> {
        let settled = if self.sabotage == Sabotage::ForgetKeys {
            Settled::Ok
        } else {
            self.store.complete(lease, retain).await?
        };
        if settled == Settled::Ok {
            self.finished(lease.key(), Some(lease.fence().get())).await;
            point::pass(point::AFTER_COMPLETE);
        }
        Ok(settled)
    }

    async fn release(&self, lease: &Lease) -> Result<Settled, Error> {
        self.store.release(lease).await
    }
}
