//! Settings, and the times among them that must not contradict each other.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, Response};
use http_body_util::Full;
use imchat_verify::dedup::{DedupStore, SharedStore};
use imchat_verify::inbox::{Inbox, SharedInbox};
use imchat_verify::scheme::Facts;
use imchat_verify::{AnyProvider, Clock, ConfigError, Receipt, Verify};

use super::budget::Budget;
use super::config::{CompleteWhen, Config, Lane, OnReject, Resolve};
use super::dedup::Execute;
use super::kept;
use super::layer::WebhookLayer;
use super::rejection::Rejection;
use super::times::{self, part, shorter};
use crate::clock::SystemClock;
use crate::inbox::WebhookInbox;

const DAY: Duration = Duration::from_secs(24 * 3600);
const DEFAULT_RETENTION: Duration = Duration::from_secs(8 * 24 * 3600);
const DEFAULT_LEASE: Duration = Duration::from_secs(15);
const DEFAULT_BUDGET: usize = 64 * 1024 * 1024;
/// What an answer may still take on its way once it is decided.
const ANSWER_MARGIN: Duration = Duration::from_millis(500);

/// Settings of a [`WebhookLayer`], in any order; [`build`](Self::build) checks them against each other.
#[must_use = "a builder does nothing until `build` checks it"]
pub struct WebhookBuilder {
    verify: Arc<dyn Verify>,
    store: Option<SharedStore>,
    body_limit: Option<usize>,
    body_deadline: Option<Duration>,
    store_timeout: Option<Duration>,
    lease: Duration,
    retain: Duration,
    budget: usize,
    public_url: Option<Arc<str>>,
    clock: Arc<dyn Clock>,
    complete_when: Option<CompleteWhen>,
    on_reject: Option<OnReject>,
    resolve: Option<Resolve>,
    executor: Option<Arc<dyn Execute>>,
    ssl_check: bool,
    lane: Option<Lane>,
    kept: Vec<HeaderName>,
}

impl fmt::Debug for WebhookBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookBuilder").field("verify", &self.verify).finish_non_exhaustive()
    }
}

impl WebhookBuilder {
    pub(super) fn new(verify: Arc<dyn Verify>) -> Self {
        Self {
            verify,
            store: None,
            body_limit: None,
            body_deadline: None,
            store_timeout: None,
            lease: DEFAULT_LEASE,
            retain: DEFAULT_RETENTION,
            budget: DEFAULT_BUDGET,
            public_url: None,
            clock: Arc::new(SystemClock),
            complete_when: None,
            on_reject: None,
            resolve: None,
            executor: None,
            ssl_check: false,
            lane: None,
            kept: Vec::new(),
        }
    }

    /// Claims every delivery in this store before the inner service runs.
    pub fn dedup(mut self, store: impl DedupStore) -> Self {
        self.store = Some(SharedStore::new(store));
        self
    }

    /// The largest body, in bytes, where it is not the scheme's own maximum. A smaller one loses events for good on
    /// platforms that do not send again.
    pub const fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    /// How long a body may take to arrive (half of the platform's deadline unless told).
    pub const fn body_deadline(mut self, deadline: Duration) -> Self {
        self.body_deadline = Some(deadline);
        self
    }

    /// How long one call to the store may take (a third of the platform's deadline, at most 1 s, unless told).
    pub const fn store_timeout(mut self, timeout: Duration) -> Self {
        self.store_timeout = Some(timeout);
        self
    }

    /// How long a claim lasts while nobody renews it (15 s unless told).
    pub const fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How long a delivery that is done is remembered (8 days unless told).
    pub const fn retain(mut self, retain: Duration) -> Self {
        self.retain = retain;
        self
    }

    /// How many bytes of unproved bodies all requests may hold together (64 MiB unless told).
    pub const fn unproved_budget(mut self, bytes: usize) -> Self {
        self.budget = bytes;
        self
    }

    /// The origin under which the platform knows this endpoint, such as `https://hooks.example.com`; the request's path
    /// and query are appended. Forwarded headers are never used.
    pub fn public_url(mut self, origin: &str) -> Self {
        self.public_url = Some(origin.trim_end_matches('/').into());
        self
    }

    /// Another clock than the system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Which responses of the inner service complete a claim (2xx and 3xx unless told); the others release
    /// it, so that the platform's next attempt runs at once.
    pub fn complete_when(mut self, done: impl Fn(&http::response::Parts) -> bool + Send + Sync + 'static) -> Self {
        self.complete_when = Some(Arc::new(done));
        self
    }

    /// Sees every rejection with the response about to be sent, and may replace it.
    pub fn on_reject(
        mut self,
        hook: impl Fn(&Rejection, Response<Full<Bytes>>) -> Response<Full<Bytes>> + Send + Sync + 'static,
    ) -> Self {
        self.on_reject = Some(Arc::new(hook));
        self
    }

