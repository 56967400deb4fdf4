//! Hash states, keyed or not, and the tags they end in.

use hmac::{Hmac, KeyInit as _};
use sha2::digest::{FixedOutput, Update};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::scheme::Hash;

/// The longest tag of any algorithm, in bytes (Ed25519).
pub(crate) const MAX_TAG: usize = 64;

/// The decoder of base64 wants room for a last group of three that padding then shortens.
const ROOM: usize = MAX_TAG + 2;

/// A decoded signature of fixed size; what its algorithm does not fill means nothing.
#[derive(Clone, Copy)]
pub(crate) struct Tag {
    pub(crate) bytes: [u8; ROOM],
    pub(crate) len: usize,
}

impl Default for Tag {
    fn default() -> Self {
        Self { bytes: [0; ROOM], len: 0 }
    }
}

impl Tag {
    pub(crate) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Compares in constant time: every word is looked at before anything is decided. Lengths are the algorithm's and
    /// no secret.
    pub(crate) fn fits(&self, expected: &Self) -> bool {
        let (ours, _) = self.bytes.as_chunks::<8>();
        let (theirs, _) = expected.bytes.as_chunks::<8>();
        let word = |bytes: &[u8; 8]| u64::from_ne_bytes(*bytes);
        let words = ours.iter().zip(theirs).take(self.len.div_ceil(8));
        let differing = words.fold(0, |differing, (a, b)| differing | (word(a) ^ word(b)));
        self.len == expected.len && self.len > 0 && bool::from(differing.ct_eq(&0))
    }

    fn new(digest: &[u8]) -> Self {
        let mut tag = Self { len: digest.len(), ..Self::default() };
        if let Some(room) = tag.bytes.get_mut(..digest.len()) {
            room.copy_from_slice(digest);
        }
        tag
    }
}

/// A hash on its way.
#[derive(Clone)]
pub(crate) enum Mac {
    HmacSha256(Hmac<Sha256>),
    Sha256(Sha256),
    #[cfg(feature = "sha1")]
    HmacSha1(Hmac<sha1::Sha1>),
    #[cfg(feature = "sha1")]
    Sha1(sha1::Sha1),
}

impl Mac {
    /// An HMAC state with its key already in; nothing where the hash's feature is off.
    pub(crate) fn keyed(hash: Hash, key: &[u8]) -> Option<Self> {
        match hash {
            Hash::Sha256 => Hmac::new_from_slice(key).ok().map(Self::HmacSha256),
            #[cfg(feature = "sha1")]
            Hash::Sha1 => Hmac::new_from_slice(key).ok().map(Self::HmacSha1),
            #[cfg(not(feature = "sha1"))]
            Hash::Sha1 => None,
        }
    }

    /// A plain digest; nothing where the hash's feature is off.
    pub(crate) fn plain(hash: Hash) -> Option<Self> {
        match hash {
            Hash::Sha256 => Some(Self::Sha256(Sha256::new())),
            #[cfg(feature = "sha1")]
            Hash::Sha1 => Some(Self::Sha1(sha1::Sha1::new())),
            #[cfg(not(feature = "sha1"))]
            Hash::Sha1 => None,
        }
    }

    /// The tag of these pieces.
    #[inline]
    pub(crate) fn digest(mut self, pieces: &[&[u8]]) -> Tag {
        pieces.iter().for_each(|piece| self.update(piece));
        match self {
            Self::HmacSha256(state) => Tag::new(&state.finalize_fixed()),
            Self::Sha256(state) => Tag::new(&state.finalize_fixed()),
            #[cfg(feature = "sha1")]
            Self::HmacSha1(state) => Tag::new(&state.finalize_fixed()),
            #[cfg(feature = "sha1")]
            Self::Sha1(state) => Tag::new(&state.finalize_fixed()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::HmacSha256(state) => Update::update(state, bytes),
            Self::Sha256(state) => Update::update(state, bytes),
            #[cfg(feature = "sha1")]
            Self::HmacSha1(state) => Update::update(state, bytes),
            #[cfg(feature = "sha1")]
            Self::Sha1(state) => Update::update(state, bytes),
        }
    }

    /// The tag of what went in and of what `feed` adds; the state stays as it is.
    pub(crate) fn tag<E>(&self, feed: impl FnOnce(&mut dyn FnMut(&[u8])) -> Result<(), E>) -> Result<Tag, E> {
        match self {
            Self::HmacSha256(state) => end(state, feed),
            Self::Sha256(state) => end(state, feed),
            #[cfg(feature = "sha1")]
            Self::HmacSha1(state) => end(state, feed),
            #[cfg(feature = "sha1")]
            Self::Sha1(state) => end(state, feed),
        }
    }
}

/// Ends a copy of a state of one kind: a copy of the enum would have to be moved out of it first.
fn end<H: Clone + Update + FixedOutput, E>(
    state: &H,
    feed: impl FnOnce(&mut dyn FnMut(&[u8])) -> Result<(), E>,
) -> Result<Tag, E> {
    let mut state = state.clone();
    feed(&mut |bytes| state.update(bytes))?;
    Ok(Tag::new(&state.finalize_fixed()))
}

/// SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_of_several_words_do_not_make_up_for_each_other() {
        let right = Tag::new(&[7; 32]);
        for (one, other) in [(0, 8), (3, 27), (8, 24)] {
            let mut wrong = [7; 32];
            wrong[one] ^= 1;
            wrong[other] ^= 1;
            assert!(!Tag::new(&wrong).fits(&right), "bytes {one} and {other}");
        }
        assert!(Tag::new(&[7; 32]).fits(&right) && !Tag::new(&[7; 20]).fits(&right));
    }

    #[test]
    fn tags_of_no_length_do_not_fit() {
        assert!(!Tag::default().fits(&Tag::default()));
    }
}
