//! How serialisers spell the characters of a JSON string.

/// Which characters are written as `\u` escapes.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Escapes {
    AsTheyAre,
    /// Only what must be: JavaScript, Rust.
    Fewest,
    /// All that is not ASCII, in lower-case digits: Python, PHP.
    Ascii,
    /// The same in upper-case digits: Java, .NET.
    AsciiUpper,
    /// `<`, `>`, `&` and the two line separators: Go; Rails too.
    Html,
}

impl Escapes {
    pub(super) const OTHERS: [Self; 4] = [Self::Fewest, Self::Ascii, Self::AsciiUpper, Self::Html];

    fn wants(self, char: char) -> bool {
        match self {
            Self::AsTheyAre | Self::Fewest => false,
            Self::Ascii | Self::AsciiUpper => !char.is_ascii(),
            Self::Html => matches!(char, '<' | '>' | '&' | '\u{2028}' | '\u{2029}'),
        }
    }
}

/// Whether a slash has a backslash before it, as PHP writes it.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Slashes {
    AsTheyAre,
    Plain,
    Escaped,
}

impl Slashes {
    pub(super) const ALL: [Self; 3] = [Self::AsTheyAre, Self::Plain, Self::Escaped];
}

/// The same JSON with its strings spelt this way; what stands between them is left alone.
pub(super) fn of(text: &str, escapes: Escapes, slashes: Slashes) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_string = false;
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let mut after = rest.get(char.len_utf8()..).unwrap_or_default();
        match char {
            '"' => {
                in_string = !in_string;
                out.push('"');
            }
            '\\' if in_string => after = escape(rest, escapes, slashes, &mut out),
            '/' if in_string && slashes == Slashes::Escaped => out.push_str("\\/"),
            other if in_string => plain(other, escapes, &mut out),
            other => out.push(other),
        }
        rest = after;
    }
    out
}

/// Writes the escape at the beginning of the text anew; what stands behind it.
fn escape<'t>(text: &'t str, escapes: Escapes, slashes: Slashes, out: &mut String) -> &'t str {
    if text.get(1..2) == Some("/") {
        out.push_str(if slashes == Slashes::Plain { "/" } else { "\\/" });
        return text.get(2..).unwrap_or_default();
    }
    let (char, length) = match unicode(text) {
        Some((char, length)) if escapes != Escapes::AsTheyAre && !must_stay(char) => (char, length),
        found => {
            let length = found.map_or(2, |(_, length)| length);
            out.push_str(text.get(..length).unwrap_or_default());
            return text.get(length..).unwrap_or_default();
        }
    };
    match char {
        '/' if slashes == Slashes::Escaped => out.push_str("\\/"),
        char => plain(char, escapes, out),
    }
    text.get(length..).unwrap_or_default()
}

/// What JSON does not allow unescaped.
const fn must_stay(char: char) -> bool {
    matches!(char, '"' | '\\' | '\0'..='\x1f')
}

fn plain(char: char, escapes: Escapes, out: &mut String) {
    if !escapes.wants(char) {
        return out.push(char);
    }
    for unit in char.encode_utf16(&mut [0; 2]) {
        let digits = const_hex::encode(unit.to_be_bytes());
        out.push_str("\\u");
        out.push_str(&if escapes == Escapes::AsciiUpper { digits.to_ascii_uppercase() } else { digits });
    }
}

/// The character of a `\u` escape, and how long the escape is; a pair of surrogates is one.
fn unicode(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = text.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let first = unit(0)?;
    let (units, length): (&[u16], usize) = match (first, unit(6)) {
        (0xd800..=0xdbff, Some(second)) => (&[first, second], 12),
        _ => (&[first], 6),
    };
    let char = char::decode_utf16(units.iter().copied()).next()?.ok()?;
    Some((char, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &str = r#"{"é":"a/b <😀> \" \n \u0001"}"#;
    const ASCII: &str = r#"{"\u00e9":"a/b <\ud83d\ude00> \" \n \u0001"}"#;

    #[test]
    fn escapes_are_those_of_the_serialisers() {
        assert_eq!(of(RAW, Escapes::Ascii, Slashes::AsTheyAre), ASCII);
        assert_eq!(of(ASCII, Escapes::Fewest, Slashes::AsTheyAre), RAW);
        assert_eq!(of(ASCII, Escapes::AsTheyAre, Slashes::AsTheyAre), ASCII);
        let upper = of(ASCII, Escapes::AsciiUpper, Slashes::AsTheyAre);
        assert!(upper.contains(r"\u00E9") && upper.contains(r"\uD83D\uDE00"), "{upper}");
        assert_eq!(of("\"<&>\u{2028}\"", Escapes::Html, Slashes::Plain), r#""\u003c\u0026\u003e\u2028""#);
    }

    #[test]
    fn slashes_come_with_and_without_a_backslash() {
        assert_eq!(of(r#"["a/b",1]"#, Escapes::AsTheyAre, Slashes::Escaped), r#"["a\/b",1]"#);
        assert_eq!(of(r#"["a\/b","\\/"]"#, Escapes::AsTheyAre, Slashes::Plain), r#"["a/b","\\/"]"#);
    }

    #[test]
    fn a_lone_surrogate_stays_as_it_is() {
        assert_eq!(of(r#""\ud83d""#, Escapes::Fewest, Slashes::Plain), r#""\ud83d""#);
    }
}
