//! `views.open`, and what comes over response URLs.

use serde_json::{Value, json};

use super::arguments::Arguments;
use super::methods::{Refusal, State};

impl State {
    pub(super) fn views_open(
        &self,
        authorized: Result<(), &'static str>,
        arguments: Result<Arguments, &'static str>,
    ) -> Result<Value, Refusal> {
        authorized?;
        let arguments = arguments?;
        self.fault()?;
        let trigger = arguments.text("trigger_id").ok_or("invalid_arguments")?;
        let view = arguments.value("view").cloned().ok_or("invalid_arguments")?;
        checked(&view)?;
        self.issued.pull(trigger, self.settings.clock.now())?;
        Ok(json!({ "ok": true, "view": self.record.opened(view) }))
    }
}

/// The limits of a modal: <https://docs.slack.dev/reference/views/modal-views>.
fn checked(view: &Value) -> Result<(), &'static str> {
    let text = |name: &str| view.get(name)?.get("text")?.as_str().map(|text| text.chars().count());
    let blocks = view.get("blocks").and_then(Value::as_array).ok_or("invalid_arguments")?;
    let has_input = blocks.iter().any(|block| block["type"] == "input");
    let title = text("title").is_some_and(|count| (1..=24).contains(&count));
    let others = ["submit", "close"].iter().all(|name| text(name).is_none_or(|count| (1..=24).contains(&count)));
    let short = |name: &str, limit| view.get(name).and_then(Value::as_str).unwrap_or_default().len() <= limit;
    let fits = blocks.len() <= 100 && short("private_metadata", 3000) && short("callback_id", 255);
    if view["type"] != "modal" || !title || !others || !fits || (has_input && text("submit").is_none()) {
        return Err("invalid_arguments");
    }
    Ok(())
}
