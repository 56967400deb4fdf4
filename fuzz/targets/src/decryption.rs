//! Bodies that are encrypted, under a proof that holds.

use std::sync::LazyLock;

use aes::Aes256;
use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeEncrypt as _, KeyIvInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imchat_verify::providers::{DINGTALK, FEISHU, WECHAT_AES, WECOM, dingtalk_seal, feishu_seal, wecom_seal};
use imchat_verify::{Error, Scheme, Verdict};

use crate::signed::{AES_KEY, NOW, Pair, RECEIVER};

/// The secret of every scheme that takes text.
const ENCRYPT_KEY: &[u8] = b"a signing secret of some length";

static PAIRS: LazyLock<Vec<Pair>> = LazyLock::new(|| {
    let all: [&'static Scheme; 4] = [&FEISHU, &WECOM, &WECHAT_AES, &DINGTALK];
    all.into_iter().filter_map(Pair::new).collect()
});

/// The 32 bytes that are written as [`AES_KEY`].
static KEY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    // Its last character has bits that belong to no byte.
    let text = format!("{}E=", AES_KEY.get(..42).unwrap_or_default());
    STANDARD.decode(text).unwrap_or_default()
});

/// The first byte says whose body it is and what the rest is: a plain text to be sealed, which opens again; what a sealed body
/// opens to before it is looked at, padding and all, which is read as another reader reads it; the bytes of a sealed body;
/// its base64; or a whole body. Whatever it is, it comes to an event, a handshake or a refusal.
pub fn decryption(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let Some(pair) = PAIRS.get(usize::from(choice >> 4) % 4) else { panic!("a scheme has no keys") };
    let feishu = pair.verifier.scheme().name() == "feishu";
    let (body, plain) = match choice % 5 {
        0 => (sealed(pair, rest), Some(Some(rest))),
        1 if !feishu => (wrapped(STANDARD.encode(encrypted(rest)).as_bytes()), Some(inner(whole_blocks(rest)))),
        1 | 2 => (wrapped(STANDARD.encode(rest).as_bytes()), None),
        3 => (wrapped(rest), None),
        _ => (rest.to_vec(), None),
    };
    let Some(signed) = pair.sign(&body) else { return };
    match (pair.verifier.verify(signed.head(), &body, NOW), plain) {
        (Ok(Verdict::Event(proved)), Some(plain)) => {
            assert_eq!(Some(proved.body()), plain, "it opens to something else");
        }
        (Err(Error::Undecryptable), Some(Some(_))) => panic!("what was sealed does not open"),
        _ => {}
    }
}

fn sealed(pair: &Pair, plain: &[u8]) -> Vec<u8> {
    let sealed = match pair.verifier.scheme().name() {
        "feishu" => return feishu_seal(ENCRYPT_KEY, plain, [7; 16]).into_bytes(),
        "dingtalk" => dingtalk_seal(AES_KEY, RECEIVER, plain, [7; 16]),
        _ => wecom_seal(AES_KEY, RECEIVER, plain, [7; 16]),
    };
    match sealed {
        Ok(sealed) => sealed.into_bytes(),
        Err(error) => panic!("nothing is sealed: {error}"),
    }
}

fn wrapped(text: &[u8]) -> Vec<u8> {
    [&br#"{"encrypt":""#[..], text, br#""}"#].concat()
}

/// So much of it as whole blocks of the cipher make.
fn whole_blocks(text: &[u8]) -> &[u8] {
    let (blocks, _) = text.as_chunks::<16>();
    blocks.as_flattened()
}

fn encrypted(text: &[u8]) -> Vec<u8> {
    let Ok(cipher) = cbc::Encryptor::<Aes256>::new_from_slices(&KEY, KEY.get(..16).unwrap_or_default()) else {
        panic!("the key has another length")
    };
    cipher.encrypt_padded_vec::<NoPadding>(whole_blocks(text))
}

/// What [`inner`] reads.
pub(crate) fn envelope(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or_default().to_be_bytes();
    let mut text = [&[7; 16], &length[..], message, RECEIVER.as_bytes()].concat();
    let padding = 32_u8.saturating_sub(u8::try_from(text.len() % 32).unwrap_or_default());
    text.resize(text.len().saturating_add(usize::from(padding)), padding);
    text
}

/// The message of an envelope: 16 bytes, the message's length, the message, its receiver, and as many bytes of one value as
/// that value says.
fn inner(text: &[u8]) -> Option<&[u8]> {
    let last = *text.last()?;
    let padding = usize::from(last);
    if !(1..=32).contains(&padding) || !text.ends_with(&vec![last; padding]) {
        return None;
    }
    let framed = text.get(16..text.len().checked_sub(padding)?)?.strip_suffix(RECEIVER.as_bytes())?;
    let (length, message) = framed.split_first_chunk::<4>()?;
    (usize::try_from(u32::from_be_bytes(*length)) == Ok(message.len())).then_some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_is_read_as_it_was_written_and_not_with_another_padding() {
        for message in [&b""[..], b"{}", &[b'x'; 40]] {
            let mut text = envelope(message);
            assert_eq!(inner(&text), Some(message));
            if let Some(last) = text.last_mut() {
                *last = 0;
            }
            assert_eq!(inner(&text), None);
        }
    }

    #[test]
    fn all_four_platforms_are_read() {
        assert_eq!(PAIRS.len(), 4);
        assert_eq!(KEY.len(), 32);
        let opens = |choice: u8| {
            let body = wrapped(STANDARD.encode(encrypted(&envelope(b"{}"))).as_bytes());
            let pair = PAIRS.get(usize::from(choice)).unwrap();
            let signed = pair.sign(&body).unwrap();
            matches!(pair.verifier.verify(signed.head(), &body, NOW), Ok(Verdict::Event(proved)) if proved.body() == b"{}")
        };
        assert!(!opens(0) && (1..4).all(opens));
    }
}
