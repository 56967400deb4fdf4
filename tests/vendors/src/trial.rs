//! One SDK with one scheme: all bodies, all changes, both directions.

use std::collections::BTreeMap;
use std::path::Path;

use imchat_verify::sign::{SignRequest, Signer};
use imchat_verify::{AnyProvider, Head, Scheme, Verifier, providers};
use time::OffsetDateTime;

use crate::bodies::{self, MEBIBYTE};
use crate::driver::Driver;
use crate::mutation::MUTATIONS;
use crate::policy;
use crate::request::{Pair, Request};
use crate::vendor::{URL, Vendor};

/// What is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) sdk: &'a str,
    pub(crate) body: &'static str,
    /// What was done to it, or who signed it.
    pub(crate) change: &'static str,
}

/// What came of one SDK.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) vendor: Vendor,
    /// `None` where this build does not have the scheme.
    pub(crate) version: Option<String>,
    pub(crate) signed_here: usize,
    pub(crate) signed_there: usize,
    pub(crate) changed: usize,
    pub(crate) agreed: usize,
    pub(crate) policies: BTreeMap<&'static str, usize>,
    pub(crate) unexplained: Vec<String>,
}

impl Tally {
    fn of(vendor: &Vendor, version: Option<String>) -> Self {
        Self {
            vendor: *vendor,
            version,
            signed_here: 0,
            signed_there: 0,
            changed: 0,
            agreed: 0,
            policies: BTreeMap::new(),
            unexplained: Vec::new(),
        }
    }

    pub(crate) fn cases(&self) -> usize {
        self.signed_here.saturating_add(self.signed_there).saturating_add(self.changed)
    }

    /// A line for each difference that nothing explains.
    pub(crate) fn complaints(&self) -> impl Iterator<Item = String> {
        let Vendor { sdk, provider, .. } = self.vendor;
        self.unexplained.iter().map(move |line| format!("UNEXPLAINED {provider} {sdk} {line}"))
    }
}

/// What must come of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owed {
    Taken,
    Refused,
    /// The same verdict on both sides.
    Same,
}

/// Tries one SDK.
pub(crate) fn run(vendor: &Vendor, folder: &Path) -> Result<Tally, String> {
    let Some(scheme) = providers::by_name(vendor.provider) else { return Ok(Tally::of(vendor, None)) };
    let mut driver = Driver::start(vendor, folder)?;
    let tally = Tally::of(vendor, Some(driver.version()?));
    let (pair, other) = Pair::of(scheme);
    let unusable = |error| format!("its scheme refuses the secret ({error})");
    let verifier = Verifier::of(scheme, pair.verifies).map_err(unusable)?;
    let signer = Signer::of(scheme, pair.signs).map_err(unusable)?;
    let stranger = Signer::of(scheme, other.signs).map_err(unusable)?;
    Trial { vendor, scheme, driver, verifier, signer, stranger, pair, tally }.run()
}

struct Trial<'a> {
    vendor: &'a Vendor,
    scheme: &'static Scheme,
    driver: Driver,
    verifier: Verifier<AnyProvider>,
    signer: Signer,
    /// Signs with a secret that is not this endpoint's.
    stranger: Signer,
    pair: Pair,
    tally: Tally,
}

