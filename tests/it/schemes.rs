//! The rules of schemes, each broken by one scheme that breaks nothing else.

use imchat_verify::providers;
use imchat_verify::scheme::{
    Facts, Handshake, Hash, Issuer, Jwt, Key, Part, PartInput, SchemeBuilder, Source, Unit, When,
};
use imchat_verify::{CustomInput, Form, Reply, Role, Scheme, Signature, Window};

const fn named(name: &'static str) -> SchemeBuilder {
    Scheme::hmac(name, Hash::Sha256, Signature::hex("x-signature"))
}

const fn good() -> SchemeBuilder {
    named("good")
}

const fn timed(source: Source) -> SchemeBuilder {
    good().timestamp(source, Unit::Seconds, Window::FIVE_MINUTES).message(&[
        Part::Timestamp,
        Part::Lit("."),
        Part::Body,
    ])
}

const fn ed25519() -> SchemeBuilder {
    Scheme::ed25519("good", Signature::hex("x-signature"))
}

const HEADER: Source = Source::Header("x-time");
const ID: Part = Part::From(Source::Header("x-id"));

fn write(_: &PartInput<'_>, _: &mut dyn FnMut(&[u8])) -> Result<(), &'static str> {
    Ok(())
}

fn check(_: &CustomInput<'_>) -> bool {
    true
}

/// What a scheme's rule says; empty where it breaks none.
fn rule(scheme: SchemeBuilder) -> &'static str {
    scheme.try_build().map_or_else(|error| error.as_str(), |_| "")
}

#[track_caller]
fn assert_breaks(scheme: SchemeBuilder, expected: &str) {
    let said = rule(scheme);
    assert!(said.contains(expected), "expected “{expected}”, but it is “{said}”");
}

#[track_caller]
fn assert_builds(scheme: SchemeBuilder) {
    assert_eq!(rule(scheme), "");
}

#[test]
fn a_name_is_lower_case_and_short() {
    for name in ["", "Slack", "slack events", "slack_events", "släck", "a234567890123456789012345678901234"] {
        assert_breaks(named(name), "a scheme's name is made of");
    }
    for name in ["a", "slack-2", "a2345678901234567890123456789012"] {
        assert_builds(named(name));
    }
}

const LOWER: &str = "header names are lower-case";

#[test]
fn header_names_are_lower_case() {
    for name in ["X-Signature", "", "x signature", "x-signature:", "x_signature"] {
        assert_breaks(Scheme::hmac("good", Hash::Sha256, Signature::hex(name)), LOWER);
    }
    assert_breaks(timed(Source::Header("X-Time")), LOWER);
    assert_breaks(good().message(&[Part::From(Source::Header("X-Id")), Part::Lit("."), Part::Body]), LOWER);
    assert_builds(timed(HEADER));
}

#[test]
fn a_star_stands_for_a_family_and_only_there() {
    let family = Signature::base64("*-signature").family(&["svix"]);
    assert_builds(Scheme::hmac("good", Hash::Sha256, family));
    assert_breaks(Scheme::hmac("good", Hash::Sha256, Signature::base64("*-signature")), LOWER);
    let starless = Signature::base64("x-signature").family(&["svix"]);
    assert_breaks(Scheme::hmac("good", Hash::Sha256, starless), LOWER);
    let mixed = Scheme::hmac("good", Hash::Sha256, family);
    assert_breaks(mixed.message(&[ID, Part::Lit("."), Part::Body]), LOWER);
    assert_breaks(Scheme::hmac("good", Hash::Sha256, Signature::base64("*").family(&["svix"])), LOWER);
}

#[test]
fn a_field_of_the_signature_header_needs_pairs() {
    assert_breaks(timed(Source::Field("t")), "laid out in pairs");
    let pairs = Scheme::hmac("good", Hash::Sha256, Signature::hex("x-signature").pairs(b',', "v1"));
    let timed = pairs.timestamp(Source::Field("t"), Unit::Seconds, Window::FIVE_MINUTES);
    assert_builds(timed.message(&[Part::Timestamp, Part::Lit("."), Part::Body]));
}

