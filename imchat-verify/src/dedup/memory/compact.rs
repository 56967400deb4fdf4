//! Keys of one size.

use core::hash::{Hash, Hasher};

use crate::dedup::DedupKey;
use crate::engine::sha256;

const ROOM: usize = 24;

/// A key in 25 bytes: as it is where it is short, as the start of its SHA-256 where it is longer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct CompactKey {
    bytes: [u8; ROOM],
    len: u8,
}

impl CompactKey {
    /// What a place holds that no key has taken yet.
    pub(super) const NONE: Self = Self { bytes: [0; ROOM], len: 0 };

    pub(super) fn new(key: &DedupKey) -> Self {
        let source = key.as_bytes();
        let mut bytes = [0; ROOM];
        match (bytes.get_mut(..source.len()), u8::try_from(source.len())) {
            (Some(room), Ok(len)) => {
                room.copy_from_slice(source);
                Self { bytes, len }
            }
            _ => {
                for (to, from) in bytes.iter_mut().zip(sha256(source)) {
                    *to = from;
                }
                Self { bytes, len: u8::MAX }
            }
        }
    }
}

impl Hash for CompactKey {
    /// All keys are of one size: no length comes before the bytes.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.bytes);
        state.write_u8(self.len);
    }
}
