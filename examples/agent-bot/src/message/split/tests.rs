use super::*;

fn chars(span: &Span) -> usize {
    match span {
        Span::Plain(text) => text.chars().count(),
        Span::Bold(text) | Span::Italic(text) | Span::Strike(text) | Span::Code(text) => {
            text.chars().count().saturating_add(2)
        }
        Span::Link { label, url } => label.chars().chain(url.chars()).count().saturating_add(3),
        Span::Mention(_) => 10,
        Span::Break => 1,
    }
}

fn split(text: &str, limit: usize) -> Vec<String> {
    let texts = Text::plain(text).split(limit, &chars);
    texts
        .into_iter()
        .map(|text| match text.spans.as_slice() {
            [Span::Plain(text)] => text.clone(),
            spans => panic!("{spans:?}"),
        })
        .collect()
}

#[test]
fn what_fits_stays_whole() {
    assert_eq!(split("one two", 7), ["one two"]);
    assert_eq!(split("", 7), Vec::<String>::new());
}

#[test]
fn it_is_cut_at_a_paragraph_before_a_line_and_at_a_line_before_a_word() {
    assert_eq!(split("one two\n\nthree\nfour five", 20), ["one two", "three\nfour five"]);
    assert_eq!(split("one two\nthree four five", 20), ["one two", "three four five"]);
    assert_eq!(split("one two three four", 10), ["one two", "three four"]);
    assert_eq!(split("abcdefghij", 4), ["abcd", "efgh", "ij"]);
}

#[test]
fn a_paragraph_at_the_very_start_is_no_reason_for_a_tiny_message() {
    assert_eq!(split("a\n\nbb cc dd ee ff gg", 15), ["a\n\nbb cc dd ee", "ff gg"]);
}

#[test]
fn breaks_count_as_lines_and_two_as_a_paragraph() {
    let word = |text: &str| Span::Plain(text.to_owned());
    let text =
        Text { spans: vec![word("one two"), Span::Break, Span::Break, word("three"), Span::Break, word("four")] };
    let texts = text.split(14, &chars);
    assert_eq!(texts[0].spans, [word("one two")]);
    assert_eq!(texts[1].spans, [word("three"), Span::Break, word("four")]);
}

#[test]
fn marked_text_keeps_its_mark_in_every_piece() {
    let texts = Text { spans: vec![Span::Bold("one two three".to_owned())] }.split(14, &chars);
    assert_eq!(texts[0].spans, [Span::Bold("one two".to_owned())]);
    assert_eq!(texts[1].spans, [Span::Bold("three".to_owned())]);
}

#[test]
fn a_link_that_does_not_fit_is_its_label() {
    let link = Span::Link { label: "docs".to_owned(), url: "https://example.com/long".to_owned() };
    let texts = Text { spans: vec![link] }.split(10, &chars);
    assert_eq!(texts, [Text::plain("docs")]);
}

#[test]
fn every_piece_fits_and_no_word_is_lost() {
    let text: String = (0..400).map(|n| format!("w{n}{}", [" ", "\n", "\n\n", "  "][n % 4])).collect();
    for limit in [5, 17, 64, 300] {
        let pieces = split(&text, limit);
        assert!(pieces.iter().all(|piece| piece.chars().count() <= limit), "{limit}");
        let words: Vec<String> = pieces.iter().flat_map(|piece| piece.split_whitespace().map(str::to_owned)).collect();
        assert_eq!(words, text.split_whitespace().collect::<Vec<_>>(), "{limit}");
    }
}

#[test]
fn code_is_cut_between_lines() {
    let count = |text: &str| text.chars().count();
    assert_eq!(split_code("one\ntwo\nthree", 8, &count), ["one\ntwo", "three"]);
    assert_eq!(split_code("onetwothree\nx", 4, &count), ["onet", "woth", "ree", "x"]);
    assert_eq!(split_code("", 4, &count), Vec::<String>::new());
}

#[test]
fn a_cut_never_splits_a_character() {
    assert_eq!(split("结账服务现在", 4), ["结账服务", "现在"]);
}
