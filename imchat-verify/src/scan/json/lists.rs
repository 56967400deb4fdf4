//! The arrays of a text that hold the items of a batch, and what one of the items looks like alone.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::{Found, MAX_LISTS, NotJson, Scanner, deeper, eat, space, string, unescape, unquoted};

/// An array that holds items.
#[derive(Debug)]
struct Array {
    /// Which of the places it stands at.
    list: usize,
    span: Range<usize>,
    elements: Vec<Element>,
}

#[derive(Debug)]
struct Element {
    span: Range<usize>,
    /// The arrays of items in it.
    arrays: Vec<Array>,
}

/// The items of a text: the elements of its arrays at given places, but for those that hold items themselves.
#[derive(Debug)]
pub(crate) struct Lists<'a> {
    text: &'a str,
    arrays: Vec<Array>,
    items: Vec<Item>,
}

/// Where an item stands.
#[derive(Debug)]
pub(crate) struct Item {
    /// Which of the places its array stands at.
    pub(crate) list: usize,
    span: Range<usize>,
    /// Its way down: an array's index and an element's, for every array on it.
    way: Vec<(usize, usize)>,
}

impl<'a> Lists<'a> {
    /// Finds the arrays at these places, each a pointer in which `*` stands for every element of an array; nothing where
    /// the text is not JSON, where none of the places is an array, or where a member on the way comes twice.
    pub(crate) fn read(text: &'a [u8], places: &[&'static str]) -> Option<Self> {
        let text = core::str::from_utf8(text).ok()?;
        let steps: Vec<Vec<&str>> = places
            .iter()
            .take(MAX_LISTS)
            .map(|place| place.strip_prefix('/').map(|steps| steps.split('/').collect()).unwrap_or_default())
            .collect();
        let all: Vec<usize> = (0..steps.len()).collect();
        let walk = Walk { text, steps };
        let mut arrays = Vec::new();
        let end = walk.value(space(text.as_bytes(), 0), 0, &all, &mut arrays).ok()?;
        if space(text.as_bytes(), end) != text.len() || arrays.is_empty() {
            return None;
        }
        let mut items = Vec::new();
        collect(&arrays, &mut Vec::new(), &mut items);
        Some(Self { text, arrays, items })
    }

    pub(crate) fn items(&self) -> &[Item] {
        &self.items
    }

    /// The item's own text.
    pub(crate) fn text(&self, item: &Item) -> &'a str {
        self.text.get(item.span.clone()).unwrap_or_default()
    }

    /// The whole text as if it had held this item alone: all other elements of the arrays are left out.
    pub(crate) fn alone(&self, item: &Item) -> String {
        let mut out = String::new();
        self.emit(0..self.text.len(), &self.arrays, &item.way, &mut out);
        out
    }

    fn emit(&self, span: Range<usize>, arrays: &[Array], way: &[(usize, usize)], out: &mut String) {
        let Some(((array_on_way, element_on_way), rest)) = way.split_first() else {
            out.push_str(self.text.get(span).unwrap_or_default());
            return;
        };
        let mut at = span.start;
        for (index, array) in arrays.iter().enumerate() {
            out.push_str(self.text.get(at..array.span.start).unwrap_or_default());
            out.push('[');
            if let Some(element) = array.elements.get(*element_on_way).filter(|_| index == *array_on_way) {
                self.emit(element.span.clone(), &element.arrays, rest, out);
            }
            out.push(']');
            at = array.span.end;
        }
        out.push_str(self.text.get(at..span.end).unwrap_or_default());
    }
}

/// Adds what is an item; says whether there was one.
fn collect(arrays: &[Array], way: &mut Vec<(usize, usize)>, items: &mut Vec<Item>) -> bool {
    let before = items.len();
    for (array_index, array) in arrays.iter().enumerate() {
        for (element_index, element) in array.elements.iter().enumerate() {
            way.push((array_index, element_index));
            if !collect(&element.arrays, way, items) {
                items.push(Item { list: array.list, span: element.span.clone(), way: way.clone() });
            }
            way.pop();
        }
    }
    items.len() > before
}

struct Walk<'a> {
    text: &'a str,
    /// The steps of every place.
    steps: Vec<Vec<&'static str>>,
}

