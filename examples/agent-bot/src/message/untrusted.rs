//! Text of strangers, made fit for a line that somebody decides by.

/// Strips what can make text look like another text, and bounds it.
///
/// Control characters (line ends too) become spaces; direction marks, zero-width and other characters that are not seen
/// go; at most `limit` characters are left, the last an ellipsis where something was cut off. For names, arguments and
/// summaries in approval cards, where what is read must be what is meant (Unicode Technical Report 36, section 2.5).
#[must_use]
pub fn legible(text: &str, limit: usize) -> String {
    let mut seen = text.chars().filter(|c| !is_unseen(*c)).map(|c| if is_space(c) { ' ' } else { c });
    let kept: String = seen.by_ref().take(limit).collect();
    if seen.next().is_none() {
        return kept;
    }
    let mut cut: String = kept.chars().take(limit.saturating_sub(1)).collect();
    cut.extend((limit > 0).then_some('…'));
    cut
}

/// Every space is one space: some are as wide as a screen, and some end a line.
fn is_space(c: char) -> bool {
    c.is_control() || c.is_whitespace() || c == '\u{2800}'
}

/// Direction marks, zero-width and invisible characters, fillers, variation selectors and tags: what is never shown to
/// anybody who has to read what is meant.
#[must_use]
pub const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{00ad}'
            | '\u{034f}'
            | '\u{061c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_gone() {
        let cases = [
            ("deploy\u{202e}tset\u{202c}", "deploytset"),
            ("pro\u{200b}d\u{feff}", "prod"),
            ("a\u{2066}b\u{2069}\u{200f}", "ab"),
            ("x\u{e0041}\u{fe0f}y", "xy"),
            ("one\ntwo\tthree\u{7}\u{2028}", "one two three  "),
            ("a\u{3000}b\u{2800}", "a b "),
            ("结账 naïve — ok", "结账 naïve — ok"),
        ];
        for (text, seen) in cases {
            assert_eq!(legible(text, 100), seen);
        }
    }

    #[test]
    fn long_text_is_cut_with_an_ellipsis() {
        assert_eq!(legible("abcdef", 6), "abcdef");
        assert_eq!(legible("abcdefg", 6), "abcde…");
        assert_eq!(legible("abc", 1), "…");
        assert_eq!(legible("abc", 0), "");
    }
}
