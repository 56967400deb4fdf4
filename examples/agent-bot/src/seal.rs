//! Secrets at rest: XChaCha20-Poly1305, with the tenant and the kind of row as associated data.
//!
//! 1. What is sealed for one tenant and one kind of row opens for no other.
//! 2. The key's id stands beside each sealed text, so that keys can be changed while rows of both are there: set
//!    `TOKEN_ENCRYPTION_KEY` to a new one and `TOKEN_ENCRYPTION_KEY_PREVIOUS` to the one before, [`reseal`](Seal::reseal)
//!    what is there, then take the previous one out.
//! 3. A nonce is the hash of fresh random bytes, of what is sealed and of a secret: a machine whose randomness fails
//!    repeats no nonce for another text.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use imchat_verify::dedup::DedupKey;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::config::Secret;

/// Bytes of a key's id.
const ID: usize = 4;
/// Bytes of a nonce.
const NONCE: usize = 24;

/// Why something cannot be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The key is not 32 bytes.
    #[error("an encryption key is 32 random bytes in base64 or hexadecimal: make one with `openssl rand -base64 32`")]
    Key,
    /// It does not open: one error for all causes.
    #[error(
        "what is sealed does not open: check that TOKEN_ENCRYPTION_KEY or TOKEN_ENCRYPTION_KEY_PREVIOUS is the key it was \
         sealed with, and that the row was not moved to another tenant or changed"
    )]
    Open,
    /// It is too long to be sealed.
    #[error("what is to be sealed is too long: nothing that a platform sends is")]
    Length,
}

struct Keyed {
    id: [u8; ID],
    cipher: XChaCha20Poly1305,
    /// Goes into the nonces; not the key itself.
    pepper: Zeroizing<[u8; 32]>,
}

/// Seals and opens; cheap to clone.
#[derive(Clone)]
pub struct Seal {
    /// The first one seals, all of them open.
    keys: Arc<[Keyed]>,
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(redacted)")
    }
}

impl Seal {
    /// With the key that seals, and the one before it, which still opens.
    ///
    /// # Errors
    /// Where a key is not 32 bytes in base64 or hexadecimal.
    pub fn new(current: &Secret, previous: Option<&Secret>) -> Result<Self, SealError> {
        let keys = std::iter::once(current).chain(previous).map(Keyed::read).collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }

    /// Seals for one tenant and one kind of row, as text with the key's id in it.
    ///
    /// # Errors
    /// Where it is too long.
    pub fn seal(&self, kind: &str, tenant: &str, plain: &[u8]) -> Result<String, SealError> {
        Ok(URL_SAFE_NO_PAD.encode(self.bytes(&bound(kind, tenant.as_bytes()), plain)?))
    }

    /// Opens what was sealed for this tenant and this kind of row.
    ///
    /// # Errors
    /// [`SealError::Open`].
    pub fn open(&self, kind: &str, tenant: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| SealError::Open)?;
        self.plain(&bound(kind, tenant.as_bytes()), &sealed)
    }

    /// Seals again what is not sealed with the current key; `None` where it is.
    ///
    /// # Errors
    /// [`SealError::Open`] where no key opens it.
    pub fn reseal(&self, kind: &str, tenant: &str, sealed: &str) -> Result<Option<String>, SealError> {
        if sealed.starts_with(&self.mark()) {
            return Ok(None);
        }
        let plain = self.open(kind, tenant, sealed)?;
        self.seal(kind, tenant, &plain).map(Some)
    }

    /// What every text sealed with the current key starts with: the key's id.
    #[must_use]
    pub fn mark(&self) -> String {
        // Three bytes are four characters, so these stand whole whatever follows.
        let id = self.keys.first().map(|key| key.id).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(id.get(..3).unwrap_or_default())
    }

    /// Seals a body for `seal` of an inbox's builder, bound to its key, which holds the tenant.
    #[must_use]
    pub fn seal_body(&self, key: &DedupKey, body: &[u8]) -> Vec<u8> {
        // Only a body of 256 GB is too long; what is empty opens for nobody and becomes a dead letter.
        self.bytes(&bound("inbox", key.as_bytes()), body).unwrap_or_default()
    }

    /// Opens a body for `seal` of an inbox's builder.
    #[must_use]
    pub fn open_body(&self, key: &DedupKey, sealed: &[u8]) -> Option<Vec<u8>> {
        self.plain(&bound("inbox", key.as_bytes()), sealed).ok().map(|plain| plain.to_vec())
    }

    fn bytes(&self, bound: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let key = self.keys.first().ok_or(SealError::Key)?;
        let nonce = key.nonce(bound, plain);
        let payload = Payload { msg: plain, aad: bound };
        let sealed = key.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::Length)?;
        Ok([&key.id[..], &nonce[..], &sealed].concat())
    }

    fn plain(&self, bound: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (id, rest) = sealed.split_first_chunk::<ID>().ok_or(SealError::Open)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(SealError::Open)?;
        let key = self.keys.iter().find(|key| key.id == *id).ok_or(SealError::Open)?;
        let payload = Payload { msg: sealed, aad: bound };
        key.cipher.decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| SealError::Open)
    }
}

impl Keyed {
    fn read(secret: &Secret) -> Result<Self, SealError> {
        let text = secret.expose();
        let bytes = match text.len() {
            64 => const_hex::decode(text).map_err(|_| SealError::Key)?,
            _ => base64(text).ok_or(SealError::Key)?,
        };
        let bytes: Zeroizing<[u8; 32]> =
            Zeroizing::new(Zeroizing::new(bytes)[..].try_into().map_err(|_| SealError::Key)?);
        let told = hash(&[b"imchat-bot-key-id-1", &bytes[..]]);
        let id = told.first_chunk::<ID>().copied().unwrap_or_default();
        let pepper = Zeroizing::new(hash(&[b"imchat-bot-nonce-1", &bytes[..]]));
        Ok(Self { id, cipher: XChaCha20Poly1305::new(&Key::from(*bytes)), pepper })
    }

    fn nonce(&self, bound: &[u8], plain: &[u8]) -> [u8; NONCE] {
        let mut fresh = [0; 32];
        // Without randomness the same text gets the same nonce, and another one another: rule 3.
        let _hedged = getrandom::fill(&mut fresh);
        let hashed = hash(&[&self.pepper[..], &fresh, bound, plain]);
        hashed.first_chunk().copied().unwrap_or_default()
    }
}

/// Both alphabets, with or without padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [STANDARD, URL_SAFE].iter().find_map(|alphabet| GeneralPurpose::new(alphabet, config).decode(text).ok())
}

/// What a sealed text is bound to.
fn bound(kind: &str, tenant: &[u8]) -> Vec<u8> {
    let mut bound = b"imchat-bot-seal-1".to_vec();
    for piece in [kind.as_bytes(), tenant] {
        bound.extend((piece.len() as u64).to_be_bytes());
        bound.extend(piece);
    }
    bound
}

fn hash(pieces: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for piece in pieces {
        hash.update((piece.len() as u64).to_be_bytes());
        hash.update(piece);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests;
