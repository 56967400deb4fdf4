//! Bodies sealed at rest.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use imchat_verify::dedup::DedupKey;

type SealFn = dyn Fn(&DedupKey, &[u8]) -> Vec<u8> + Send + Sync;
type OpenFn = dyn Fn(&DedupKey, &[u8]) -> Option<Vec<u8>> + Send + Sync;

/// The application's pair of functions; both get the key, to bind the sealed body to it.
#[derive(Clone)]
pub(crate) struct Seal {
    seal: Arc<SealFn>,
    open: Arc<OpenFn>,
}

impl Seal {
    pub(crate) fn new(
        seal: impl Fn(&DedupKey, &[u8]) -> Vec<u8> + Send + Sync + 'static,
        open: impl Fn(&DedupKey, &[u8]) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        Self { seal: Arc::new(seal), open: Arc::new(open) }
    }

    pub(crate) fn seal(&self, key: &DedupKey, body: &[u8]) -> Bytes {
        Bytes::from((self.seal)(key, body))
    }

    pub(crate) fn open(&self, key: &DedupKey, body: &[u8]) -> Option<Bytes> {
        (self.open)(key, body).map(Bytes::from)
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}
