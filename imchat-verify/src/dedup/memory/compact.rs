//! Keys of one size.

use core::hash::{BuildHasher as _, Hash, Hasher};
use std::collections::hash_map::RandomState;

use crate::dedup::DedupKey;

const ROOM: usize = 24;

/// Shortens long keys, with two keys of its own that no sender knows: 128 bits that nobody can aim at then tell keys
/// apart as well as a digest does, which would cost a claim more than the table.
#[derive(Clone, Default)]
pub(super) struct Shortener([RandomState; 2]);

/// A key in 25 bytes: as it is where it is short, shortened where it is longer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct CompactKey {
    bytes: [u8; ROOM],
    len: u8,
}

impl CompactKey {
    /// What a place holds that no key has taken yet.
    pub(super) const NONE: Self = Self { bytes: [0; ROOM], len: 0 };

    pub(super) fn new(key: &DedupKey, shortener: &Shortener) -> Self {
        let source = key.as_bytes();
        let mut bytes = [0; ROOM];
        match (bytes.get_mut(..source.len()), u8::try_from(source.len())) {
            (Some(room), Ok(len)) => {
                room.copy_from_slice(source);
                Self { bytes, len }
            }
            _ => {
                let (halves, _) = bytes.as_chunks_mut::<8>();
                for (half, keyed) in halves.iter_mut().zip(&shortener.0) {
                    let mut hasher = keyed.build_hasher();
                    hasher.write(source);
                    *half = hasher.finish().to_ne_bytes();
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
