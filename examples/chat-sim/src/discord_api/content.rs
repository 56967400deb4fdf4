//! What a message may hold.

use std::collections::BTreeSet;

use serde_json::Value;

use super::calls::Refusal;

const CONTENT: usize = 2000;
const ROWS: usize = 5;
const BUTTONS: usize = 5;
const CUSTOM_ID: usize = 100;
const LABEL: usize = 80;
const OPTIONS: usize = 25;
const OPTION: usize = 100;
const PLACEHOLDER: usize = 150;
const NONCE: usize = 25;

/// A body that Discord takes.
pub(super) fn checked(body: &[u8]) -> Result<Value, Refusal> {
    let json: Value = serde_json::from_slice(body).map_err(|_| Refusal::BAD_JSON)?;
    if !json.is_object() {
        return Err(Refusal::BAD_FORM);
    }
    let fits = |pointer: &str, limit| short(json.pointer(pointer), limit);
    let mentions = json.pointer("/allowed_mentions/users").and_then(Value::as_array).map_or(0, Vec::len);
    if !fits("/content", CONTENT) || !fits("/nonce", NONCE) || mentions > 100 {
        return Err(Refusal::BAD_FORM);
    }
    let rows = json.get("components").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut ids = BTreeSet::new();
    if rows.len() > ROWS || !rows.iter().all(|row| row_fits(row, &mut ids)) {
        return Err(Refusal::BAD_FORM);
    }
    Ok(json)
}

/// Whether there is anything to see.
pub(super) fn is_empty(json: &Value) -> bool {
    let text = json.get("content").and_then(Value::as_str).unwrap_or_default();
    let rows = json.get("components").and_then(Value::as_array).map_or(0, Vec::len);
    text.trim().is_empty() && rows == 0
}

/// Buttons, or one select, each with an id of its own.
fn row_fits(row: &Value, ids: &mut BTreeSet<String>) -> bool {
    let components = row.get("components").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let kind = |component: &Value| component.get("type").and_then(Value::as_u64);
    let right = match components {
        [select] if kind(select) == Some(3) => select_fits(select),
        buttons => {
            (1..=BUTTONS).contains(&buttons.len()) && buttons.iter().all(|it| kind(it) == Some(2) && button_fits(it))
        }
    };
    kind(row) == Some(1) && right && components.iter().all(|component| is_new(component, ids))
}

fn button_fits(button: &Value) -> bool {
    let style = button.get("style").and_then(Value::as_u64).is_some_and(|style| (1..=4).contains(&style));
    style && filled(button.get("label"), LABEL)
}

fn select_fits(select: &Value) -> bool {
    let options = select.get("options").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let fits = |option: &Value| filled(option.get("label"), OPTION) && filled(option.get("value"), OPTION);
    (1..=OPTIONS).contains(&options.len()) && options.iter().all(fits) && short(select.get("placeholder"), PLACEHOLDER)
}

fn is_new(component: &Value, ids: &mut BTreeSet<String>) -> bool {
    let id = component.get("custom_id");
    filled(id, CUSTOM_ID) && id.and_then(Value::as_str).is_some_and(|id| ids.insert(id.to_owned()))
}

fn short(text: Option<&Value>, limit: usize) -> bool {
    text.and_then(Value::as_str).is_none_or(|text| text.chars().count() <= limit)
}

fn filled(text: Option<&Value>, limit: usize) -> bool {
    text.and_then(Value::as_str).is_some_and(|text| (1..=limit).contains(&text.chars().count()))
}