impl Trial<'_> {
    fn run(mut self) -> Result<Tally, String> {
        for body in bodies::all() {
            // SDKs read the clock of this machine, so every request is signed at its moment.
            let is_large = body.name == MEBIBYTE;
            let request = self.sign(&self.signer, &body.bytes, now())?;
            self.tally.signed_here = self.tally.signed_here.saturating_add(1);
            self.judge(body.name, "signed-here", &request, Owed::Taken)?;
            let bytes = (self.vendor.body)(&body.bytes, now());
            if let Some(request) = self.driver.sign(&bytes, self.pair.signs, now().unix_timestamp())? {
                self.tally.signed_there = self.tally.signed_there.saturating_add(1);
                self.judge(body.name, "signed-there", &request, Owed::Taken)?;
            }
            if is_large {
                self.change(body.name, &body.bytes, &["body-bit", "body-newline", "signature-character"])?;
                continue;
            }
            self.change(body.name, &body.bytes, &[])?;
            self.times(body.name, &body.bytes)?;
            let request = self.sign(&self.stranger, &body.bytes, now())?;
            self.changed(body.name, "another-secret", &request, Owed::Refused)?;
        }
        Ok(self.tally)
    }

    /// The body, as the platform would send it at that time.
    fn sign(&self, signer: &Signer, body: &[u8], now: OffsetDateTime) -> Result<Request, String> {
        let body = (self.vendor.body)(body, now);
        let request = SignRequest::post(&body, now).url(URL);
        let headers = signer.sign(request).map_err(|error| format!("its scheme does not sign here ({error})"))?;
        Ok(Request { headers, body })
    }

    /// The changes of these names, or all.
    fn change(&mut self, body: &'static str, bytes: &[u8], only: &[&str]) -> Result<(), String> {
        for mutation in MUTATIONS.iter().filter(|mutation| only.is_empty() || only.contains(&mutation.name)) {
            let good = self.sign(&self.signer, bytes, now())?;
            let mut request = good.clone();
            (mutation.change)(&mut request, self.scheme);
            if request != good {
                let owed = if mutation.forged { Owed::Refused } else { Owed::Same };
                self.changed(body, mutation.name, &request, owed)?;
            }
        }
        Ok(())
    }

    /// Authentic requests from other times.
    fn times(&mut self, body: &'static str, bytes: &[u8]) -> Result<(), String> {
        let Some(window) = self.scheme.default_window() else { return Ok(()) };
        let [past, future] = [window.past, window.future].map(|span| i64::try_from(span.as_secs()).unwrap_or(i64::MAX));
        let shifted = |by: i64| now().saturating_add(time::Duration::seconds(by));
        for (name, by, owed) in [
            ("time-stale", past.saturating_add(60).saturating_neg(), Owed::Refused),
            ("time-nearly-stale", past.saturating_neg().saturating_add(3), Owed::Taken),
            ("time-future", future.saturating_add(60), Owed::Refused),
            ("time-nearly-future", future.saturating_sub(3), Owed::Taken),
        ] {
            let request = self.sign(&self.signer, bytes, shifted(by))?;
            self.changed(body, name, &request, owed)?;
        }
        Ok(())
    }

    fn changed(
        &mut self,
        body: &'static str,
        change: &'static str,
        request: &Request,
        owed: Owed,
    ) -> Result<(), String> {
        self.tally.changed = self.tally.changed.saturating_add(1);
        self.judge(body, change, request, owed)
    }

    fn judge(&mut self, body: &'static str, change: &'static str, request: &Request, owed: Owed) -> Result<(), String> {
        let now = now();
        let ours = self.verifier.verify(Head::new("POST", URL, &request.headers), &request.body, now);
        let opinion = self.driver.opinion(request, self.pair.verifies)?;
        let (taken, theirs) = (ours.is_ok(), opinion.accepted);
        let in_order = match owed {
            Owed::Taken => taken && theirs,
            Owed::Refused => !taken && !theirs,
            Owed::Same => taken == theirs,
        };
        if in_order {
            self.tally.agreed = self.tally.agreed.saturating_add(1);
            return Ok(());
        }
        let case = Case { sdk: self.vendor.sdk, body, change };
        // Nothing excuses a forged request that is taken here.
        let excusable = !(taken && owed == Owed::Refused);
        if let Some(name) = policy::of(&case, taken, theirs).filter(|_| excusable) {
            let count = self.tally.policies.entry(name).or_default();
            *count = count.saturating_add(1);
            return Ok(());
        }
        let ours = ours.err().map_or("taken".into(), |error| error.to_string());
        let theirs = if theirs { "taken".into() } else { opinion.why };
        self.tally.unexplained.push(format!("{body} {change}: here {ours}; there {theirs}"));
        Ok(())
    }
}

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
