//! The rows as a table: aligned for a terminal, or as Markdown.

use std::io::{self, Write};

use super::row::{HEADINGS, NOT_SIGNED, Row};

/// Columns padded to their widest cell. What is not signed is left to lines of its own.
pub(super) fn aligned(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    let plain = |cell: &str| cell.replace('`', "");
    let headings = HEADINGS.map(str::to_ascii_uppercase);
    let lines: Vec<Vec<String>> =
        std::iter::once(&headings).chain(rows).map(|row| columns(row).map(plain).collect()).collect();
    let width = |column: usize| lines.iter().filter_map(|line| Some(line.get(column)?.chars().count())).max();
    let widths: Vec<usize> = (0..HEADINGS.len()).map_while(width).collect();
    for line in &lines {
        let padded = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        writeln!(out, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

fn columns(row: &Row) -> impl Iterator<Item = &str> {
    row.iter().enumerate().filter(|(column, _)| *column != NOT_SIGNED).map(|(_, cell)| cell.as_str())
}

/// A Markdown table of all columns.
pub(super) fn markdown(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', r"\|")).collect();
        format!("| {} |", cells.join(" | "))
    };
    writeln!(out, "{}", line(&HEADINGS.map(str::to_owned)))?;
    writeln!(out, "{}", line(&HEADINGS.map(|_| "---".to_owned())))?;
    for row in rows {
        writeln!(out, "{}", line(row))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> [Row; 2] {
        ["a", "longer"].map(|name| HEADINGS.map(|heading| format!("{name} {heading} `x|y`")))
    }

    #[test]
    fn columns_start_under_their_headings() {
        let mut out = Vec::new();
        aligned(&rows(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let starts: Vec<_> = text.lines().map(|line| line.to_ascii_lowercase().rfind("dedup key").unwrap()).collect();
        assert_eq!(starts, [starts[0], starts[0] + "a ".len(), starts[0] + "longer ".len()]);
        assert!(!text.contains('`') && !text.contains("not signed"));
    }

    #[test]
    fn markdown_cells_cannot_end_their_column() {
        let mut out = Vec::new();
        markdown(&rows(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let columns: Vec<_> = text.lines().map(|line| line.replace(r"\|", "").matches('|').count()).collect();
        assert_eq!(columns, [HEADINGS.len() + 1; 4]);
    }
}
