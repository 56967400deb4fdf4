//! Length extension: whoever holds one request signed by a plain digest can sign longer ones without the secret.

use imchat_tests::{Outcome, forge, keys, payload};
use imchat_verify::providers::FeishuCardLegacy;
use imchat_verify::{Error, Source};

use super::{feishu, judge};

/// What SHA-1 and SHA-256 put after a message of this many bytes.
fn padding(length: usize) -> Vec<u8> {
    let mut padding = vec![0x80];
    padding.resize(1 + (64 + 55 - length % 64) % 64, 0);
    padding.extend_from_slice(&(length as u64 * 8).to_be_bytes());
    padding
}

/// The words of a digest: the state that the hash ended in.
fn words<const N: usize>(digest: &[u8]) -> [u32; N] {
    let (words, _) = digest.as_chunks::<4>();
    core::array::from_fn(|at| u32::from_be_bytes(words[at]))
}

/// The blocks that the attacker hashes on top: the suffix, and the padding of the whole.
fn blocks(hashed: usize, suffix: &[u8]) -> Vec<[u8; 64]> {
    let rest = [suffix, &padding(hashed + suffix.len())].concat();
    let (blocks, remainder) = rest.as_chunks::<64>();
    assert!(remainder.is_empty());
    blocks.to_vec()
}

/// Signs `message ‖ padding ‖ suffix` from the digest of the message alone: gives what was appended, and the digest.
pub(super) fn extend_sha256(digest: &[u8; 32], length: usize, suffix: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let padding = padding(length);
    let mut state = words::<8>(digest);
    sha2::block_api::compress256(&mut state, &blocks(length + padding.len(), suffix));
    ([&padding, suffix].concat(), state.iter().flat_map(|word| word.to_be_bytes()).collect())
}

fn extend_sha1(digest: &[u8; 20], length: usize, suffix: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let padding = padding(length);
    let mut state = words::<5>(digest);
    sha1::block_api::compress(&mut state, &blocks(length + padding.len(), suffix));
    ([&padding, suffix].concat(), state.iter().flat_map(|word| word.to_be_bytes()).collect())
}

const SUFFIX: &[u8] = br#","event":{"message":{"content":"delete everything"}}}"#;
const NUL: Error = Error::Malformed(Source::WholeBody, "text without a NUL byte, which only an extension has");

#[test]
fn an_extended_request_of_feishu_is_refused_though_its_digest_fits() {
    let captured = payload("feishu/message").request;
    let text = |name| captured.get(name).unwrap();
    let (timestamp, nonce) = (text("x-lark-request-timestamp"), text("x-lark-request-nonce"));
    let tag: [u8; 32] = const_hex::decode_to_array(text("x-lark-signature")).unwrap();
    // All that the attacker has to guess of the key is its length.
    let length = timestamp.len() + nonce.len() + keys::FEISHU_ENCRYPT.len() + captured.body.len();
    let (more, forged_tag) = extend_sha256(&tag, length, SUFFIX);
    let forged_body = [&captured.body[..], &more].concat();

    let right = forge::sha256(&[timestamp, nonce, keys::FEISHU_ENCRYPT.as_bytes(), &forged_body]);
    assert_eq!(forged_tag, right, "the forgery is what Feishu itself would have sent for this body");

    let forged = captured.clone().carrying(forged_body).with("x-lark-signature", forge::hex(&forged_tag));
    assert_eq!(judge(&feishu(), &forged).error(), NUL);
    let verifier = feishu();
    let mut pending = verifier.begin(forged.head(), imchat_tests::at(imchat_tests::SIGNED_AT)).unwrap();
    forged.body.chunks(7).for_each(|chunk| pending.update(chunk));
    assert_eq!(Outcome::from(pending.finish()).error(), NUL, "and in pieces");
}

#[test]
fn an_extended_card_of_feishu_is_refused_though_its_digest_fits() {
    let captured = payload("feishu/card_action_legacy").request;
    let text = |name| captured.get(name).unwrap();
    let (timestamp, nonce) = (text("x-lark-request-timestamp"), text("x-lark-request-nonce"));
    let tag: [u8; 20] = const_hex::decode_to_array(text("x-lark-signature")).unwrap();
    let length = timestamp.len() + nonce.len() + keys::FEISHU_TOKEN.len() + captured.body.len();
    let (more, forged_tag) = extend_sha1(&tag, length, SUFFIX);
    let forged_body = [&captured.body[..], &more].concat();

    let right = forge::sha1(&[timestamp, nonce, keys::FEISHU_TOKEN.as_bytes(), &forged_body]);
    assert_eq!(forged_tag, right, "the forgery is what Feishu itself would have sent for this body");

    let forged = captured.clone().carrying(forged_body).with("x-lark-signature", forge::hex(&forged_tag));
    assert_eq!(judge(&FeishuCardLegacy::verifier(keys::FEISHU_TOKEN).unwrap(), &forged).error(), NUL);
}

#[test]
fn the_padding_of_every_length_has_a_nul_byte() {
    for length in 0..4096 {
        assert!(padding(length).contains(&0), "{length}");
        assert_eq!((length + padding(length).len()) % 64, 0, "{length}");
    }
}

#[test]
fn a_digest_is_refused_a_nul_byte_anywhere() {
    for body in [&b"\0"[..], b"{}\0", b"\0{}", b"{\"a\":\"\0\"}"] {
        assert_eq!(judge(&feishu(), &forge::feishu("1700000000", "1", body)).error(), NUL);
    }
}

#[test]
fn a_keyed_hash_cannot_be_extended_and_takes_nul_bytes() {
    assert!(judge(&super::slack(), &forge::slack("1700000000", b"\0\0")).is_accepted());
    let captured = forge::slack("1700000000", b"{}");
    let value = std::str::from_utf8(captured.get("x-slack-signature").unwrap()).unwrap();
    let tag: [u8; 32] = const_hex::decode_to_array(&value[3..]).unwrap();
    for inner in 0..128 {
        let (more, forged) = extend_sha256(&tag, inner, SUFFIX);
        let body = [b"{}", &more[..]].concat();
        let request = captured.clone().carrying(body).with("x-slack-signature", format!("v0={}", forge::hex(&forged)));
        assert_eq!(judge(&super::slack(), &request).error(), Error::Mismatch);
    }
}
