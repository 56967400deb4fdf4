//! No scheme builds that sends batches while the feature is off: there are none.

use alloc::string::String;
use alloc::vec::Vec;

use crate::dedup::{DedupKey, Scope};
use crate::scheme::Key;

pub(crate) enum Batch {}

impl Batch {
    pub(crate) fn read(_: Key, _: &[u8]) -> Option<Self> {
        None
    }

    pub(crate) fn alone(&self) -> core::iter::Empty<Vec<u8>> {
        match *self {}
    }

    pub(crate) fn only_id(&self) -> Option<String> {
        match *self {}
    }

    pub(crate) fn key(&self, _: &Scope<'_>) -> Option<DedupKey> {
        match *self {}
    }
}
