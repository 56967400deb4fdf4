//! Hashing the body on its way.

use alloc::vec::Vec;

use time::OffsetDateTime;

use crate::engine::Core;
use crate::engine::key::Material;
use crate::engine::mac::Mac;
use crate::engine::prepare::Prepared;
use crate::head::Head;
use crate::scheme::{Algorithm, Part, PartInput};

/// Hash states that are fed while the body arrives, one for each key that counts.
#[derive(Clone, Default)]
pub(crate) struct Stream {
    /// The first key's, kept in place: most verifiers have one key.
    first: Option<Mac>,
    rest: Vec<Option<Mac>>,
}

impl Stream {
    /// Hashes a piece of the body.
    pub(crate) fn update(&mut self, chunk: &[u8]) {
        for mac in self.first.iter_mut().chain(self.rest.iter_mut().flatten()) {
            mac.update(chunk);
        }
    }

    /// The state of the key at this place, where the key counts.
    pub(super) fn of(&self, place: usize) -> Option<&Mac> {
        match place.checked_sub(1) {
            None => self.first.as_ref(),
            Some(place) => self.rest.get(place)?.as_ref(),
        }
    }
}

impl Core {
    /// Whether the body can be hashed while it arrives.
    fn streams(&self) -> bool {
        let hashes = matches!(self.scheme.algorithm, Algorithm::Hmac(_) | Algorithm::Digest(_));
        let plain =
            !self.scheme.message.iter().any(|part| matches!(part, Part::Custom(_))) && self.scheme.spellings.is_none();
        hashes && plain && self.scheme.alternate.is_none() && self.around_body().2
    }

    /// Hash states that have seen all that stands before the body; `None` where the scheme needs the body whole.
    pub(crate) fn stream(&self, prepared: &Prepared<'_>, head: Head<'_>, now: OffsetDateTime) -> Option<Stream> {
        if !self.streams() {
            return None;
        }
        let (before, _, _) = self.around_body();
        let input = PartInput { method: head.method(), url: head.url(), body: &[] };
        let mut stream = Stream::default();
        for (place, key) in self.keys.iter().enumerate() {
            let mut fed = None;
            if let (Material::Hash(mac), true) = (&key.material, key.counts_at(now)) {
                let mut mac = mac.clone();
                self.feed(before, 0, &key.secret, prepared, &input, &mut |bytes| mac.update(bytes)).ok()?;
                fed = Some(mac);
            }
            if place == 0 { stream.first = fed } else { stream.rest.push(fed) }
        }
        Some(stream)
    }
}
