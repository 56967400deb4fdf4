//! What a scheme says of itself, for programs.

use std::time::Duration;

use imchat_verify::scheme::{Facts, Retries};
use imchat_verify::{Form, Scheme};
use serde_json::{Value, json};

use super::row;

/// One scheme with all its kinds of delivery.
pub(super) fn of(scheme: &Scheme) -> Value {
    let window = scheme
        .default_window()
        .map(|window| json!({"past_secs": window.past.as_secs(), "future_secs": window.future.as_secs()}));
    let secrets: Vec<Value> =
        scheme.roles().map(|(role, form)| json!({"role": role.name(), "expected": Form::expected(form)})).collect();
    json!({
        "name": scheme.name(),
        "docs": scheme.docs_url(),
        "proofs": scheme.proofs().collect::<Vec<_>>(),
        "signed": row::signed(scheme),
        "not_signed": scheme.not_signed(),
        "window": window,
        "secrets": secrets,
        "kinds": scheme.all_facts().map(|facts| kind(scheme, facts)).collect::<Vec<_>>(),
    })
}

fn kind(scheme: &Scheme, facts: &Facts) -> Value {
    let seconds = |gaps: &[Duration]| gaps.iter().map(Duration::as_secs).collect::<Vec<_>>();
    let gaps = match facts.ladder() {
        Retries::Never => Some(Vec::new()),
        Retries::Ladder(gaps) => Some(seconds(gaps)),
        _ => None,
    };
    json!({
        "name": facts.name(),
        "ack_secs": facts.published_ack().map(|ack| ack.as_secs()),
        "retry_gaps_secs": gaps,
        "retries": row::retries(facts),
        "dedup_key": row::key(scheme.dedup_of(facts)),
        "largest_body": facts.largest_body(),
    })
}
