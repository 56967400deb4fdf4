//! JSON bodies.

use std::sync::LazyLock;

use imchat_verify::Signature;
use imchat_verify::Source::Json;
use imchat_verify::scheme::{Hash, Key, Scheme};
use serde_json::Value;

use crate::signed::{Pair, stated};

static JSON: Scheme = Scheme::hmac("fuzzed-json", Hash::Sha256, Signature::hex("x-sig"))
    .key(Key::Id(&[Json("/event_id")]))
    .event_type(&[Json("/event/type")])
    .tenant(&[Json("/items/0/team")])
    .build();

static PAIR: LazyLock<Option<Pair>> = LazyLock::new(|| Pair::new(&JSON));

/// Any body: what is read is JSON to another parser too, and the same scalar.
pub fn pointers(data: &[u8]) {
    let Some(pair) = &*PAIR else { panic!("the JSON scheme has no keys") };
    let stated = stated(pair, data);
    let json = match serde_json::from_slice::<Value>(data) {
        Err(error) if is_narrower(&error) => return,
        json => json.ok(),
    };
    for (pointer, ours) in ["/event_id", "/event/type", "/items/0/team"].into_iter().zip(stated) {
        let Some(ours) = ours else { continue };
        let theirs = json.as_ref().and_then(|json| json.pointer(pointer));
        match theirs {
            Some(Value::String(text)) => assert_eq!(*text, ours, "{pointer} is read as something else"),
            Some(Value::Bool(truth)) => assert_eq!(truth.to_string(), ours, "{pointer} is read as something else"),
            Some(Value::Number(number)) => {
                let same = ours.parse::<f64>().ok().zip(number.as_f64());
                assert!(
                    same.is_none_or(|(ours, theirs)| ours.total_cmp(&theirs).is_eq()),
                    "{pointer} is another number"
                );
            }
            other => panic!("{pointer} is read where there is no scalar: {}", other.is_some()),
        }
    }
}

/// Whether the other parser refuses what RFC 8259 has: half a character in a string, or a number beyond its own range.
fn is_narrower(error: &serde_json::Error) -> bool {
    let why = error.to_string();
    ["surrogate", "end of hex escape", "out of range"].iter().any(|known| why.contains(known))
}
