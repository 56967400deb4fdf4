//! The little XML that platforms send: elements and text below one root.
//!
//! What else the language has is refused, wherever it stands: declarations, document types, entities but for the five that
//! every document has, comments, processing instructions and attributes. Nothing is ever expanded or fetched.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use memchr::memmem;

/// What ends raw text, and may stand in no other.
const CLOSE: &[u8] = b"]]>";

/// How deep elements may nest.
const MAX_DEPTH: usize = 16;

/// The text is none of the XML that is read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotXml;

/// What stands right below the root under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Child<'a> {
    /// Nothing.
    Absent,
    /// One element with this text.
    Text(Cow<'a, str>),
    /// An element that holds others, or several elements: which of them counts is anyone's guess.
    Other,
}

/// One piece of a document.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Open(&'a str),
    Close(&'a str),
    Empty(&'a str),
    Text(&'a str),
    Raw(&'a str),
}

/// Looks for the element of this name right below the root.
pub(crate) fn child<'a>(document: &'a [u8], name: &str) -> Result<Child<'a>, NotXml> {
    let document = core::str::from_utf8(document).map_err(|_| NotXml)?;
    let mut rest = document.trim_matches(is_space);
    let mut open: Vec<&str> = Vec::new();
    let mut rooted = false;
    let mut found = Child::Absent;
    // The text of the element that is looked for, while it is open.
    let mut text: Option<Cow<'_, str>> = None;
    while !rest.is_empty() {
        let (piece, after) = next(rest)?;
        rest = after;
        match piece {
            Piece::Open(_) | Piece::Empty(_) if open.is_empty() && rooted => return Err(NotXml),
            Piece::Open(tag) | Piece::Empty(tag) => {
                rooted = true;
                if text.take().is_some() {
                    found = Child::Other;
                }
                if open.len() == 1 && tag == name {
                    found = if found == Child::Absent { Child::Text(Cow::Borrowed("")) } else { Child::Other };
                    text = (found != Child::Other).then_some(Cow::Borrowed(""));
                }
                if let Piece::Open(tag) = piece {
                    open.push(tag);
                } else if let Some(text) = text.take() {
                    found = Child::Text(text);
                }
                if open.len() > MAX_DEPTH {
                    return Err(NotXml);
                }
            }
            Piece::Close(tag) => {
                if open.pop() != Some(tag) {
                    return Err(NotXml);
                }
                if let Some(text) = text.take() {
                    found = Child::Text(text);
                }
            }
            Piece::Text(_) | Piece::Raw(_) if open.is_empty() => return Err(NotXml),
            Piece::Text(more) => append(&mut text, resolved(more)?),
            Piece::Raw(more) => append(&mut text, Cow::Borrowed(more)),
        }
    }
    if rooted && open.is_empty() { Ok(found) } else { Err(NotXml) }
}

fn append<'a>(text: &mut Option<Cow<'a, str>>, more: Cow<'a, str>) {
    match text {
        Some(text) if text.is_empty() => *text = more,
        Some(text) => text.to_mut().push_str(&more),
        None => {}
    }
}

const fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

/// The next piece, and what follows it.
fn next(text: &str) -> Result<(Piece<'_>, &str), NotXml> {
    if let Some(raw) = text.strip_prefix("<![CDATA[") {
        let (raw, rest) =
            memmem::find(raw.as_bytes(), CLOSE).and_then(|end| raw.split_at_checked(end)).ok_or(NotXml)?;
        return Ok((Piece::Raw(raw), rest.get(CLOSE.len()..).ok_or(NotXml)?));
    }
    let Some(tag) = text.strip_prefix('<') else {
        let end = text.find('<').unwrap_or(text.len());
        let (plain, rest) = text.split_at_checked(end).ok_or(NotXml)?;
        return if memmem::find(plain.as_bytes(), CLOSE).is_some() {
            Err(NotXml)
        } else {
            Ok((Piece::Text(plain), rest))
        };
    };
    let (tag, rest) = tag.split_once('>').ok_or(NotXml)?;
    let piece = match (tag.strip_prefix('/'), tag.strip_suffix('/')) {
        (Some(name), _) => Piece::Close(name.trim_end_matches(is_space)),
        (None, Some(name)) => Piece::Empty(name.trim_end_matches(is_space)),
        (None, None) => Piece::Open(tag.trim_end_matches(is_space)),
    };
    let (Piece::Open(name) | Piece::Close(name) | Piece::Empty(name)) = piece else { return Err(NotXml) };
    // Names have no space, so an attribute is no part of one; nor has any what a declaration begins with.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    if starts && name.bytes().all(plain) { Ok((piece, rest)) } else { Err(NotXml) }
}

