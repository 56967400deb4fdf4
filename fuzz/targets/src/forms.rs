//! Form bodies.

use std::sync::LazyLock;

use imchat_verify::Signature;
use imchat_verify::Source::{Form, FormJson};
use imchat_verify::scheme::{Hash, Key, Scheme};

use crate::signed::{Pair, stated};

static FORM: Scheme = Scheme::hmac("fuzzed-form", Hash::Sha256, Signature::hex("x-sig"))
    .key(Key::Id(&[Form("id")]))
    .event_type(&[FormJson("payload", "/type")])
    .tenant(&[Form("team_id")])
    .build();

static PAIR: LazyLock<Option<Pair>> = LazyLock::new(|| Pair::new(&FORM));

/// Any body: a field that is read is the only one of its name, and is what another parser reads; one that stands there once
/// and is text is read.
pub fn forms(data: &[u8]) {
    let Some(pair) = &*PAIR else { panic!("the form scheme has no keys") };
    let [id, kind, tenant] = stated(pair, data);
    let only = |name: &str| {
        let mut values = form_urlencoded::parse(data).filter(|(known, _)| known == name).map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none())
    };
    for (name, ours) in [("id", id), ("team_id", tenant)] {
        let theirs = only(name);
        if let Some(ours) = &ours {
            assert_eq!(theirs.as_deref(), Some(ours.as_str()), "{name} is read as something else");
        }
        // What is not UTF-8 they replace, and what is empty or looks like JSON is not read here.
        let is_text = theirs.as_ref().is_some_and(|text| !text.is_empty() && !text.contains('\u{fffd}'));
        let is_form = !matches!(data.trim_ascii_start().first(), Some(b'{' | b'['));
        assert!(!(is_text && is_form && ours.is_none()), "{name} is not read");
    }
    if let Some(kind) = kind {
        let Some(payload) = only("payload") else { panic!("a type is read from a payload that is not there") };
        let json: serde_json::Value = match serde_json::from_str(&payload) {
            Ok(json) => json,
            Err(_) => panic!("a type is read from what is no JSON"),
        };
        if let Some(text) = json.pointer("/type").and_then(serde_json::Value::as_str) {
            assert_eq!(text, kind, "the type is read as something else");
        }
    }
}
