//! `imchat providers`.

use crate::command::imchat;

#[test]
fn every_provider_and_kind_has_a_row() {
    let ran = imchat(&[], &["providers"]);
    assert_eq!(ran.code, Some(0));
    for scheme in imchat_verify::providers::all() {
        for facts in scheme.all_facts() {
            let row = |line: &str| line.starts_with(&format!("{} ", scheme.name())) && line.contains(facts.name());
            assert!(ran.out.lines().any(row), "{} {}", scheme.name(), facts.name());
        }
    }
    let slack = ran.out.lines().find(|line| line.starts_with("slack") && line.contains(" events ")).unwrap();
    for part in ["HMAC-SHA256 of v0:{timestamp}:{body}", "5 min both ways", "3 s", "0 s, 1 min, 5 min", "/event_id"] {
        assert!(slack.contains(part), "{part}: {slack}");
    }
}

#[test]
fn the_markdown_table_has_the_same_rows() {
    let ran = imchat(&[], &["providers", "--markdown"]);
    let rows = imchat_verify::providers::all().iter().map(|scheme| {
        let without_key = scheme.without_key().map_or(0, |scheme| scheme.all_facts().count());
        scheme.all_facts().count() + without_key
    });
    assert_eq!(ran.out.lines().count(), 2 + rows.sum::<usize>());
    assert!(ran.out.starts_with("| provider | kind | what is signed | not signed |"), "{}", ran.out);
    assert!(ran.out.lines().all(|line| line.starts_with("| ") && line.ends_with(" |")));
}

/// The tables that readers see are the command's own output: `cargo run -q -p imchat-cli -- providers --markdown`.
#[test]
fn the_tables_in_the_documentation_are_those_of_the_schemes() {
    let table_now = imchat(&[], &["providers", "--markdown"]).out;
    for file in ["../README.md", "../imchat-verify/README.md"] {
        let text = std::fs::read_to_string(file).unwrap();
        let (_, rest) = text.split_once("providers --markdown -->\n").expect("the table's beginning");
        let (table, _) = rest.split_once("<!-- end of providers -->").expect("the table's end");
        assert_eq!(table, table_now, "{file} is stale: put the command's output between the marks");
    }
}
