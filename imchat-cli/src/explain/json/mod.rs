//! JSON that was parsed and serialised again: the spellings that serialisers differ in.

mod layout;
mod order;
mod spelling;

use self::layout::Layout;
use self::spelling::{Escapes, Slashes};
use super::mistakes::Bodies;

/// The body as text, where it is JSON that fits a parser.
fn json(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    let is_json = matches!(text.trim_start().as_bytes().first(), Some(b'{' | b'['));
    (is_json && serde_json::from_str::<serde_json::Value>(text).is_ok()).then_some(text)
}

fn each<'b>(body: &'b [u8], spellings: impl Iterator<Item = fn(&str) -> String> + 'b) -> Bodies<'b> {
    let text = json(body);
    Box::new(spellings.filter_map(move |spelling| text.map(|text| spelling(text).into_bytes())))
}

/// With the white space of the usual printers.
pub(super) fn compacted(body: &[u8]) -> Bodies<'_> {
    let text = json(body);
    Box::new(Layout::WITH_SPACE.into_iter().filter_map(move |layout| text.map(|text| layout.of(text).into_bytes())))
}

/// Without white space.
pub(super) fn spaced(body: &[u8]) -> Bodies<'_> {
    let of = |text: &str| Layout::Compact.of(text);
    each(body, [of as fn(&str) -> String].into_iter())
}

/// With other escapes of characters.
pub(super) fn escaped(body: &[u8]) -> Bodies<'_> {
    let text = json(body);
    let spelt = move |escapes| text.map(|text| spelling::of(text, escapes, Slashes::AsTheyAre).into_bytes());
    Box::new(Escapes::OTHERS.into_iter().filter_map(spelt))
}

/// With other slashes.
pub(super) fn slashed(body: &[u8]) -> Bodies<'_> {
    let text = json(body);
    let spelt = move |slashes| text.map(|text| spelling::of(text, Escapes::AsTheyAre, slashes).into_bytes());
    Box::new([Slashes::Plain, Slashes::Escaped].into_iter().filter_map(spelt))
}

/// With its members sorted, or, where there are few, in any order; compact or spaced.
pub(super) fn reordered(body: &[u8]) -> Bodies<'_> {
    let Some(compact) = json(body).map(|text| Layout::Compact.of(text)) else { return Box::new(std::iter::empty()) };
    let orders = std::iter::once(order::sorted(&compact)).chain(order::permuted(&compact));
    let layouts = [Layout::Compact, Layout::Spaced, Layout::Indented("  ")];
    Box::new(orders.flat_map(move |text| layouts.map(|layout| layout.of(&text).into_bytes())))
}

/// With all of these at once.
pub(super) fn reserialised(body: &[u8]) -> Bodies<'_> {
    let Some(text) = json(body) else { return Box::new(std::iter::empty()) };
    let sorted = order::sorted(&Layout::Compact.of(text));
    let texts = [text.to_owned(), sorted];
    let spelt = texts.into_iter().flat_map(|text| {
        let all = std::iter::once(Escapes::AsTheyAre).chain(Escapes::OTHERS);
        all.flat_map(move |escapes| {
            let text = text.clone();
            Slashes::ALL.into_iter().map(move |slashes| spelling::of(&text, escapes, slashes))
        })
    });
    let layouts = std::iter::once(Layout::Compact).chain(Layout::WITH_SPACE);
    Box::new(spelt.flat_map(move |text| layouts.clone().map(move |layout| layout.of(&text).into_bytes())))
}

/// The text that a JSON string holds.
pub(super) fn quoted(body: &[u8]) -> Bodies<'_> {
    let text = serde_json::from_slice::<String>(body).ok();
    Box::new(text.map(String::into_bytes).into_iter())
}