#[test]
fn only_values_of_the_head_are_parts() {
    for source in [
        Part::From(Source::Json("/id")),
        Part::From(Source::Form("id")),
        Part::From(Source::FormJson("payload", "/id")),
        Part::From(Source::WholeBody),
    ] {
        let parts: &'static [Part] = Box::leak(Box::new([source, Part::Lit("."), Part::Body]));
        assert_breaks(good().message(parts), "only values of the head");
    }
    assert_builds(good().message(&[Part::From(Source::Query("id")), Part::Lit("."), Part::Body]));
}

#[test]
fn the_body_stands_once() {
    assert_breaks(good().message(&[Part::Body, Part::Lit("."), Part::Body]), "the body stands once");
}

#[test]
fn two_variable_parts_do_not_stand_side_by_side() {
    let adjacent = "a sender could move the border";
    assert_breaks(good().message(&[ID, Part::Body]), adjacent);
    assert_breaks(good().message(&[Part::Body, ID]), adjacent);
    assert_breaks(good().message(&[ID, ID, Part::Lit("."), Part::Body]), adjacent);
    assert_breaks(good().message(&[ID, Part::Custom(write)]), adjacent);
    let time = |parts| timed(HEADER).message(parts);
    assert_breaks(time(&[ID, Part::Timestamp, Part::Body]), adjacent);
    assert_builds(time(&[Part::Timestamp, Part::Body]));
    let rfc3339 = |parts| good().timestamp(HEADER, Unit::Rfc3339, Window::FIVE_MINUTES).message(parts);
    assert_builds(rfc3339(&[ID, Part::Timestamp, Part::Body]));
    assert_breaks(rfc3339(&[Part::Timestamp, ID, Part::Body]), adjacent);
    // The engine holds a URL and the body behind it to what keeps their border in its place.
    assert_builds(good().message(&[Part::Url, Part::Body]));
    assert_breaks(good().message(&[Part::Url, ID]), adjacent);
    assert_breaks(good().message(&[ID, Part::Url, Part::Body]), adjacent);
    assert_breaks(good().message(&[Part::Body, Part::Url]), adjacent);
    assert_builds(time(&[Part::Timestamp, ID, Part::Lit("."), Part::Body]));
    assert_builds(time(&[ID, Part::Lit("."), Part::Timestamp, Part::Body]));
}

#[test]
fn a_sorted_message_has_no_part_that_may_hold_anything() {
    let free = "no place for a raw body or a URL";
    let sorted = |parts| good().message(parts).sorted();
    assert_builds(sorted(&[ID, Part::Custom(write)]));
    assert_breaks(sorted(&[ID, Part::Body]), free);
    assert_breaks(sorted(&[Part::Body, Part::Custom(write)]), free);
    assert_breaks(sorted(&[Part::Url, Part::Custom(write)]), free);
}

#[test]
fn empty_text_is_no_border() {
    assert_breaks(good().message(&[ID, Part::Lit(""), Part::Body]), "fixed text");
    assert_breaks(good().message(&[Part::Lit(""), Part::Body]), "fixed text");
}

#[test]
fn at_most_two_values_of_the_head_are_parts() {
    const DOT: Part = Part::Lit(".");
    assert_builds(good().message(&[ID, DOT, ID, DOT, Part::Body]));
    assert_breaks(good().message(&[ID, DOT, ID, DOT, ID, DOT, Part::Body]), "at most two");
}

#[test]
fn a_token_scheme_names_its_places_and_signs_nothing() {
    assert_breaks(Scheme::token("good", &[]), "names where the token stands");
    assert_builds(Scheme::token("good", &[Source::Json("/token")]));
    let timed = Scheme::token("good", &[Source::Json("/token")]);
    let timed = timed.timestamp(Source::Json("/time"), Unit::Seconds, Window::FIVE_MINUTES);
    assert_breaks(timed, "checked but not signed");
}

#[test]
fn a_plain_digest_holds_the_secret() {
    let digest = || Scheme::digest("good", Hash::Sha256, Signature::hex("x-signature"));
    assert_breaks(digest(), "without the secret proves nothing");
    assert_builds(digest().message(&[Part::Secret, Part::Body]));
}

