//! Requests that verify, for every scheme of this build: signed here where a signer can, else taken from the vectors.

use imchat_verify::scheme::{Facts, Hash, Part, Scheme, Unit};
use imchat_verify::sign::{SignRequest, Signer};
use imchat_verify::{ConfigError, Form, Role, Secrets, Signature, Source, Verifier, Window, providers};
use serde_json::Value;
use time::OffsetDateTime;

use crate::capture::{Captured, json};
use crate::explain::{Attempt, Explanation, Refused, explain};
use crate::secrets::Given;

pub(super) const URL: &str = "https://bot.example.com/hooks/in?team=1";
const TEXT: &str = "a signing secret of some length";
const WHSEC: &str = "whsec_aW1jaGF0LXRlc3Qtc3RhbmRhcmQtd2ViaG9vay1rZXk=";
const BASE64: &str = "aW1jaGF0LXRlc3Qtc3RhbmRhcmQtd2ViaG9vay1rZXk=";
const SEED: &str = "696d636861742d746573742d646973636f72642d656432353531392d73656564";
pub(super) const PUBLIC: &str = "271131b34070f5210bbdd498c9dc32dc7b1ecac08d59429847f03b51901da552";

/// Signs the URL, as Twilio and Square do.
pub(super) static WITH_URL: Scheme = Scheme::hmac("with-url", Hash::Sha256, Signature::hex("x-sig"))
    .message(&[Part::Url, Part::Lit("\n"), Part::Body])
    .facts(Facts::new("events"))
    .build();

/// Signs the method, as HubSpot does.
pub(super) static WITH_METHOD: Scheme = Scheme::hmac("with-method", Hash::Sha256, Signature::hex("x-sig"))
    .message(&[Part::Custom(|input, sink| {
        sink(input.method.as_bytes());
        sink(input.body);
        Ok(())
    })])
    .build();

const fn timed(unit: Unit) -> Scheme {
    Scheme::hmac("timed", Hash::Sha256, Signature::hex("x-sig"))
        .timestamp(Source::Header("x-time"), unit, Window::FIVE_MINUTES)
        .message(&[Part::Timestamp, Part::Lit("."), Part::Body])
        .build()
}

pub(super) static IN_SECONDS: Scheme = timed(Unit::Seconds);
pub(super) static IN_MILLIS: Scheme = timed(Unit::Millis);

/// A time at which the vectors' own do not matter.
pub(super) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap()
}

/// A request, the secrets that it verifies with, and the scheme.
pub(super) struct Good {
    pub(super) scheme: &'static Scheme,
    pub(super) given: Given,
    pub(super) request: Captured,
    pub(super) now: OffsetDateTime,
}

impl Good {
    /// What is explained of it; nothing where it verifies.
    pub(super) fn explained(&self) -> Option<Explanation> {
        let (refused, window) = self.refused()?;
        Some(explain(&self.attempt(), &refused, window))
    }

    pub(super) fn verifies(&self) -> bool {
        self.refused().is_none()
    }

    fn refused(&self) -> Option<(Refused, Option<Window>)> {
        match Verifier::of(self.scheme, self.given.secrets()) {
            Err(error) => Some((Refused::Secrets(error), None)),
            Ok(verifier) => {
                let error = verifier.verify(self.request.head(), &self.request.body, self.now).err()?;
                Some((Refused::Request(error), verifier.current_window()))
            }
        }
    }

    pub(super) const fn attempt(&self) -> Attempt<'_> {
        Attempt { scheme: self.scheme, given: &self.given, request: &self.request, now: self.now }
    }

    /// The same with another body.
    pub(super) fn with(&self, body: &[u8]) -> Self {
        let request = Captured { body: body.to_vec(), ..self.request.clone() };
        Self { scheme: self.scheme, given: self.given.clone(), request, now: self.now }
    }

    pub(super) fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.request.body = body.into();
        self
    }
}

/// How the scheme's signing secret is written.
pub(super) fn form(scheme: &Scheme) -> Form {
    scheme.roles().next().map_or(Form::Text, |(_, form)| form)
}

/// What the platform signs with, and what a verifier is given.
pub(super) fn secrets(scheme: &Scheme) -> (&'static str, &'static str) {
    match form(scheme) {
        Form::Whsec | Form::WhsecOrText => (WHSEC, WHSEC),
        Form::Base64 => (BASE64, BASE64),
        Form::Hex32 => (SEED, PUBLIC),
        _ => (TEXT, TEXT),
    }
}

/// A request of this body, signed with this secret; nothing where no signer can or the scheme wants another body.
pub(super) fn signed_with(scheme: &'static Scheme, signs: &[u8], verifies: &[u8], body: &[u8]) -> Option<Good> {
    let signer: Result<Signer, ConfigError> = Signer::of(scheme, Secrets::new(signs));
    let headers = signer.ok()?.sign(SignRequest::post(body, now()).url(URL)).ok()?;
    let headers = headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
    let url = Some(URL.to_owned());
    let request = Captured { method: "POST".into(), url, headers, body: body.to_vec(), note: None };
    let good = Good { scheme, given: Given::of([(None, verifies.to_vec())]), request, now: now() };
    good.verifies().then_some(good)
}

pub(super) fn signed(scheme: &'static Scheme, body: &[u8]) -> Option<Good> {
    let (signs, verifies) = secrets(scheme);
    signed_with(scheme, signs.as_bytes(), verifies.as_bytes(), body)
}

/// A request of this body for every scheme that has one.
pub(super) fn all(body: &[u8]) -> Vec<Good> {
    providers::all().iter().filter_map(|scheme| signed(scheme, body)).collect()
}

/// Every accepted case of the published files whose scheme is in this build and whose secrets are written as it takes
/// them.
pub(super) fn published() -> Vec<Good> {
    cases("accept").into_iter().filter(Good::verifies).collect()
}

/// Every refused one.
pub(super) fn refused() -> Vec<Good> {
    cases("reject").into_iter().filter(|case| !case.verifies()).collect()
}

fn cases(expect: &str) -> Vec<Good> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors");
    let mut goods = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            goods.extend(cases.iter().filter(|case| case["expect"] == expect).filter_map(case));
        }
    }
    goods
}

fn case(case: &Value) -> Option<Good> {
    let scheme = providers::by_name(case["provider"].as_str()?)?;
    let secret = |secret: &Value| {
        let role = match secret["role"].as_str()? {
            "app_id" => Role::Audience,
            name => Role::from_name(name)?,
        };
        let is_read = scheme.roles().any(|(known, _)| known == role);
        let value = secret["value"].as_str().map_or_else(|| secret["value"].to_string(), str::to_owned);
        Some((is_read.then_some(role)?.into(), value.into_bytes()))
    };
    let given = Given::of(case["secrets"].as_array()?.iter().filter_map(secret));
    let now = OffsetDateTime::from_unix_timestamp(case["now"].as_i64().unwrap_or_default()).ok()?;
    Some(Good { scheme, given, request: json::request(&case["request"]).ok()?, now })
}
