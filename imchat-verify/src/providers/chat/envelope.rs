//! The envelope of WeCom, WeChat and DingTalk: one ciphertext in XML or JSON, under one key, for one receiver.
//!
//! `base64(AES-256-CBC(16 random bytes ‖ length ‖ message ‖ receiver))`, where the initial vector is the key's first half, the
//! length is of 32 bits in network order, and the padding is PKCS#7 to a multiple of 32 bytes. Only the ciphertext is signed.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use aes::Aes256;
use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq as _;

use crate::engine::{OpenInput, Question, Undecryptable};
use crate::scan::json;
use crate::scan::looks_like_json;
use crate::scan::xml::{Child, child};
use crate::scheme::PartInput;
use crate::secrets::{Form, Role};
use crate::window::Window;

/// What the envelope takes beside the token that signs it.
pub(super) const NEEDS: &[(Role, Form)] = &[(Role::EncodingAesKey, Form::AesKey), (Role::ReceiveId, Form::Name)];

/// None of the three says how old a retry may be.
pub(super) const WINDOW: Window = Window::new(Duration::from_secs(3600), Duration::from_secs(300));

/// A multiple of this many bytes is encrypted, which is twice the cipher's own block.
const BLOCK: usize = 32;

/// Writes the ciphertext of the body.
pub(super) fn ciphertext(input: &PartInput<'_>, sink: &mut dyn FnMut(&[u8])) -> Result<(), &'static str> {
    let text =
        enclosed(input.body).ok_or("one ciphertext in base64, as Encrypt of an XML root or encrypt of an object")?;
    sink(text.as_bytes());
    Ok(())
}

/// Opens the body.
pub(super) fn open(input: &OpenInput<'_>) -> Result<Option<Vec<u8>>, Undecryptable> {
    let text = enclosed(input.body).ok_or(Undecryptable)?;
    unsealed(input, &text).map(Some)
}

/// The ciphertext of a body, in base64.
fn enclosed(body: &[u8]) -> Option<Cow<'_, str>> {
    let text = if looks_like_json(body) {
        json::at(body, "/encrypt").ok()?.text()?
    } else {
        let Ok(Child::Text(text)) = child(body, "Encrypt") else { return None };
        text
    };
    is_base64(&text).then_some(text)
}

/// Whether a text has the letters of base64. What is fed to a digest has no border but this: a longer text that holds
/// another one, and the padding of a digest that is extended, have other bytes.
pub(super) fn is_base64(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}

/// Decrypts a ciphertext under any key that is configured. Why one does not open is told to nobody.
pub(super) fn unsealed(input: &OpenInput<'_>, text: &str) -> Result<Vec<u8>, Undecryptable> {
    let sealed = STANDARD.decode(text).map_err(|_| Undecryptable)?;
    let with = |key| unsealed_with(key, &sealed, input.others(Role::ReceiveId));
    input.others(Role::EncodingAesKey).find_map(with).map(|(message, _)| message).ok_or(Undecryptable)
}

/// The key and the receiver of a request that has opened.
pub(super) fn opening<'q>(question: &'q Question<'_>) -> Option<(&'q [u8], &'q [u8])> {
    let sealed = STANDARD.decode(enclosed(question.wire())?.as_bytes()).ok()?;
    let with = |key| Some((key, unsealed_with(key, &sealed, question.others(Role::ReceiveId))?.1));
    question.others(Role::EncodingAesKey).find_map(with)
}

/// The message, and which of the receivers it is for.
fn unsealed_with<'k>(
    key: &[u8],
    sealed: &[u8],
    mut receivers: impl Iterator<Item = &'k [u8]>,
) -> Option<(Vec<u8>, &'k [u8])> {
    let cipher = cbc::Decryptor::<Aes256>::new_from_slices(key, key.get(..16)?).ok()?;
    let mut room = sealed.to_vec();
    let plain = cipher.decrypt_padded::<NoPadding>(&mut room).ok()?;
    let padding = usize::from(*plain.last()?);
    let (framed, padded) = plain.split_at_checked(plain.len().checked_sub(padding)?)?;
    if !(1..=BLOCK).contains(&padding) || padded.iter().any(|byte| usize::from(*byte) != padding) {
        return None;
    }
    let (_, framed) = framed.split_at_checked(16)?;
    let (length, framed) = framed.split_first_chunk::<4>()?;
    let (message, name) = framed.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    let receiver = receivers.find(|known| known.ct_eq(name).into())?;
    Some((message.to_vec(), receiver))
}

/// Encrypts a message as the three do; nothing where the key is none or the message is longer than they can say.
pub(super) fn sealed(key: &[u8], receiver: &[u8], message: &[u8], random: [u8; 16]) -> Option<String> {
    let length = u32::try_from(message.len()).ok()?;
    let mut plain = [&random[..], &length.to_be_bytes(), message, receiver].concat();
    let padding = BLOCK.checked_sub(plain.len().checked_rem(BLOCK)?)?;
    plain.resize(plain.len().checked_add(padding)?, u8::try_from(padding).ok()?);
    let cipher = cbc::Encryptor::<Aes256>::new_from_slices(key, key.get(..16)?).ok()?;
    Some(STANDARD.encode(cipher.encrypt_padded_vec::<NoPadding>(&plain)))
}

/// The same for a key as the platform shows it.
#[cfg(feature = "sign")]
pub(super) fn sealed_for(
    encoding_aes_key: &str,
    receive_id: &str,
    plain: &[u8],
    random: [u8; 16],
) -> Result<String, crate::ConfigError> {
    let bad = |expected| crate::ConfigError::BadSecret { role: Role::EncodingAesKey, index: 0, expected };
    let key = Form::AesKey.decode(encoding_aes_key.as_bytes()).map_err(bad)?;
    sealed(&key, receive_id.as_bytes(), plain, random).ok_or_else(|| bad("a message of less than 4 GiB"))
}