/// Text with its entities resolved: the five that every document has, and no other.
fn resolved(text: &str) -> Result<Cow<'_, str>, NotXml> {
    const ENTITIES: [(&str, char); 5] = [("lt;", '<'), ("gt;", '>'), ("amp;", '&'), ("quot;", '"'), ("apos;", '\'')];
    let Some((first, mut rest)) = text.split_once('&') else { return Ok(Cow::Borrowed(text)) };
    let mut out = String::from(first);
    loop {
        let entity = ENTITIES.iter().find_map(|(name, character)| Some((rest.strip_prefix(name)?, *character)));
        let (after, character) = entity.ok_or(NotXml)?;
        out.push(character);
        let Some((plain, more)) = after.split_once('&') else {
            out.push_str(after);
            return Ok(Cow::Owned(out));
        };
        out.push_str(plain);
        rest = more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(document: &str) -> Result<Child<'_>, NotXml> {
        child(document.as_bytes(), "a")
    }

    fn is(text: &str) -> Result<Child<'_>, NotXml> {
        Ok(Child::Text(Cow::Borrowed(text)))
    }

    #[test]
    fn the_text_of_an_element_below_the_root_is_found() {
        assert_eq!(text("<xml><a>1</a></xml>"), is("1"));
        assert_eq!(text(" <xml>\n<b>2</b> <a><![CDATA[<1>]]></a></xml>\n"), is("<1>"));
        assert_eq!(text("<xml><a>x<![CDATA[&]]>&lt;y</a></xml>"), is("x&<y"));
        assert_eq!(text("<xml><a/></xml>"), is(""));
        assert_eq!(text("<xml><a></a ></xml >"), is(""));
        assert_eq!(text("<xml><b><a>1</a></b></xml>"), Ok(Child::Absent));
        assert_eq!(text("<a>1</a>"), Ok(Child::Absent));
        assert_eq!(text("<xml><A>1</A></xml>"), Ok(Child::Absent));
    }

    #[test]
    fn an_element_that_comes_twice_or_holds_others_has_no_text() {
        for document in [
            "<xml><a>1</a><a>1</a></xml>",
            "<xml><a/><a>1</a></xml>",
            "<xml><a>1</a><a/></xml>",
            "<xml><a>1</a><a>2</a><a>3</a></xml>",
            "<xml><a><b>1</b></a></xml>",
            "<xml><a>1<b/>2</a></xml>",
            "<xml><a>1<a>2</a></a></xml>",
            "<xml><a><b/></a><a>1</a></xml>",
        ] {
            assert_eq!(text(document), Ok(Child::Other), "{document}");
        }
    }

    #[test]
    fn what_the_language_has_beyond_elements_and_text_is_refused() {
        for document in [
            "",
            "a=1",
            "{}",
            "<xml>",
            "<xml><a>1</xml></a>",
            "<xml><a>1</a>",
            "<a>1</a></xml>",
            "<xml><a>1</a></xml><xml/>",
            "<xml><a>1</a></xml>x",
            "x<xml><a>1</a></xml>",
            "<?xml version=\"1.0\"?><xml><a>1</a></xml>",
            "<!DOCTYPE xml [<!ENTITY e \"1\">]><xml><a>&e;</a></xml>",
            "<!DOCTYPE xml SYSTEM \"http://example.com/x\"><xml><a>1</a></xml>",
            "<xml><!-- --><a>1</a></xml>",
            "<xml><a><!-- -->1</a></xml>",
            "<xml><a x=\"y\">1</a></xml>",
            "<xml><a>&e;</a></xml>",
            "<xml><a>&#49;</a></xml>",
            "<xml><a>&</a></xml>",
            "<xml><b>&x;</b><a>1</a></xml>",
            "<xml><a><![CDATA[1</a></xml>",
            "<xml><a>1]]></a></xml>",
            "<![CDATA[x]]><xml><a>1</a></xml>",
            "<xml><a>1</a><![cdata[x]]></xml>",
            "<xml><a>1< /a></xml>",
            "<xml><></></xml>",
            "<xml><x:a>1</x:a></xml>",
            "<xml><?php ?></xml>",
            "<xml/><a>1</a>",
        ] {
            assert_eq!(text(document), Err(NotXml), "{document}");
        }
        assert_eq!(child(b"<xml><a>\xFF</a></xml>", "a"), Err(NotXml));
        let deep = |depth: usize| ["<b>".repeat(depth), "</b>".repeat(depth)].concat();
        assert_eq!(text(&deep(MAX_DEPTH)), Ok(Child::Absent));
        assert_eq!(text(&deep(MAX_DEPTH + 1)), Err(NotXml));
    }
}
