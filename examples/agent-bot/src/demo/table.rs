//! Rows of text under each other.

use std::io::{self, Write};

/// Writes `header` and `rows` with every column as wide as its widest cell, and a rule between them.
///
/// Widths are counted in characters, which is right for the texts the demo prints.
///
/// # Errors
/// When `out` cannot be written to.
pub(super) fn write<const N: usize>(out: &mut impl Write, header: [&str; N], rows: &[[String; N]]) -> io::Result<()> {
    let mut widths = header.map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    line(out, widths, header)?;
    let rule = widths.map(|width| "─".repeat(width));
    line(out, widths, rule.each_ref().map(String::as_str))?;
    for row in rows {
        line(out, widths, row.each_ref().map(String::as_str))?;
    }
    Ok(())
}

fn line<const N: usize>(out: &mut impl Write, widths: [usize; N], cells: [&str; N]) -> io::Result<()> {
    let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
    writeln!(out, "{}", padded.join("  ").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_their_letters() {
        let rows = [["é".to_owned(), "x".to_owned()], ["long cell".to_owned(), "“y”".to_owned()]];
        let mut out = Vec::new();
        write(&mut out, ["a", "b"], &rows).expect("written");
        let text = String::from_utf8(out).expect("text");
        assert_eq!(text, "a          b\n─────────  ───\né          x\nlong cell  “y”\n");
    }
}
