//! The results as a table, one row for every SDK and scheme.

use crate::trial::Tally;

const HEADINGS: [&str; 8] =
    ["provider", "SDK", "version", "signed here", "signed there", "changed", "agreed", "named policies"];

pub(crate) fn of(tallies: &[Tally]) -> String {
    let rows: Vec<[String; 8]> = std::iter::once(HEADINGS.map(str::to_owned)).chain(tallies.iter().map(row)).collect();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..HEADINGS.len()).map_while(width).collect();
    let line = |row: &[String; 8]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

fn row(tally: &Tally) -> [String; 8] {
    let Some(version) = &tally.version else {
        let none = || "–".to_owned();
        let (provider, sdk) = (tally.vendor.provider.into(), tally.vendor.sdk.into());
        return [provider, sdk, none(), none(), none(), none(), none(), "this build has no such scheme".into()];
    };
    let policies: Vec<String> = tally.policies.iter().map(|(name, count)| format!("{name} ({count})")).collect();
    [
        tally.vendor.provider.into(),
        format!("{} ({:?})", tally.vendor.sdk, tally.vendor.language),
        version.clone(),
        tally.signed_here.to_string(),
        tally.signed_there.to_string(),
        tally.changed.to_string(),
        format!("{} of {}", tally.agreed, tally.cases()),
        if policies.is_empty() { "–".into() } else { policies.join(", ") },
    ]
}
