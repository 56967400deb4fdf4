use alloc::string::{String, ToString};
use alloc::vec::Vec;

use proptest::prelude::*;
use serde_json::Value;

use super::{Found, MAX_DEPTH, Path, scan};

fn find<'a>(text: &'a str, pointer: &str) -> Result<Found<'a>, super::NotJson> {
    super::at(text.as_bytes(), pointer)
}

#[test]
fn scalars_are_found_by_their_pointers() {
    let text = r#"{"a":{"b":"x"},"n":-1.5e3,"t":true,"list":[{"id":"one"},{"id":"two"}]}"#;
    assert_eq!(find(text, "/a/b"), Ok(Found::String("x")));
    assert_eq!(find(text, "/n"), Ok(Found::Plain("-1.5e3")));
    assert_eq!(find(text, "/t"), Ok(Found::Plain("true")));
    assert_eq!(find(text, "/list/1/id"), Ok(Found::String("two")));
    assert_eq!(find(text, "/list/01/id"), Ok(Found::Absent));
    assert_eq!(find(text, "/a"), Ok(Found::Other));
    assert_eq!(find(text, "/zzz"), Ok(Found::Absent));
    let deep = r#"{"a":{"b":{"c":{"d":{"e":{"f":"x"},"f":"y"}}}}}"#;
    assert_eq!(find(deep, "/a/b/c/d/e/f"), Ok(Found::String("x")));
    assert_eq!(find(deep, "/a/b/c/d/f"), Ok(Found::String("y")));
    assert_eq!(find(deep, "/a/b/c/d/e"), Ok(Found::Other));
    assert_eq!(find(deep, "/a/b/c/d/e/f/g"), Ok(Found::Absent));
}

#[test]
#[cfg(feature = "aes")]
fn a_leading_scalar_is_found_by_its_whole_name_and_only_before_what_nests() {
    let sealed = |text: &'static str| super::leading_scalar(text.as_bytes(), "encrypt");
    assert_eq!(sealed(r#"{"encrypt":"a b"}"#), Some(Found::String("a b")));
    assert_eq!(sealed(" { \"n\" : 1 , \"encrypt\" : 2 , \"o\" : {} }"), Some(Found::Plain("2")));
    assert_eq!(sealed(r#"{"e1234567":"encrypt","endpoint":"e-----t","encrypt":"x"}"#), Some(Found::String("x")));
    for text in
        ["", "{", "encrypt", r#"{"enclast":1}"#, r#"{"a":"encrypt"}"#, r#"{"o":{},"encrypt":"x"}"#, r#"["encrypt"]"#]
    {
        assert_eq!(sealed(text), None, "{text}");
    }
}

#[test]
fn a_member_that_comes_twice_on_the_path_is_ambiguous() {
    assert_eq!(find(r#"{"id":"a","id":"b"}"#, "/id"), Ok(Found::Ambiguous));
    assert_eq!(find(r#"{"a":{"id":"x"},"a":{}}"#, "/a/id"), Ok(Found::Ambiguous));
    assert_eq!(find(r#"{"id":"a","\u0069d":"b"}"#, "/id"), Ok(Found::Ambiguous));
    assert_eq!(find(r#"{"other":1,"other":2,"id":"a"}"#, "/id"), Ok(Found::String("a")));
}

#[test]
fn escapes_are_resolved_in_values_and_names() {
    let text = r#"{"na\u006de":"a\n\ud83d\ude00\/"}"#;
    assert_eq!(find(text, "/name").unwrap().text().as_deref(), Some("a\n😀/"));
}

#[test]
fn half_a_surrogate_pair_is_json_and_no_text() {
    for half in [r"\ud83d", r"\ude00", r"\ude00\ud83d", r"\ud83d\u0041", r"\ud83dx"] {
        let text = format!(r#"{{"cut":"{half}","{half}":1,"id":"a"}}"#);
        assert_eq!(find(&text, "/id"), Ok(Found::String("a")), "{half}");
        let cut = find(&text, "/cut").unwrap();
        assert!(cut.is_present() && cut.text().is_none(), "{half}");
    }
    for broken in [r"\ud83", r"\ug83d", r"\ud83d\u00", r"\u+123"] {
        assert_eq!(find(&format!(r#"["{broken}"]"#), "/0"), Err(super::NotJson), "{broken}");
    }
}

#[test]
fn depth_is_bounded_in_skipped_values_too() {
    let nested = |depth: usize| format!("{{\"a\":{}{},\"id\":1}}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(find(&nested(MAX_DEPTH - 1), "/id"), Ok(Found::Plain("1")));
    assert_eq!(find(&nested(MAX_DEPTH), "/id"), Err(super::NotJson));
}

#[test]
fn what_is_not_json_is_refused() {
    for text in [
        "",
        " ",
        "{",
        "{}x",
        "[1,]",
        "{\"a\":1,}",
        "01",
        "+1",
        "1.",
        ".5",
        "nul",
        "\"\u{1}\"",
        r#""\x""#,
        r#""\u+123""#,
        "{a:1}",
        "'a'",
        "[1 2]",
        "\u{feff}{}",
        "1e",
        "--1",
        "NaN",
    ] {
        assert_eq!(find(text, "/a"), Err(super::NotJson), "{text}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-d\"\\\\é]{0,2}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn scalar_text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        other @ (Value::Number(_) | Value::Bool(_)) => Some(other.to_string()),
        _ => None,
    }
}

proptest! {
    #[test]
    fn agrees_with_serde_json_on_json(value in any_json(), steps in prop::collection::vec("[a-d0-3]{1,2}", 0..4)) {
        let text = value.to_string();
        let pointer: String = steps.iter().flat_map(|step| ["/", step.as_str()]).collect();
        let found = find(&text, &pointer).expect("what serde_json wrote is JSON");
        prop_assert_eq!(found.text().map(alloc::borrow::Cow::into_owned), scalar_text(value.pointer(&pointer)));
        prop_assert_eq!(found.is_present(), value.pointer(&pointer).is_some());
    }

    #[test]
    fn agrees_with_serde_json_on_what_is_json(mut bytes in any_json().prop_map(|v| v.to_string().into_bytes()), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let index = at.index(bytes.len());
        bytes[index] = byte;
        let ours = super::at(&bytes, "/a").is_ok();
        // A number beyond f64 is no JSON to serde_json; to a scanner it is text.
        let theirs = serde_json::from_slice::<Value>(&bytes);
        let out_of_range = theirs.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
        prop_assert!(ours == theirs.is_ok() || out_of_range, "{:?}", String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut found: Vec<Found<'_>> = Vec::from([Found::Absent; 3]);
        let _ = scan(&bytes, &["/a", "/b/0", ""].map(Path::new), &mut found);
    }
}
