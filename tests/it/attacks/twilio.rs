//! Twilio: what a relay can do to a form and a URL that are signed as one text, and what it gains.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use imchat_tests::{Outcome, Request, SIGNED_AT, Who, at, outcome};
use imchat_verify::providers::{TWILIO, Twilio};
use imchat_verify::sign::{SignRequest, Signer};
use imchat_verify::{Error, Provenance};
use sha1::Sha1;

const TOKEN: &str = "imchat-test-twilio-auth-token";
const URL: &str = "https://hooks.example.com/twilio?shop=7";
const SMS: &str = "MessageSid=SM01&AccountSid=AC01&From=%2B14158675309&Body=hi+there";

fn tag(message: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(TOKEN.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn posted(url: &str, body: &str, message: &str) -> Request {
    Request { url: Some(url.to_owned()), ..Request::post(body) }.and("X-Twilio-Signature", tag(message))
}

fn sms() -> Request {
    posted(URL, SMS, &format!("{URL}AccountSidAC01Bodyhi thereFrom+14158675309MessageSidSM01"))
}

fn judge(request: &Request) -> Outcome {
    outcome(&Twilio::verifier(TOKEN).unwrap(), request, at(SIGNED_AT))
}

fn who(request: &Request) -> Who {
    judge(request).event().who
}

#[test]
fn a_form_is_signed_by_its_fields_in_the_order_of_their_names() {
    let event = judge(&sms()).event();
    assert_eq!(event.wire, SMS.as_bytes());
    assert_eq!(event.who.event_id, Some(Provenance::Signed("SM01".to_owned())));
    assert_eq!(event.who.tenant, Some(Provenance::Signed("AC01".to_owned())));
}

#[test]
fn an_id_that_a_relay_repeats_is_refused_and_not_lost() {
    for more in ["&MessageSid=SM01", "&AccountSid=AC01", "&%4DessageSid=SM01"] {
        let repeated = sms().carrying([SMS, more].concat());
        assert!(matches!(judge(&repeated).error(), Error::Malformed(..)), "{more}");
    }
    assert_eq!(who(&sms().carrying([SMS, "&Body=hi%20there&"].concat())).key, who(&sms()).key);
}

#[test]
fn fields_in_another_order_are_the_same_delivery() {
    let other = "Body=hi+there&MessageSid=SM01&From=%2b14158675309&AccountSid=AC01";
    assert_eq!(who(&sms().carrying(other)).key, who(&sms()).key);
}

#[test]
fn each_state_of_a_message_is_a_delivery_of_its_own() {
    let state = |state: &str| {
        let message = format!("{URL}MessageSidSM01MessageStatus{state}");
        who(&posted(URL, &format!("MessageSid=SM01&MessageStatus={state}"), &message))
    };
    assert_ne!(state("sent").key, state("delivered").key);
    assert_eq!(state("sent").key, state("sent").key);
    assert_eq!(state("sent").kind, "message states");
}

#[test]
fn no_two_requests_of_one_call_are_taken_for_one() {
    let pressed = posted(URL, "CallSid=CA01&Digits=1", &format!("{URL}CallSidCA01Digits1"));
    assert_eq!((who(&pressed).kind, who(&pressed).key), ("calls", None));
    assert_eq!(who(&pressed).event_id, Some(Provenance::Signed("CA01".to_owned())));
}

#[test]
fn a_json_body_is_the_one_whose_digest_the_url_names() {
    let body = r#"[{"id":"EV1"}]"#;
    let digest = imchat_tests::forge::hex(&imchat_tests::forge::sha256(&[body.as_bytes()]));
    let url = format!("{URL}&bodySHA256={digest}&x=1");
    assert!(judge(&posted(&url, body, &url)).is_accepted());
    assert_eq!(judge(&posted(&url, r#"[{"id":"EV2"}]"#, &url)).error(), Error::Mismatch);
    assert_eq!(judge(&posted(&url, "", &url)).error(), Error::Mismatch);
    assert_eq!(judge(&posted(&url, "MessageSid=SM01", &url)).error(), Error::Mismatch);
    // Elsewhere than in the query the name names nothing.
    let path = format!("https://hooks.example.com/bodySHA256={digest}?a=bodySHA256={digest}");
    assert_eq!(judge(&posted(&path, body, &path)).error(), Error::Mismatch);
    let both = format!("https://hooks.example.com/bodySHA256=0?bodySHA256={digest}");
    assert!(judge(&posted(&both, body, &both)).is_accepted());
}

#[test]
fn a_digest_that_is_named_twice_is_refused() {
    let body = "{}";
    let digest = imchat_tests::forge::hex(&imchat_tests::forge::sha256(&[body.as_bytes()]));
    let url = format!("{URL}&bodySHA256={digest}&bodySHA256={digest}");
    assert!(matches!(judge(&posted(&url, body, &url)).error(), Error::Malformed(..)));
}

#[test]
fn text_that_no_url_holds_does_not_move_from_the_body_into_the_url() {
    let moved = format!("{URL}AccountSidAC01Bodyhi thereFrom+14158675309MessageSidSM01");
    let request = Request { url: Some(moved), ..sms() }.carrying("");
    assert!(matches!(judge(&request).error(), Error::Malformed(..)));
}

#[test]
fn a_port_is_left_out_and_only_the_standard_one_of_its_scheme_is_added() {
    let at = |signed: &str, seen: &str| judge(&posted(seen, "", signed)).is_accepted();
    for (signed, seen) in [
        ("https://a.example:443/x", "https://a.example/x"),
        ("https://a.example/x", "https://a.example:443/x"),
        ("http://a.example:80/x", "http://a.example/x"),
        ("https://[::1]:443/x", "https://[::1]/x"),
        ("https://[::1]/x", "https://[::1]:443/x"),
        ("https://a.example:443", "https://a.example"),
        ("https://a.example/x", "https://a.example:8443/x"),
        ("http://u:p@a.example/x", "http://u:p@a.example:8080/x"),
        ("https://a.example?q=%27", "https://a.example:443?q='"),
    ] {
        assert!(at(signed, seen), "{signed} seen as {seen}");
    }
    for (signed, seen) in [
        ("https://a.example:80/x", "https://a.example/x"),
        ("http://a.example:443/x", "http://a.example/x"),
        ("https://a.example:8443/x", "https://a.example/x"),
        ("https://a.example:8443:443/x", "https://a.example:8443/x"),
        ("http://a.example/x", "https://a.example/x"),
        ("https://a.example/x", "https://b.example/x"),
        ("https://a.example:443?q='", "https://a.example?q=%27"),
    ] {
        assert!(!at(signed, seen), "{signed} seen as {seen}");
    }
}

#[test]
fn what_the_signer_signs_is_accepted() {
    let request = SignRequest::post(SMS.as_bytes(), at(SIGNED_AT)).url(URL);
    let headers = Signer::of(&TWILIO, TOKEN).unwrap().sign(request).unwrap();
    let signed = Request { url: Some(URL.to_owned()), ..Request::post(SMS) }.and_all(headers);
    assert_eq!(signed.get("x-twilio-signature"), sms().get("x-twilio-signature"));
    assert!(judge(&signed).is_accepted());
}

#[test]
fn forms_of_any_bytes_are_refused_without_a_panic() {
    for body in [&b"%"[..], b"%%%", b"=&=&==", b"&&&&", b"%ff=%fe", b"\xFF\0=\0", b"a=%zz&a=%4"] {
        assert_eq!(judge(&sms().carrying(body)).error(), Error::Mismatch, "{body:?}");
    }
}
