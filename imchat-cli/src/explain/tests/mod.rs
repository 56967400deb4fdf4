//! Every mistake is made with a good request of every provider where it can be, and must be found by its name.

mod good;
mod requests;
mod secrets;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};

use self::good::{Good, all, published};

/// Bodies as they were signed and as they arrive, by the mistake between them.
const BODIES: &[(&str, &[u8], &[u8])] = &[
    ("body-newline-added", br#"{"a":1}"#, b"{\"a\":1}\n"),
    ("body-newline-added", br#"{"a":1}"#, b"{\"a\":1}\r\n"),
    ("body-newline-lost", b"{\"a\":1}\n", br#"{"a":1}"#),
    ("body-newline-lost", b"{\"a\":1}\r\n", br#"{"a":1}"#),
    ("body-crlf", b"{\n\"a\":1,\n\"b\":\"\"}", b"{\r\n\"a\":1,\r\n\"b\":\"\"}"),
    ("body-lf", b"{\r\n\"a\":1,\r\n\"b\":\"\"}", b"{\n\"a\":1,\n\"b\":\"\"}"),
    ("body-bom-added", br#"{"a":1}"#, b"\xef\xbb\xbf{\"a\":1}"),
    ("body-bom-lost", b"\xef\xbb\xbf{\"a\":1}", br#"{"a":1}"#),
    ("body-base64", br#"{"a":1}"#, b"eyJhIjoxfQ=="),
    ("body-text-escaped", br#"{"a":"b"}"#, br#""{\"a\":\"b\"}""#),
    ("json-compacted", br#"{"a": [1, 2], "b": {}}"#, br#"{"a":[1,2],"b":{}}"#),
    ("json-compacted", b"{\n  \"a\": [\n    1\n  ]\n}", br#"{"a":[1]}"#),
    ("json-compacted", b"{\n    \"a\": 1\n}", br#"{"a": 1}"#),
    ("json-spaced", br#"{"a":[1,2],"b":{}}"#, br#"{"a": [1, 2], "b": {}}"#),
    ("json-spaced", br#"{"a":1}"#, b"{\n\t\"a\": 1\n}"),
    ("json-escapes", r#"{"a":"é😀"}"#.as_bytes(), br#"{"a":"\u00e9\ud83d\ude00"}"#),
    ("json-escapes", br#"{"a":"\u00e9\ud83d\ude00"}"#, r#"{"a":"é😀"}"#.as_bytes()),
    ("json-escapes", br#"{"a":"\u00E9"}"#, r#"{"a":"é"}"#.as_bytes()),
    ("json-escapes", br#"{"a":"\u003cb\u003e"}"#, br#"{"a":"<b>"}"#),
    ("json-slashes", br#"{"a":"https:\/\/example.com"}"#, br#"{"a":"https://example.com"}"#),
    ("json-slashes", br#"{"a":"https://example.com"}"#, br#"{"a":"https:\/\/example.com"}"#),
    ("json-order", br#"{"b":1,"a":{"d":1,"c":2}}"#, br#"{"a":{"d":1,"c":2},"b":1}"#),
    ("json-order", br#"{"a":{"c":2,"d":1},"b":[1]}"#, br#"{"b":[1],"a":{"d":1,"c":2}}"#),
    ("json-reserialised", "{\"a\": \"é/\"}".as_bytes(), br#"{"a":"\u00e9\/"}"#),
    ("json-reserialised", br#"{"a":"\u00e9"}"#, "{\n  \"a\": \"é\"\n}".as_bytes()),
    ("charset-widened", "{\"a\":\"é\"}".as_bytes(), "{\"a\":\"Ã©\"}".as_bytes()),
    ("charset-widened", "{\"a\":\"€\"}".as_bytes(), "{\"a\":\"â‚¬\"}".as_bytes()),
    ("charset-narrowed", "{\"a\":\"é\"}".as_bytes(), b"{\"a\":\"\xe9\"}"),
    ("form-reencoded", b"a=b+c&d=%2Fe", b"a=b%20c&d=%2Fe"),
    ("form-reencoded", b"a=b%20c&d=%2fe*", b"a=b+c&d=%2Fe*"),
    ("form-decoded", b"a=b+c&d=%2Fe", b"a=b c&d=/e"),
    ("form-as-json", b"b=1&a=x+y", br#"{"b":"1","a":"x y"}"#),
    ("form-payload-alone", b"payload=%7B%22type%22%3A%22x%22%7D", br#"{"type":"x"}"#),
];

/// The providers with which each mistake was found.
type Found = BTreeMap<&'static str, BTreeSet<&'static str>>;

/// The mistake must be found, unless what arrives is authentic as it is: then it is none with this scheme.
fn expect(good: &Good, name: &'static str, found: &mut Found) {
    let Some(explanation) = good.explained() else { return };
    let scheme = good.scheme.name();
    assert_eq!((explanation.cause, explanation.proved), (Some(name), true), "{scheme}: {}", explanation.sentence);
    assert_eq!(explanation.tried.last(), Some(&name));
    found.entry(name).or_default().insert(scheme);
}

/// The schemes that sign the body as it is, and take any.
fn signs_any_body() -> BTreeSet<&'static str> {
    let odd = [&b"\xff"[..], b"a=b", b"{}", b"{\r\n}"];
    let signs = |good: &Good| good.with(b"another").explained().is_some();
    let takes = odd.map(|body| {
        let goods = all(body);
        goods.iter().filter(|good| signs(good)).map(|good| good.scheme.name()).collect::<BTreeSet<_>>()
    });
    let signs_any = takes.into_iter().reduce(|all, some| &all & &some).unwrap_or_default();
    // To Twilio two spellings of a form are one.
    let goods = all(b"a=b+c");
    let by_field =
        |name: &&str| goods.iter().any(|good| good.scheme.name() == *name && good.with(b"a=b%20c").verifies());
    signs_any.into_iter().filter(|name| !by_field(name)).collect()
}

#[test]
fn a_changed_body_is_found_with_every_provider_that_signs_it() {
    let mut found = Found::new();
    for (name, signed, arriving) in BODIES {
        for good in all(signed) {
            expect(&good.with_body(*arriving), name, &mut found);
        }
    }
    let providers = signs_any_body();
    assert!(providers.len() >= 9, "{providers:?}");
    for name in BODIES.iter().map(|(name, ..)| *name) {
        let missed: Vec<_> = providers.difference(&found[name]).collect();
        assert!(missed.is_empty(), "{name} was not found with {missed:?}");
    }
}

#[test]
fn published_requests_with_a_changed_end_are_explained() {
    let mut found = Found::new();
    for good in published() {
        // A handshake's body is not always signed, and an empty one has no end to change.
        let body = good.request.body.clone();
        if body.is_empty() || body.ends_with(b"\n") {
            continue;
        }
        expect(&good.with_body([&body, &b"\n"[..]].concat()), "body-newline-added", &mut found);
    }
    let providers = &found["body-newline-added"];
    assert!(["github", "feishu", "svix"].iter().all(|name| providers.contains(name)), "{providers:?}");
}

#[test]
fn every_mistake_has_a_test_that_makes_it() {
    let elsewhere = secrets::MADE.iter().chain(requests::MADE).chain(tokens::MADE).copied();
    let made: BTreeSet<&str> = BODIES.iter().map(|(name, ..)| *name).chain(elsewhere).collect();
    let known: BTreeSet<&str> = super::mistakes::MISTAKES.iter().map(|mistake| mistake.name).collect();
    assert_eq!(made, known);
    assert_eq!(known.len(), super::mistakes::MISTAKES.len(), "names are unique");
}

#[test]
fn a_request_that_is_simply_forged_is_not_explained_away() {
    let body = br#"{"id":"evt_1","text":"Gr\u00fc\u00dfe","url":"https://example.com/a b","n":[1,2]}"#;
    let mut explained = 0;
    for good in all(body) {
        let scheme = good.scheme.name();
        // Where the body is not signed there is nothing to explain.
        let Some(forged) = good.with_body(&br#"{"id":"evt_2"}"#[..]).explained() else { continue };
        assert_eq!((forged.cause, forged.proved), (None, false), "{scheme}: {}", forged.sentence);
        assert!(forged.sentence.contains("compare the secret"), "{}", forged.sentence);
        assert!(forged.tried.len() > 30, "{:?}", forged.tried);
        explained += 1;
    }
    assert!(explained >= 9, "{explained}");
}

#[test]
fn every_name_is_in_the_readme() {
    let readme = include_str!("../../../README.md");
    let mistakes = super::mistakes::MISTAKES.iter().map(|mistake| mistake.name);
    let signs = super::signs::SIGNS.iter().map(|sign| sign.name);
    for name in mistakes.chain(signs).chain(super::clock::Cause::ALL.map(super::clock::Cause::name)) {
        assert!(readme.contains(&format!("`{name}`")), "{name}");
    }
}
