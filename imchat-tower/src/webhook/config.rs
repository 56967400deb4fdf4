//! Settings that were checked, as the services read them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, Response};
use http_body_util::Full;
use imchat_verify::dedup::SharedStore;
use imchat_verify::{AnyProvider, Clock, Receipt, Verify};

use super::budget::Budget;
use super::dedup::Execute;
use super::rejection::Rejection;

pub(super) type OnReject = Arc<dyn Fn(&Rejection, Response<Full<Bytes>>) -> Response<Full<Bytes>> + Send + Sync>;
pub(super) type CompleteWhen = Arc<dyn Fn(&http::response::Parts) -> bool + Send + Sync>;
pub(super) type Lane = Arc<dyn Fn(&Receipt<AnyProvider>) -> Option<String> + Send + Sync>;
pub(super) type Resolve = Arc<dyn Fn(&http::request::Parts) -> Option<Arc<dyn Verify>> + Send + Sync>;

/// A checked configuration.
pub(crate) struct Config {
    pub(crate) verify: Arc<dyn Verify>,
    pub(crate) store: Option<SharedStore>,
    pub(crate) body_limit: Option<usize>,
    pub(crate) body_deadline: Duration,
    pub(crate) store_timeout: Duration,
    /// How long an owner's commit is waited for, from when the request came.
    pub(crate) wait: Duration,
    pub(crate) lease: Duration,
    pub(crate) retain: Duration,
    pub(super) budget: Arc<Budget>,
    pub(crate) public_url: Option<Arc<str>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) complete_when: Option<CompleteWhen>,
    pub(crate) on_reject: Option<OnReject>,
    pub(crate) resolve: Option<Resolve>,
    pub(crate) executor: Option<Arc<dyn Execute>>,
    pub(crate) ssl_check: bool,
    pub(crate) lane: Option<Lane>,
    pub(crate) kept: Vec<HeaderName>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("verify", &self.verify)
            .field("dedup", &self.store.is_some())
            .field("lease", &self.lease)
            .field("retain", &self.retain)
            .finish_non_exhaustive()
    }
}