#[test]
fn a_keyed_signature_does_not_hold_the_secret() {
    let message = &[Part::Secret, Part::Body];
    assert_breaks(good().message(message), "does not feed the secret");
    assert_breaks(ed25519().message(message), "does not feed the secret");
    assert_builds(good().message(&[Part::Lit("x"), Part::Secret]).body_not_signed());
    assert_breaks(ed25519().message(&[Part::Lit("x"), Part::Secret]).body_not_signed(), "a public key is no secret");
}

#[test]
fn a_body_that_is_not_signed_is_admitted() {
    assert_breaks(good().message(&[Part::Lit("hi")]), "the body is not signed");
    assert_breaks(ed25519().message(&[Part::Lit("hi")]), "the body is not signed");
    let digest = Scheme::digest("good", Hash::Sha256, Signature::hex("x-signature"));
    assert_breaks(digest.message(&[Part::Secret]), "the body is not signed");
    assert_builds(good().message(&[Part::Lit("hi")]).body_not_signed());
}

#[test]
fn a_body_that_is_signed_is_not_called_unsigned() {
    assert_breaks(good().body_not_signed(), "body_not_signed() is not true");
    assert_breaks(good().message(&[Part::Custom(write)]).body_not_signed(), "body_not_signed() is not true");
}

#[test]
fn a_time_that_is_signed_has_a_place() {
    assert_breaks(good().message(&[Part::Timestamp, Part::Lit("."), Part::Body]), "the scheme has no timestamp");
}

#[test]
fn a_time_that_is_checked_is_signed() {
    assert_breaks(timed(HEADER).message(&[Part::Body]), "checked but not signed");
    assert_builds(timed(Source::Json("/time")).message(&[Part::Body]));
    let unsigned = timed(Source::Json("/time")).message(&[Part::Lit("hi")]).body_not_signed();
    assert_breaks(unsigned, "checked but not signed");
    let custom = Scheme::custom("good", Signature::hex("x-signature"), check);
    assert_builds(custom.timestamp(HEADER, Unit::Seconds, Window::FIVE_MINUTES));
}

#[test]
fn ed25519_takes_no_part_that_a_function_writes() {
    let custom = "written by a function";
    assert_breaks(ed25519().message(&[Part::Custom(write)]), custom);
    let listed = || Scheme::hmac("good", Hash::Sha256, Signature::hex("x-signature").pairs(b',', "v1"));
    let second = listed().also_ed25519("v1a", Role::PublicKey, Form::Hex32);
    assert_breaks(second.message(&[Part::Custom(write)]), custom);
    assert_builds(good().message(&[Part::Custom(write)]));
}

#[test]
fn ed25519_takes_at_most_eight_parts() {
    const DOT: Part = Part::Lit(".");
    assert_builds(ed25519().message(&[DOT, DOT, DOT, DOT, DOT, DOT, DOT, Part::Body]));
    let nine: &[Part] = &[DOT, DOT, DOT, DOT, DOT, DOT, DOT, DOT, Part::Body];
    assert_breaks(ed25519().message(nine), "at most eight parts");
    let listed = Scheme::hmac("good", Hash::Sha256, Signature::hex("x-signature").pairs(b',', "v1"));
    assert_breaks(listed.also_ed25519("v1a", Role::PublicKey, Form::Hex32).message(nine), "at most eight parts");
    assert_builds(good().message(nine));
}

#[test]
fn what_finds_no_room_is_refused_and_not_dropped() {
    let kinds = |count| (0..count).fold(good(), |scheme, _| scheme.kind(&[], Facts::new("kind")));
    assert_builds(kinds(6));
    assert_breaks(kinds(7), "at most six kinds");
    let ping = || Handshake::fixed("ping", &[], || Reply::EMPTY);
    let handshakes = |count| (0..count).fold(good(), |scheme, _| scheme.handshake(ping()));
    assert_builds(handshakes(3));
    assert_breaks(handshakes(4), "three handshakes");
    let spelled = |family| Scheme::hmac("good", Hash::Sha256, Signature::hex("*-signature").family(family));
    assert_builds(spelled(&["a", "b"]));
    assert_breaks(spelled(&["a", "b", "c"]), "two spellings");
}

