//! XML bodies.

use std::sync::LazyLock;

use imchat_verify::Signature;
use imchat_verify::Source::Xml;
use imchat_verify::scheme::{Hash, Key, Scheme};
use roxmltree::Document;

use crate::signed::{Pair, stated};

static XML: Scheme = Scheme::hmac("fuzzed-xml", Hash::Sha256, Signature::hex("x-sig"))
    .key(Key::Id(&[Xml("MsgId")]))
    .event_type(&[Xml("Event")])
    .tenant(&[Xml("ToUserName")])
    .build();

static PAIR: LazyLock<Option<Pair>> = LazyLock::new(|| Pair::new(&XML));

/// Any body: what is read is well-formed to another parser too, and the text of the only such element below the root.
pub fn xml(data: &[u8]) {
    let Some(pair) = &*PAIR else { panic!("the XML scheme has no keys") };
    let stated = stated(pair, data);
    if stated.iter().all(Option::is_none) {
        return;
    }
    let Ok(text) = std::str::from_utf8(data) else { panic!("what is no text is read") };
    // Platforms send blanks before the root, which only a declaration would forbid, and control characters are theirs to
    // answer for: the other parser refuses a whole document for one.
    let text: String = text.trim().chars().map(plain).collect();
    let document = match Document::parse(&text) {
        Ok(document) => document,
        Err(error) => panic!("what is no XML is read: {error}"),
    };
    for (name, ours) in ["MsgId", "Event", "ToUserName"].into_iter().zip(stated) {
        let Some(ours) = ours else { continue };
        let mut elements = document.root_element().children().filter(|child| child.has_tag_name(name));
        let (Some(element), None) = (elements.next(), elements.next()) else {
            panic!("{name} is read where there is not one")
        };
        assert!(element.children().all(|child| child.is_text()), "{name} is read although it holds others");
        let theirs: String = element.children().filter_map(|child| child.text()).collect();
        let ours: String = ours.chars().map(plain).collect();
        // A parser has to make one line feed of what ends a line elsewhere, in each piece of the text by itself; nothing hangs
        // on it here, so all that ends lines side by side counts as one.
        let lines =
            |text: &str| text.split(['\r', '\n']).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
        assert_eq!(lines(&ours), lines(&theirs), "{name} is read as something else");
    }
}

/// The character, or one in its place that every document may hold.
fn plain(character: char) -> char {
    match character {
        '\t' | '\n' | '\r' => character,
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '?',
        _ => character,
    }
}
