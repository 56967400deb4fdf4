//! The order of an object's members.

/// More members than this have too many orders to try.
const MOST_PERMUTED: usize = 6;

/// Compact JSON with the members of every object sorted by name.
pub(super) fn sorted(text: &str) -> String {
    let Some((open, parts, close)) = parts(text) else { return text.to_owned() };
    let mut parts: Vec<String> = parts.into_iter().map(part).collect();
    if open == "{" {
        parts.sort();
    }
    [open, &parts.join(","), close].concat()
}

/// A member with its value sorted, or an element sorted.
fn part(text: &str) -> String {
    let value = if text.starts_with('"') { string_end(text).unwrap_or(text.len()) } else { 0 };
    match text.split_at_checked(value) {
        Some((name, rest)) => match rest.strip_prefix(':') {
            Some(value) => [name, ":", &sorted(value)].concat(),
            None if name.is_empty() => sorted(rest),
            None => text.to_owned(),
        },
        None => text.to_owned(),
    }
}

/// Compact JSON with the members of the outermost object in every other order, where they are few.
pub(super) fn permuted(text: &str) -> impl Iterator<Item = String> + use<> {
    let parts = match parts(text) {
        Some(("{", parts, _)) if parts.len() <= MOST_PERMUTED => parts.into_iter().map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let orders = orders(parts.len());
    orders.into_iter().skip(1).map(move |order| {
        let members: Vec<&str> = order.iter().filter_map(|at| parts.get(*at)).map(String::as_str).collect();
        ["{", &members.join(","), "}"].concat()
    })
}

/// All orders of so many places, the natural one first.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for _ in 0..count {
        orders = orders
            .into_iter()
            .flat_map(|order: Vec<usize>| {
                let rest: Vec<usize> = (0..count).filter(|at| !order.contains(at)).collect();
                rest.into_iter().map(move |at| [order.as_slice(), &[at]].concat())
            })
            .collect();
    }
    orders
}

/// The brackets of compact JSON and what stands between the commas of its outermost level.
fn parts(text: &str) -> Option<(&str, Vec<&str>, &str)> {
    let (open, close) = (text.get(..1)?, text.get(text.len().checked_sub(1)?..)?);
    if !matches!((open, close), ("{", "}") | ("[", "]")) {
        return None;
    }
    let inner = text.get(1..text.len().checked_sub(1)?)?;
    let (mut parts, mut depth, mut from, mut at) = (Vec::new(), 0_usize, 0_usize, 0_usize);
    while let Some(byte) = inner.as_bytes().get(at) {
        match byte {
            b'"' => {
                at = at.saturating_add(string_end(inner.get(at..)?)?);
                continue;
            }
            b'{' | b'[' => depth = depth.saturating_add(1),
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(inner.get(from..at)?);
                from = at.saturating_add(1);
            }
            _ => {}
        }
        at = at.saturating_add(1);
    }
    if !inner.is_empty() {
        parts.push(inner.get(from..)?);
    }
    Some((open, parts, close))
}

/// Where the string that the text starts with has ended.
fn string_end(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !is_escaped => return Some(at.saturating_add(1)),
            b'\\' if !is_escaped => is_escaped = true,
            _ => is_escaped = false,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_sorted_at_every_depth_and_elements_are_not() {
        let text = r#"{"b":[{"d":"}","c":","},2,1],"a":{"f\"":1,"e":{}}}"#;
        assert_eq!(sorted(text), r#"{"a":{"e":{},"f\"":1},"b":[{"c":",","d":"}"},2,1]}"#);
        assert_eq!(sorted("[]"), "[]");
    }

    #[test]
    fn few_members_come_in_every_other_order() {
        let orders: Vec<String> = permuted(r#"{"a":1,"b":2,"c":3}"#).collect();
        assert_eq!(orders.len(), 5);
        assert!(orders.contains(&r#"{"c":3,"a":1,"b":2}"#.to_owned()));
        assert_eq!(permuted(r#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7}"#).count(), 0);
    }
}