#[test]
fn only_one_hash_tries_other_spellings_of_a_url() {
    const URL: &[Part] = &[Part::Url, Part::Lit("\n"), Part::Body];
    fn none(_: &str) -> Vec<String> {
        Vec::new()
    }
    let listed = Scheme::hmac("good", Hash::Sha256, Signature::hex("x-signature").pairs(b',', "v1"));
    assert_builds(listed.message(URL).spellings(none));
    let second = listed.message(URL).spellings(none).also_ed25519("v1a", Role::PublicKey, Form::Hex32);
    let own = Scheme::custom("good", Signature::hex("x-signature"), check).reads_url();
    for scheme in [ed25519().message(URL).spellings(none), own.spellings(none), second] {
        assert_breaks(scheme, "one algorithm, which is a hash");
    }
}

#[test]
fn what_a_token_is_held_to_can_be_read() {
    const ISSUERS: &[Issuer] = &[Issuer::alone("issuer")];
    let token = || Jwt::of(ISSUERS);
    for place in [Source::Query("id"), Source::WholeBody, Source::Json("id")] {
        assert!(!rule(Scheme::jwt("good", token().bound(&["/id"], place))).is_empty(), "{place}");
        assert!(!rule(Scheme::jwt("good", token().endorsed_for(place))).is_empty(), "{place}");
    }
    assert_builds(Scheme::jwt("good", token().bound(&["/id"], Source::Json("/id")).endorsed_for(Source::Json("/on"))));
}

#[test]
fn a_key_is_made_of_what_is_signed() {
    let unsigned = "an id that is not signed";
    assert_breaks(good().key(Key::Id(&[Source::Header("x-id")])), unsigned);
    assert_breaks(good().key(Key::SecretId(&[Source::Json("/id"), Source::Header("x-id")])), unsigned);
    // Where the body is not signed its digest would be no better than an id in it; a header still is none.
    let bodiless = || good().message(&[Part::Lit("x")]).body_not_signed();
    assert_builds(bodiless().key(Key::Id(&[Source::Json("/id")])));
    assert_breaks(bodiless().key(Key::Id(&[Source::Header("x-id")])), unsigned);
    assert_breaks(good().key(Key::Joined(&[Source::Json("/type"), Source::Header("x-id")])), unsigned);
    assert_breaks(good().kind(&[], Facts::new("kind").key(Key::Id(&[Source::Header("x-id")]))), unsigned);
    assert_builds(good().key(Key::Id(&[Source::Json("/id"), Source::Form("id")])));
    assert_builds(good().key(Key::Id(&[Source::Header("x-id")])).message(&[ID, Part::Lit("."), Part::Body]));
    assert_builds(good().event_id(&[Source::Header("x-id")]));
    assert_builds(Scheme::token("good", &[Source::Json("/token")]).key(Key::Id(&[Source::Header("x-id")])));
    assert_builds(Scheme::custom("good", Signature::hex("x-signature"), check).key(Key::Id(&[Source::Header("x-id")])));
}

#[test]
fn a_key_is_not_chosen_by_what_is_not_signed() {
    let chosen = "told apart by what is not signed";
    let ping: &[When] = &[When::Is(Source::Header("x-event"), "ping")];
    assert_breaks(good().kind(ping, Facts::new("pings").key(Key::Never)), chosen);
    assert_builds(good().kind(ping, Facts::new("pings")));
    assert_builds(good().kind(&[When::Is(Source::Json("/type"), "ping")], Facts::new("pings").key(Key::Never)));
}

