//! JSON that is written and read without a type of its own.

use serde_json::Value;

/// The object with these members too; those that are there are replaced.
pub(crate) fn also<const N: usize>(mut object: Value, members: [(&str, Value); N]) -> Value {
    if let Value::Object(fields) = &mut object {
        fields.extend(members.map(|(name, value)| (name.to_owned(), value)));
    }
    object
}

/// The text at a JSON pointer, where there is one.
pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// The elements of the array at a JSON pointer; none where there is no array.
pub(crate) fn array<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
