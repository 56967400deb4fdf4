use super::*;

fn plain(text: &str) -> Span {
    Span::Plain(text.to_owned())
}

fn web(label: &str, url: &str) -> Span {
    Span::Link { label: label.to_owned(), url: url.to_owned() }
}

#[test]
fn the_marks_become_spans() {
    let cases = [
        ("**now**", Span::Bold("now".to_owned())),
        ("__now__", Span::Bold("now".to_owned())),
        ("*now*", Span::Italic("now".to_owned())),
        ("_now_", Span::Italic("now".to_owned())),
        ("~~now~~", Span::Strike("now".to_owned())),
        ("`a <b> & *c*`", Span::Code("a <b> & *c*".to_owned())),
        ("[docs](https://example.com/a?b=c#d)", web("docs", "https://example.com/a?b=c#d")),
        ("[docs](http://localhost:8080)", web("docs", "http://localhost:8080")),
    ];
    for (typed, span) in cases {
        assert_eq!(Text::markdown(typed).spans, [span], "{typed}");
    }
}

#[test]
fn marks_stand_amid_text() {
    let spans = Text::markdown("run `deploy` **now**, (*please*)").spans;
    assert_eq!(
        spans,
        [
            plain("run "),
            Span::Code("deploy".to_owned()),
            plain(" "),
            Span::Bold("now".to_owned()),
            plain(", ("),
            Span::Italic("please".to_owned()),
            plain(")"),
        ]
    );
}

#[test]
fn what_is_no_markup_stays_as_typed() {
    for typed in [
        "snake_case_name",
        "2*3*4",
        "a * b * c",
        "** not bold **",
        "**open",
        "`open",
        "~one~",
        "# heading",
        "1. first",
        "> quote",
        "| a | b |",
        "<b>bold</b>",
        "[x]",
        "[](https://example.com)",
        "![image](data:text/html)",
        "C:\\dir\\file",
        "****",
        "``",
        "",
    ] {
        let spans = Text::markdown(typed).spans;
        assert_eq!(spans, if typed.is_empty() { vec![] } else { vec![plain(typed)] }, "{typed}");
    }
}

#[test]
fn a_backslash_takes_a_mark_its_meaning() {
    assert_eq!(
        Text::markdown(r"\*not\* \`code\` \[x](https://example.com)").spans,
        [plain("*not* `code` [x](https://example.com)")]
    );
}

#[test]
fn only_plain_web_addresses_are_links() {
    for url in [
        "javascript:alert(1",
        "data:text/html,x",
        "file:///etc/passwd",
        "slack://open",
        "HTTPS://example.com",
        "https://",
        "https:///path",
        "https://good.example@evil.example/",
        "https://example.com/ x",
        "https://example.com/>x",
        "https://example.com/|x",
        "https://example.com/\u{202e}x",
        "//example.com",
    ] {
        let typed = format!("[label]({url})");
        assert_eq!(Text::markdown(&typed).spans, [plain(&typed)], "{url}");
    }
}

#[test]
fn a_label_that_looks_like_an_address_cannot_hide_another() {
    let spans = Text::markdown("[https://bank.example](https://evil.example/)").spans;
    assert_eq!(spans, [web("https://evil.example/", "https://evil.example/")]);
}

#[test]
fn no_text_becomes_a_mention() {
    for typed in ["<@U1>", "<!channel>", "@everyone", "<at id=all></at>", "<@&1>", "[x](<@U1>)", "**<@U1>**", "`@here`"]
    {
        for part in Outbound::markdown(typed).parts {
            let Part::Text(text) = part else { panic!("{typed} became more than text") };
            assert!(!text.spans.iter().any(|span| matches!(span, Span::Mention(_))), "{typed}");
        }
    }
}

#[test]
fn lists_are_lines_and_lines_are_kept() {
    let spans = Text::markdown("Steps:\n- one\n  * **two**\n").spans;
    let expected =
        [plain("Steps:"), Span::Break, plain("• one"), Span::Break, plain("  • "), Span::Bold("two".to_owned())];
    assert_eq!(spans, expected);
}

#[test]
fn paragraphs_and_fences_become_parts() {
    let message = Outbound::markdown("One.\nStill one.\n\nTwo:\n```rust\nlet a = \"**b**\";\n\n```\nThree.");
    let text = |text: &str| Part::Text(Text::markdown(text));
    let code = Part::Code("let a = \"**b**\";\n".to_owned());
    assert_eq!(message.parts, [text("One.\nStill one."), text("Two:"), code, text("Three.")]);
}

#[test]
fn an_open_fence_runs_to_the_end_and_a_closed_line_is_no_fence() {
    assert_eq!(Outbound::markdown("```\na\nb").parts, [Part::Code("a\nb".to_owned())]);
    let inline = Outbound::markdown("```x```").parts;
    assert!(matches!(inline.as_slice(), [Part::Text(_)]), "{inline:?}");
}
