//! What a person typed, out of the HTML that Teams makes of it.

/// The longest name of an entity that is looked for, `&#x10FFFF;` with both of its ends.
const ENTITY: usize = 10;
/// Teams takes no message of more than 28 KB; what is behind this is not read.
const LONGEST: usize = 40_000;

/// The text without tags, entities read, lines where blocks end. The mention that it begins with, which is the bot's own, is
/// left out; of others the name stays.
pub(super) fn text(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html.char_indices().nth(LONGEST).and_then(|(end, _)| html.get(..end)).unwrap_or(html);
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        rest = match from.strip_prefix('<') {
            Some(tag) => after_tag(tag, &mut text),
            None => after_entity(from, &mut text),
        };
    }
    text.push_str(rest);
    text.trim().to_owned()
}

/// What follows the tag; `<` that begins none is text.
fn after_tag<'h>(from: &'h str, text: &mut String) -> &'h str {
    let opens = from.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
    let Some((tag, rest)) = from.split_once('>').filter(|_| opens) else {
        text.push('<');
        return from;
    };
    let name = tag.split([' ', '\n', '\t']).next().unwrap_or_default().trim_end_matches('/').to_ascii_lowercase();
    match name.as_str() {
        "at" if text.trim().is_empty() => return rest.split_once("</at>").map_or(rest, |(_, rest)| rest),
        "br" | "/p" | "/div" | "/li" => text.push('\n'),
        _ => {}
    }
    rest
}

/// What follows the entity; `&` that begins none is text.
fn after_entity<'h>(from: &'h str, text: &mut String) -> &'h str {
    let end = from.bytes().take(ENTITY).position(|byte| byte == b';');
    let entity = end.and_then(|end| Some((from.get(1..end)?, from.get(end..)?.strip_prefix(';')?)));
    if let Some((name, rest)) = entity
        && let Some(character) = named(name)
    {
        text.push(character);
        return rest;
    }
    text.push('&');
    from.strip_prefix('&').unwrap_or(from)
}

fn named(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn the_bots_own_mention_goes_and_what_was_typed_stays() {
        for (html, typed) in [
            ("<at>bot</at> status checkout", "status checkout"),
            ("<div><div><at id=\"0\">bot</at>&nbsp;who is on call?</div>\n</div>", "who is on call?"),
            ("<at>bot</at> ask <at>Bob</at> too", "ask Bob too"),
            ("<p>one</p><p>two<br/>three</p>", "one\ntwo\nthree"),
            ("a &lt;b&gt; &amp;amp; &quot;c&quot; &#39;d&#x27; &#128512;", "a <b> &amp; \"c\" 'd' 😀"),
            ("1 < 2 & 3 > 2 &nothing; &#xD800; &", "1 < 2 & 3 > 2 &nothing; &#xD800; &"),
            ("<at>bot", "bot"),
            ("<b", "<b"),
            ("&é;", "&é;"),
            ("", ""),
        ] {
            assert_eq!(text(html), typed, "{html}");
        }
    }

    #[test]
    fn what_is_escaped_is_no_tag_afterwards() {
        assert_eq!(text("&lt;at&gt;everyone&lt;/at&gt;"), "<at>everyone</at>");
    }
}
