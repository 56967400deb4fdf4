//! Rows of text under each other.

use std::io::{self, Write};

/// One cell for each column, and what does not fit into any, written below.
pub(super) struct Row<const N: usize> {
    pub(super) cells: [String; N],
    pub(super) notes: Vec<String>,
}

/// Writes `header` and `rows` with every column as wide as its widest cell, and a rule between them.
///
/// Widths are counted in characters, which is right for the texts the demo prints.
///
/// # Errors
/// When `out` cannot be written to.
pub(super) fn write<const N: usize>(out: &mut impl Write, header: [&str; N], rows: &[Row<N>]) -> io::Result<()> {
    let mut widths = header.map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(&row.cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    line(out, widths, header)?;
    let rule = widths.map(|width| "─".repeat(width));
    line(out, widths, rule.each_ref().map(String::as_str))?;
    for row in rows {
        line(out, widths, row.cells.each_ref().map(String::as_str))?;
        for note in &row.notes {
            writeln!(out, "    {note}")?;
        }
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
    fn columns_line_up_whatever_their_letters_and_notes_stand_below() {
        let row = |cells: [&str; 2], notes: &[&str]| Row {
            cells: cells.map(str::to_owned),
            notes: notes.iter().map(|note| (*note).to_owned()).collect(),
        };
        let rows = [row(["é", "x"], &["a note, longer than the row"]), row(["long cell", "“y”"], &[])];
        let mut out = Vec::new();
        write(&mut out, ["a", "b"], &rows).expect("written");
        let text = String::from_utf8(out).expect("text");
        let expected = "a          b\n─────────  ───\né          x\n    a note, longer than the row\nlong cell  “y”\n";
        assert_eq!(text, expected);
    }
}
