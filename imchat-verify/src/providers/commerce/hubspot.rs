//! HubSpot: three versions of a signature, of which a route has one.

use core::time::Duration;

use crate::engine::url_and_body;
use crate::provider;
use crate::scheme::Source::{Header, Json};
use crate::scheme::{Facts, Hash, Key, List, Part, PartInput, Scheme, SchemeBuilder, Signature, Unit};
use crate::window::Window;

/// Ten times in a day.
const EVENTS: Facts =
    Facts::new("events").ack_within(Duration::from_secs(5)).retries_within(Duration::from_secs(24 * 3600));

/// An `eventId` alone is not unique.
const EVENT: &[List] = &[List::at("").ids(&[&["/portalId", "/subscriptionId", "/eventId", "/occurredAt"]])];

const fn described(scheme: SchemeBuilder) -> SchemeBuilder {
    scheme
        .key(Key::PerItem(EVENT))
        .event_type(&[Json("/0/subscriptionType"), Json("/subscriptionType")])
        .facts(EVENTS)
        .docs("https://developers.hubspot.com/docs/api/webhooks/validating-requests")
}

const TIMELESS: &[&str] = &["X-HubSpot-Signature-Version, which chooses nothing here", "the time of sending"];

/// Version 3: an HMAC of `{method}{url}{body}{timestamp}`, some escapes of the URL resolved.
pub const HUBSPOT: Scheme =
    described(Scheme::hmac("hubspot", Hash::Sha256, Signature::base64("x-hubspot-signature-v3")))
        .timestamp(Header("x-hubspot-request-timestamp"), Unit::Millis, Window::FIVE_MINUTES)
        .message(&[Part::Custom(resolved_request), Part::Timestamp])
        .reads_url()
        .build();

/// Version 1: a plain SHA-256 of `{secret}{body}`. A header names the version and nobody signs it: choose the scheme for the
/// route, the request cannot.
pub const HUBSPOT_V1: Scheme =
    described(Scheme::digest("hubspot-v1", Hash::Sha256, Signature::hex("x-hubspot-signature")))
        .message(&[Part::Secret, Part::Body])
        .not_signed(TIMELESS)
        .build();

/// Version 2: a plain SHA-256 of `{secret}{method}{url}{body}`, by the same rule.
pub const HUBSPOT_V2: Scheme =
    described(Scheme::digest("hubspot-v2", Hash::Sha256, Signature::hex("x-hubspot-signature")))
        .message(&[Part::Secret, Part::Custom(request)])
        .reads_url()
        .not_signed(TIMELESS)
        .build();

provider! {
    /// HubSpot, version 3 of its signature.
    HubSpot = HUBSPOT
}
provider! {
    /// HubSpot, version 1 of its signature, by explicit choice.
    HubSpotV1 = HUBSPOT_V1
}
provider! {
    /// HubSpot, version 2 of its signature, by explicit choice.
    HubSpotV2 = HUBSPOT_V2
}

type Sink<'s> = &'s mut dyn FnMut(&[u8]);

/// `{method}{url}{body}`.
fn request(input: &PartInput<'_>, sink: Sink<'_>) -> Result<(), &'static str> {
    let url = input.url.unwrap_or_default();
    url_and_body(url, input.body)?;
    [input.method.as_bytes(), url.as_bytes(), input.body].into_iter().for_each(sink);
    Ok(())
}

/// The same, with those escapes of the URL resolved that version 3 resolves.
fn resolved_request(input: &PartInput<'_>, sink: Sink<'_>) -> Result<(), &'static str> {
    let url = input.url.unwrap_or_default();
    url_and_body(url, input.body)?;
    sink(input.method.as_bytes());
    let mut rest = url;
    while let Some((before, escaped)) = rest.split_once('%') {
        sink(before.as_bytes());
        let resolved = escaped.get(..2).and_then(resolved);
        sink(resolved.unwrap_or("%").as_bytes());
        rest = if resolved.is_some() { escaped.get(2..).unwrap_or_default() } else { escaped };
    }
    sink(rest.as_bytes());
    sink(input.body);
    Ok(())
}

/// What two hex digits stand for, where version 3 resolves them.
fn resolved(digits: &str) -> Option<&'static str> {
    const ESCAPES: [(&str, &str); 12] = [
        ("3A", ":"),
        ("2F", "/"),
        ("3F", "?"),
        ("40", "@"),
        ("21", "!"),
        ("24", "$"),
        ("27", "'"),
        ("28", "("),
        ("29", ")"),
        ("2A", "*"),
        ("2C", ","),
        ("3B", ";"),
    ];
    ESCAPES.iter().find(|(escape, _)| escape.eq_ignore_ascii_case(digits)).map(|(_, text)| *text)
}