impl Walk<'_> {
    /// Reads a value, `depth` steps down, on the way to these places.
    fn value(&self, at: usize, depth: usize, on: &[usize], found: &mut Vec<Array>) -> Result<usize, NotJson> {
        let bytes = self.text.as_bytes();
        match bytes.get(at) {
            Some(b'{') if !on.is_empty() => self.object(at, depth, on, found),
            Some(b'[') if !on.is_empty() => self.array(at, depth, on, found),
            _ => {
                let mut none: [Found<'_>; 0] = [];
                Scanner { text: self.text, bytes, pointers: &[], found: &mut none }.value(at, depth, 0, 0)
            }
        }
    }

    /// The places among these whose next step this is.
    fn onward(&self, depth: usize, on: &[usize], step: &str) -> Vec<usize> {
        let takes = |place: &&usize| self.steps.get(**place).and_then(|steps| steps.get(depth)) == Some(&step);
        on.iter().filter(takes).copied().collect()
    }

    fn object(&self, at: usize, depth: usize, on: &[usize], found: &mut Vec<Array>) -> Result<usize, NotJson> {
        let below = deeper(depth)?;
        let bytes = self.text.as_bytes();
        let mut at = space(bytes, at.saturating_add(1));
        if bytes.get(at) == Some(&b'}') {
            return Ok(at.saturating_add(1));
        }
        let mut seen: Vec<usize> = Vec::new();
        loop {
            let after = string(bytes, at)?;
            let key = unescape(unquoted(self.text, at, after)?);
            let value = space(bytes, eat(bytes, space(bytes, after), b':')?);
            // `*` is a step into arrays only.
            let next = key.filter(|key| key != "*").map(|key| self.onward(depth, on, &key)).unwrap_or_default();
            if next.iter().any(|place| seen.contains(place)) {
                return Err(NotJson);
            }
            seen.extend(&next);
            at = space(bytes, self.value(value, below, &next, found)?);
            match bytes.get(at) {
                Some(b',') => at = space(bytes, at.saturating_add(1)),
                Some(b'}') => return Ok(at.saturating_add(1)),
                _ => return Err(NotJson),
            }
        }
    }

    fn array(&self, start: usize, depth: usize, on: &[usize], found: &mut Vec<Array>) -> Result<usize, NotJson> {
        let below = deeper(depth)?;
        let bytes = self.text.as_bytes();
        let next = self.onward(depth, on, "*");
        let list = on.iter().copied().find(|place| self.steps.get(*place).is_some_and(|steps| steps.len() == depth));
        let mut elements = Vec::new();
        let mut at = space(bytes, start.saturating_add(1));
        let mut ended = bytes.get(at) == Some(&b']');
        while !ended {
            let mut arrays = Vec::new();
            let end = self.value(at, below, &next, &mut arrays)?;
            match list {
                Some(_) => elements.push(Element { span: at..end, arrays }),
                None => found.append(&mut arrays),
            }
            at = space(bytes, end);
            ended = match bytes.get(at) {
                Some(b',') => false,
                Some(b']') => true,
                _ => return Err(NotJson),
            };
            if !ended {
                at = space(bytes, at.saturating_add(1));
            }
        }
        let end = at.saturating_add(1);
        if let Some(list) = list {
            found.push(Array { list, span: start..end, elements });
        }
        Ok(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const META: &[&str] = &["/entry", "/entry/*/messaging", "/entry/*/changes", "/entry/*/changes/*/value/messages"];

    fn alone(text: &str, places: &[&'static str]) -> Option<Vec<(String, String)>> {
        let lists = Lists::read(text.as_bytes(), places)?;
        Some(lists.items().iter().map(|item| (lists.text(item).into(), lists.alone(item))).collect())
    }

    fn pairs(list: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
        Some(list.iter().map(|(text, whole)| ((*text).into(), (*whole).into())).collect())
    }

    #[test]
    fn every_element_stands_alone_in_its_surroundings() {
        let text = r#" {"to": "U1", "events": [ {"a": 1} , [2], "x,]" ], "more": [1, 2]} "#;
        let around = |inner: &str| format!(r#" {{"to": "U1", "events": [{inner}], "more": [1, 2]}} "#);
        let items = alone(text, &["/events"]).unwrap();
        for (item, text) in items.iter().zip([r#"{"a": 1}"#, "[2]", r#""x,]""#]) {
            assert_eq!(*item, (text.to_string(), around(text)));
        }
        assert_eq!(items.len(), 3);
    }

    #[test]
    fn an_element_that_holds_items_is_none_itself() {
        let text = r#"{"entry":[{"id":1,"messaging":[{"m":1},{"m":2}]},{"id":2,"changes":[{"value":{"messages":[7],"x":0}},{"value":{"messages":[]}}]},{"id":3}]}"#;
        assert_eq!(
            alone(text, META),
            pairs(&[
                (r#"{"m":1}"#, r#"{"entry":[{"id":1,"messaging":[{"m":1}]}]}"#),
                (r#"{"m":2}"#, r#"{"entry":[{"id":1,"messaging":[{"m":2}]}]}"#),
                ("7", r#"{"entry":[{"id":2,"changes":[{"value":{"messages":[7],"x":0}}]}]}"#),
                (r#"{"value":{"messages":[]}}"#, r#"{"entry":[{"id":2,"changes":[{"value":{"messages":[]}}]}]}"#),
                (r#"{"id":3}"#, r#"{"entry":[{"id":3}]}"#),
            ])
        );
    }

    #[test]
    fn what_stands_alone_is_that_one_item_again() {
        let text = r#"{"entry":[{"messaging":[{"m":[]},{"m":2}],"changes":[{"value":{"messages":[1,2]}}]}]}"#;
        for (text, whole) in alone(text, META).unwrap() {
            assert_eq!(alone(&whole, META), Some(alloc::vec![(text, whole.clone())]));
        }
    }

    #[test]
    fn a_list_may_be_empty_and_the_text_may_be_one() {
        assert_eq!(alone(r#"{"events":[]}"#, &["/events"]), pairs(&[]));
        assert_eq!(alone("[]", &[""]), pairs(&[]));
        assert_eq!(alone("[1, 2]", &[""]), pairs(&[("1", "[1]"), ("2", "[2]")]));
    }

    #[test]
    fn what_is_no_list_is_no_batch() {
        for text in [
            "",
            "{}",
            "7",
            "no json",
            r#"{"events":{}}"#,
            r#"{"events":[1]"#,
            r#"{"events":[1,]}"#,
            r#"{"events":[1]} x"#,
            r#"{"events":[1],"events":[2]}"#,
            r#"{"events":[1],"\u0065vents":[2]}"#,
        ] {
            assert_eq!(alone(text, &["/events"]), None, "{text}");
        }
        assert_eq!(Lists::read(b"{\"events\":[\"\xFF\"]}", &["/events"]).map(|_| ()), None);
        let deep = [r#"{"events":["#, &"[".repeat(200), &"]".repeat(200), "]}"].concat();
        assert_eq!(alone(&deep, &["/events"]), None);
    }
}
