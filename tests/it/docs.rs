//! Pages that are written from the schemes.

#[test]
fn the_page_of_providers_is_what_the_schemes_say() {
    let page = std::fs::read_to_string("../docs/providers.md").unwrap();
    let now = imchat_tests::providers_page::page();
    let differs = page.lines().zip(now.lines()).find(|(written, now)| written != now);
    assert!(page == now, "run `cargo run -q -p imchat-tests --bin providers-page > docs/providers.md`: {differs:?}");
}

/// What a contributor writes for a provider, without what it imports and what it says to readers.
fn lines_of(block: &str) -> usize {
    let lines = block.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with("use ") && !line.starts_with("//")).count()
}

#[test]
fn a_provider_and_a_check_of_its_own_take_twelve_lines_at_most() {
    let guide = std::fs::read_to_string("../CONTRIBUTING.md").unwrap();
    let blocks: Vec<&str> = guide.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let schemes: Vec<&str> = blocks.into_iter().filter(|block| block.contains("provider!(")).collect();
    assert_eq!(schemes.len(), 2, "one is data alone, the other has a check of its own");
    for scheme in schemes {
        assert!(lines_of(scheme) <= 12, "{} lines:\n{scheme}", lines_of(scheme));
    }
}