    /// Chooses the verifier by the request's head, for many tenants behind one route. Where it chooses none, the request is
    /// read and answered like a forgery, so that nobody learns which tenants there are. Facts
    /// and limits stay those of the verifier that the builder started with.
    pub fn resolve(
        mut self,
        choose: impl Fn(&http::request::Parts) -> Option<Arc<dyn Verify>> + Send + Sync + 'static,
    ) -> Self {
        self.resolve = Some(Arc::new(choose));
        self
    }

    /// Runs the inner service and settles its claim on this executor: both go on though the sender disconnects, and the
    /// lease is renewed at a third of its life.
    pub fn detach(mut self, executor: impl Execute) -> Self {
        self.executor = Some(Arc::new(executor));
        self
    }

    /// Answers Slack's unsigned `ssl_check=1` with an empty 200, as its old checks want; nothing of such a request is
    /// handed on.
    pub const fn answer_ssl_check(mut self) -> Self {
        self.ssl_check = true;
        self
    }

    /// Which lane a delivery goes to, for an [`inbox`](Self::inbox): deliveries of one lane are worked on one after the
    /// other. None unless told.
    pub fn lane(mut self, choose: impl Fn(&Receipt<AnyProvider>) -> Option<String> + Send + Sync + 'static) -> Self {
        self.lane = Some(Arc::new(choose));
        self
    }

    /// A header to keep with each delivery, for an [`inbox`](Self::inbox), where it comes once. Few platforms sign what it
    /// says. One that proves who sends is refused.
    pub fn keep_header(mut self, name: HeaderName) -> Self {
        self.kept.push(name);
        self
    }

    /// A layer with these settings, checked against the platform's facts and each other.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Times`] with the two times that contradict each other; [`ConfigError::NoPublicUrl`];
    /// [`ConfigError::Limit`].
    pub fn build(self) -> Result<WebhookLayer, ConfigError> {
        let stores = self.store.is_some();
        let config = self.checked(stores)?;
        if stores {
            times::check_retention(&*config.verify, config.retain)?;
            times::check_lease(config.verify.scheme(), config.lease, config.store_timeout)?;
        }
        Ok(WebhookLayer::new(config))
    }

    /// A service with these settings that writes every delivery into this inbox and only then answers. The inbox itself
    /// remembers what came: a dedup store beside it is refused, and settings of leases and of an inner service mean
    /// nothing here.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build); [`ConfigError::Limit`] where a dedup store is set, [`ConfigError::Header`] where a header
    /// is to be kept that proves who sends.
    pub fn inbox(self, inbox: impl Inbox) -> Result<WebhookInbox, ConfigError> {
        if self.store.is_some() {
            return Err(ConfigError::Limit(
                "an inbox remembers what came, and a dedup store beside it could contradict it: remove `dedup`",
            ));
        }
        let config = self.checked(true)?;
        kept::check(config.verify.scheme(), &config.kept)?;
        times::check_retention(&*config.verify, inbox.retention())?;
        Ok(WebhookInbox::new(config, SharedInbox::new(inbox)))
    }

    /// Checks what layer and inbox have in common; `stores` says whether a store is asked before the answer.
    fn checked(self, stores: bool) -> Result<Config, ConfigError> {
        let scheme = self.verify.scheme();
        let ack = scheme.all_facts().map(Facts::ack).min().unwrap_or(DAY);
        let store_timeout = self.store_timeout.unwrap_or(part(ack, 3).min(Duration::from_secs(1)));
        let body_deadline = self.body_deadline.unwrap_or(part(ack, 2));
        if self.body_limit == Some(0) || self.budget == 0 {
            return Err(ConfigError::Limit("a limit of 0 bytes refuses every request: give the most that may be read"));
        }
        if scheme.signs_url() && self.public_url.is_none() {
            return Err(ConfigError::NoPublicUrl(scheme.name()));
        }
        let spent = if stores { body_deadline.saturating_add(store_timeout) } else { body_deadline };
        shorter(
            ("body deadline plus store timeout", spent),
            ("the platform's deadline", ack),
            "a slow body and a slow store together would miss the acknowledgement",
        )?;
        for warning in self.verify.warnings() {
            tracing::warn!(scheme = scheme.name(), "{warning}");
        }
        Ok(Config {
            wait: ack.saturating_sub(ANSWER_MARGIN),
            body_deadline,
            store_timeout,
            verify: self.verify,
            store: self.store,
            body_limit: self.body_limit,
            lease: self.lease,
            retain: self.retain,
            budget: Arc::new(Budget::new(self.budget)),
            public_url: self.public_url,
            clock: self.clock,
            complete_when: self.complete_when,
            on_reject: self.on_reject,
            resolve: self.resolve,
            executor: self.executor,
            ssl_check: self.ssl_check,
            lane: self.lane,
            kept: self.kept,
        })
    }
}
