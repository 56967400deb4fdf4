//! From a proved request to what the inbox writes down of it.

use bytes::Bytes;
use http::HeaderMap;
use imchat_verify::inbox::Delivery;
use imchat_verify::{AnyProvider, Receipt, Reply};

use crate::webhook::Config;

/// What is written down of a request.
pub(super) enum Deliveries {
    /// One row; none where the kind has no key.
    One(Option<Box<Delivery>>),
    /// A row for every item of a batch.
    Items(Vec<Delivery>),
}

/// What is written down, and the answer that says taken, the same for every attempt.
pub(super) fn of(config: &Config, headers: &HeaderMap, receipt: &Receipt<AnyProvider>) -> (Deliveries, Reply) {
    // One scan of the body for both.
    let identity = receipt.identity();
    let taken = receipt.accepted_as(&identity);
    let deliveries = match receipt.items() {
        Some(items) => {
            let items = items.iter().filter_map(|item| {
                let delivery = Delivery::of(item, config.clock.now())?;
                Some(with_the_rest(delivery, config, headers, item))
            });
            Deliveries::Items(items.collect())
        }
        None => {
            let delivery = Delivery::identified(receipt, &identity, config.clock.now());
            let delivery = delivery.map(|delivery| with_the_rest(delivery, config, headers, receipt));
            Deliveries::One(delivery.map(Box::new))
        }
    };
    (deliveries, taken)
}

/// What the settings ask for beside the delivery itself.
fn with_the_rest(
    mut delivery: Delivery,
    config: &Config,
    headers: &HeaderMap,
    receipt: &Receipt<AnyProvider>,
) -> Delivery {
    delivery.lane = config.lane.as_ref().and_then(|lane| lane(receipt));
    delivery.trace = single(headers, "traceparent").and_then(|value| str::from_utf8(value).ok()).and_then(trace);
    for name in &config.kept {
        if let Some(value) = single(headers, name.as_str()) {
            delivery.headers.push((name.as_str().to_owned(), Bytes::copy_from_slice(value)));
        }
    }
    delivery
}

/// A header that comes once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.next().is_none().then(|| first.as_bytes())
}

/// A W3C `traceparent` of version 00, which nobody has signed: kept for telemetry and for nothing else.
///
/// <https://www.w3.org/TR/trace-context/#traceparent-header>
fn trace(text: &str) -> Option<String> {
    let mut fields = text.split('-');
    let mut next = |length: usize| {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        fields.next().filter(|field| field.len() == length && field.bytes().all(hex))
    };
    let version = next(2)?;
    let (trace, parent) = (next(32)?, next(16)?);
    next(2)?;
    let is_set = |id: &str| id.bytes().any(|byte| byte != b'0');
    (fields.next().is_none() && version == "00" && is_set(trace) && is_set(parent)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::trace;

    #[test]
    fn only_a_whole_traceparent_is_kept() {
        let whole = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(trace(whole).as_deref(), Some(whole));
        for text in [
            "",
            "00",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b\u{e9}-01",
        ] {
            assert_eq!(trace(text), None, "{text}");
        }
    }
}
