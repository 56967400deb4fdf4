//! White space between the tokens of JSON.

/// How a printer sets tokens apart.
#[derive(Clone, Copy)]
pub(super) enum Layout {
    /// Not at all: JavaScript, Go, Rust, PHP.
    Compact,
    /// A space after commas and colons: Python.
    Spaced,
    /// A line a member, indented by this, and a space after colons: everybody's pretty printer.
    Indented(&'static str),
}

impl Layout {
    pub(super) const WITH_SPACE: [Self; 4] =
        [Self::Spaced, Self::Indented("  "), Self::Indented("    "), Self::Indented("\t")];

    /// The same tokens in this layout. The text must be JSON.
    pub(super) fn of(self, text: &str) -> String {
        let mut printer = Printer { layout: self, depth: 0, out: String::with_capacity(text.len()) };
        let (mut in_string, mut is_escaped) = (false, false);
        let mut rest = text.chars().peekable();
        while let Some(char) = rest.next() {
            if in_string {
                printer.out.push(char);
                in_string = is_escaped || char != '"';
                is_escaped = !is_escaped && char == '\\';
                continue;
            }
            if char.is_ascii_whitespace() {
                continue;
            }
            in_string = char == '"';
            if matches!(char, '{' | '[') {
                while rest.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(close) = rest.next_if(|next| matches!(next, '}' | ']')) {
                    printer.out.extend([char, close]);
                    continue;
                }
            }
            printer.token(char);
        }
        printer.out
    }
}

struct Printer {
    layout: Layout,
    depth: usize,
    out: String,
}

impl Printer {
    fn token(&mut self, char: char) {
        match char {
            '{' | '[' => {
                self.out.push(char);
                self.depth = self.depth.saturating_add(1);
                self.line();
            }
            '}' | ']' => {
                self.depth = self.depth.saturating_sub(1);
                self.line();
                self.out.push(char);
            }
            ',' => {
                self.out.push(',');
                match self.layout {
                    Layout::Spaced => self.out.push(' '),
                    _ => self.line(),
                }
            }
            ':' => {
                self.out.push(':');
                if !matches!(self.layout, Layout::Compact) {
                    self.out.push(' ');
                }
            }
            other => self.out.push(other),
        }
    }

    fn line(&mut self) {
        if let Layout::Indented(by) = self.layout {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n(by, self.depth));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_is_that_of_its_printers() {
        let text = r#"{ "a:\"b" : [1,-2.0e3 , {}, [ ] ],"c":{"d":null}}"#;
        assert_eq!(Layout::Compact.of(text), r#"{"a:\"b":[1,-2.0e3,{},[]],"c":{"d":null}}"#);
        assert_eq!(Layout::Spaced.of(text), r#"{"a:\"b": [1, -2.0e3, {}, []], "c": {"d": null}}"#);
        let value: serde_json::Value = serde_json::from_str(r#"{"a":[1,{"b":2}],"c":{}}"#).unwrap();
        assert_eq!(Layout::Indented("  ").of(&value.to_string()), serde_json::to_string_pretty(&value).unwrap());
    }
}
