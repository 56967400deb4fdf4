//! The signature header of every scheme.

use crate::signed::{NOW, Pair};

const BODY: &[u8] = br#"{"id":"evt_1","type":"thing.done"}"#;

/// The first byte chooses a scheme, the rest is its signature header, in which the byte 1 stands for what the header should
/// be: it is only taken if the right tag is in it.
pub fn candidates(data: &[u8]) {
    let Some((choice, text)) = data.split_first() else { return };
    let Some(pair) = Pair::chosen(*choice) else { return };
    let Some(mut signed) = pair.sign(BODY) else { return };
    let Some((_, value)) = signed.headers.last_mut() else { return };
    let right = value.clone();
    *value = text.split(|byte| *byte == 1).collect::<Vec<_>>().join(right.as_slice());
    let bent = value.clone();
    if pair.verifier.verify(signed.head(), BODY, NOW).is_ok() {
        assert!(holds_tag(&bent, &right), "{} takes another tag", pair.verifier.scheme().name());
    }
}

/// Whether a header holds the tag of the one that it should be, hex digits in any case.
pub(crate) fn holds_tag(header: &[u8], right: &[u8]) -> bool {
    let (header, tag) = (header.to_ascii_lowercase(), tag(right).to_ascii_lowercase());
    header.windows(tag.len()).any(|window| window == tag)
}

/// The tag at the end of a header: hex digits, or the letters of base64.
fn tag(header: &[u8]) -> &[u8] {
    let digits = header.iter().rev().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let length = if digits >= 40 { digits } else { 27 };
    header.get(header.len().saturating_sub(length)..).unwrap_or(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_what_stands_at_the_end() {
        let hex = "0123456789abcdef".repeat(4);
        assert_eq!(tag(format!("t=1,v1={hex}").as_bytes()), hex.as_bytes());
        assert!(holds_tag(format!("v1={},x", hex.to_uppercase()).as_bytes(), format!("v1={hex}").as_bytes()));
        assert!(!holds_tag(format!("v1={}", &hex[1..]).as_bytes(), format!("v1={hex}").as_bytes()));
    }
}