#[test]
fn a_place_is_one_that_can_be_read() {
    let pointer = "a JSON pointer starts with a slash";
    assert_breaks(good().key(Key::Id(&[Source::Json("id")])), pointer);
    assert_breaks(good().tenant(&[Source::Json("/team"), Source::FormJson("payload", "team")]), pointer);
    assert_breaks(good().event_type(&[Source::Json("")]), pointer);
    assert_breaks(good().event_id(&[Source::Json("/a~1b")]), pointer);
    assert_breaks(good().kind(&[When::Absent(Source::Json("type"))], Facts::new("kind")), pointer);
    assert_breaks(Scheme::token("good", &[Source::Json("token")]), pointer);
    assert_breaks(good().also_token(Role::Token, &[Source::Json("token")]), pointer);
    let ping = |when| Handshake::fixed("ping", when, || Reply::EMPTY);
    assert_breaks(good().handshake(ping(&[When::Present(Source::Json("ping"))])), pointer);
    assert_breaks(good().handshake(Handshake::echo("ping", &[When::Present(Source::Json("/a"))], "b")), pointer);
    assert_breaks(timed(Source::Json("time")).message(&[Part::Body]), pointer);
    let unread = "from a header, JSON, XML or a form";
    for place in [Source::Query("id"), Source::Field("t"), Source::WholeBody] {
        let places: &'static [Source] = Box::leak(Box::new([place]));
        assert_breaks(good().event_id(places), unread);
        assert_breaks(Scheme::token("good", places), unread);
    }
    assert_breaks(timed(Source::WholeBody).message(&[Part::Body]), unread);
    assert_breaks(good().event_type(&[Source::Header("X-Event")]), LOWER);
    assert_breaks(good().event_type(&[Source::Header("*-event")]), LOWER);
    assert_breaks(good().message(&[Part::From(Source::Field("t")), Part::Lit("."), Part::Body]), "only values of the");
}

#[test]
fn a_family_is_spelled_in_lower_case() {
    for family in [&["Svix"][..], &[""], &["svix", "*"]] {
        assert_breaks(Scheme::hmac("good", Hash::Sha256, Signature::hex("*-signature").family(family)), "a family is");
    }
}

#[test]
fn beside_the_url_stands_what_no_url_holds() {
    let border = "beside the URL";
    assert_breaks(good().message(&[Part::Url, Part::Lit("."), Part::Body]), border);
    assert_breaks(good().message(&[Part::Url, Part::Lit("&\n"), Part::Body]), border);
    assert_breaks(good().message(&[Part::Body, Part::Lit("\n/"), Part::Url]), border);
    assert_builds(good().message(&[Part::Url, Part::Lit("\n."), Part::Body]));
    assert_builds(good().message(&[Part::Body, Part::Lit(".\n"), Part::Url]));
    assert_builds(good().message(&[Part::Lit("v1:"), Part::Url]).body_not_signed());
}

#[test]
fn a_second_algorithm_has_a_version_of_its_own() {
    let own = "a version of its own";
    assert_breaks(good().also_ed25519("v1a", Role::PublicKey, Form::Hex32), own);
    let list = || Scheme::hmac("good", Hash::Sha256, Signature::hex("x-signature").pairs(b',', "v1"));
    assert_breaks(list().also_ed25519("v1", Role::PublicKey, Form::Hex32), own);
    assert_breaks(list().also_ed25519("v1a", Role::Sign, Form::Hex32), "a role of its own");
    assert_builds(list().also_ed25519("v1a", Role::PublicKey, Form::Hex32));
}

#[test]
fn an_error_is_its_rule_as_a_sentence() {
    let error = good().body_not_signed().try_build().unwrap_err();
    assert_eq!(error.to_string(), error.as_str());
}

#[test]
fn every_provider_has_a_name_of_its_own_and_a_page() {
    let mut names: Vec<&str> = providers::all().iter().map(|scheme| scheme.name()).collect();
    assert!(names.is_sorted(), "{names:?}");
    names.dedup();
    assert_eq!(names.len(), providers::all().len());
    for scheme in providers::all() {
        assert!(scheme.docs_url().starts_with("https://"), "{}", scheme.name());
        assert!(core::ptr::eq(providers::by_name(scheme.name()).unwrap(), *scheme));
        // Dropbox says only that something changed: two such words may well be alike.
        assert_eq!(matches!(scheme.dedup(), Key::Never), scheme.name() == "dropbox", "{}", scheme.name());
        assert!(scheme.largest_body() >= 1024 * 1024, "{}", scheme.name());
    }
    assert!(providers::by_name("Slack").is_none());
}
