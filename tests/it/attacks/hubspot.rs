//! HubSpot's three versions: which one counts is configured, and the plain digests are not to be extended.

use imchat_tests::{Outcome, Request, SIGNED_AT, at, forge, outcome};
use imchat_verify::providers::{HubSpot, HubSpotV1, HubSpotV2};
use imchat_verify::{Error, Source, Verifier};

use super::extension::extend_sha256;

const SECRET: &str = "imchat-test-hubspot-client-secret";
const URL: &str = "https://hooks.example.com/hubspot";
const BODY: &[u8] = br#"[{"eventId":1,"subscriptionId":2,"portalId":3,"occurredAt":4}]"#;
const NOW: &str = "1700000000000";

fn posted(body: &[u8]) -> Request {
    Request { url: Some(URL.to_owned()), ..Request::post(body) }
}

fn digest(before: &[&[u8]], body: &[u8]) -> String {
    forge::hex(&forge::sha256(&[SECRET.as_bytes(), &before.concat(), body]))
}

fn v1(body: &[u8]) -> Request {
    posted(body).and("X-HubSpot-Signature-Version", "v1").and("X-HubSpot-Signature", digest(&[], body))
}

fn v2(body: &[u8]) -> Request {
    let tag = digest(&[b"POST", URL.as_bytes()], body);
    posted(body).and("X-HubSpot-Signature-Version", "v2").and("X-HubSpot-Signature", tag)
}

fn v3(body: &[u8]) -> Request {
    use base64::Engine as _;
    let parts: [&[u8]; 4] = [b"POST", URL.as_bytes(), body, NOW.as_bytes()];
    let tag = base64::engine::general_purpose::STANDARD.encode(forge::hmac_sha256(SECRET.as_bytes(), &parts));
    posted(body).and("X-HubSpot-Request-Timestamp", NOW).and("X-HubSpot-Signature-v3", tag)
}

fn judge<P>(verifier: &Verifier<P>, request: &Request) -> Outcome {
    outcome(verifier, request, at(SIGNED_AT))
}

#[test]
fn a_version_is_accepted_where_it_is_configured_and_nowhere_else() {
    let versions = [v1(BODY), v2(BODY), v3(BODY)];
    let verdicts = |request: &Request| {
        [
            judge(&HubSpotV1::verifier(SECRET).unwrap(), request).is_accepted(),
            judge(&HubSpotV2::verifier(SECRET).unwrap(), request).is_accepted(),
            judge(&HubSpot::verifier(SECRET).unwrap(), request).is_accepted(),
        ]
    };
    for (place, request) in versions.iter().enumerate() {
        assert_eq!(verdicts(request), [place == 0, place == 1, place == 2], "version {}", place + 1);
    }
}

#[test]
fn the_header_that_names_a_version_changes_nothing() {
    for version in ["v1", "v2", "v3", "", "none"] {
        let says = |request: Request| request.with("X-HubSpot-Signature-Version", version);
        assert!(judge(&HubSpotV1::verifier(SECRET).unwrap(), &says(v1(BODY))).is_accepted(), "{version}");
        assert!(!judge(&HubSpotV1::verifier(SECRET).unwrap(), &says(v2(BODY))).is_accepted(), "{version}");
        assert!(judge(&HubSpotV2::verifier(SECRET).unwrap(), &says(v2(BODY))).is_accepted(), "{version}");
        assert!(!judge(&HubSpotV2::verifier(SECRET).unwrap(), &says(v1(BODY))).is_accepted(), "{version}");
        assert!(judge(&HubSpot::verifier(SECRET).unwrap(), &says(v3(BODY))).is_accepted(), "{version}");
        assert_eq!(
            judge(&HubSpot::verifier(SECRET).unwrap(), &says(v1(BODY))).error(),
            Error::Missing(Source::Header("x-hubspot-signature-v3")),
            "{version}"
        );
    }
}

#[test]
fn an_extended_request_is_refused_though_its_digest_fits() {
    let more = br#",{"eventId":9,"subscriptionId":2,"portalId":3,"occurredAt":4}]"#;
    let extended = |captured: Request, before: usize| {
        let tag: [u8; 32] = const_hex::decode_to_array(captured.get("X-HubSpot-Signature").unwrap()).unwrap();
        let (tail, tag) = extend_sha256(&tag, SECRET.len() + before + BODY.len(), more);
        let body = [BODY, &tail[..]].concat();
        (body.clone(), captured.carrying(body).with("X-HubSpot-Signature", forge::hex(&tag)))
    };
    let nul = Error::Malformed(Source::WholeBody, "text without a NUL byte, which only an extension has");

    let (body, forged) = extended(v1(BODY), 0);
    assert_eq!(forged.get("X-HubSpot-Signature"), v1(&body).get("X-HubSpot-Signature"), "HubSpot would sign it so");
    assert_eq!(judge(&HubSpotV1::verifier(SECRET).unwrap(), &forged).error(), nul);

    let (body, forged) = extended(v2(BODY), "POST".len() + URL.len());
    assert_eq!(forged.get("X-HubSpot-Signature"), v2(&body).get("X-HubSpot-Signature"), "HubSpot would sign it so");
    assert_eq!(judge(&HubSpotV2::verifier(SECRET).unwrap(), &forged).error(), nul);
}

#[test]
fn no_byte_moves_between_url_and_body() {
    let moved = |captured: &Request, url: &str, body: &[u8]| Request {
        url: Some(url.to_owned()),
        ..captured.clone().carrying(body)
    };
    let longer_url = [URL, std::str::from_utf8(&BODY[..1]).unwrap()].concat();
    let longer_body = [b"/hubspot", BODY].concat();
    let shorter_url = URL.strip_suffix("/hubspot").unwrap();
    for (one, other) in [(longer_url.as_str(), &BODY[1..]), (shorter_url, &longer_body)] {
        assert_eq!([one.as_bytes(), other].concat(), [URL.as_bytes(), BODY].concat(), "it is the same message");
        let v2 = judge(&HubSpotV2::verifier(SECRET).unwrap(), &moved(&v2(BODY), one, other));
        let v3 = judge(&HubSpot::verifier(SECRET).unwrap(), &moved(&v3(BODY), one, other));
        assert!(matches!(v2.error(), Error::Malformed(Source::WholeBody, _)), "{one}");
        assert!(matches!(v3.error(), Error::Malformed(Source::WholeBody, _)), "{one}");
    }
}
