//! Insert-if-absent with expiry, as the dedup bench asks for it.

use std::time::Duration;

/// A key as long as a typical scoped event id.
pub type Key = [u8; 24];

/// A store under measurement, used from one thread.
pub trait Store {
    /// The name in the report.
    fn name(&self) -> &'static str;

    /// Takes the keys of the next [`Store::claim`], outside the time measured.
    fn load(&mut self, keys: &[Key]);

    /// Claims every loaded key once, in order, and does the housekeeping that is due; returns how
    /// many were granted.
    fn claim(&mut self) -> usize;

    /// How many entries it holds, expired ones that are still there included, once the
    /// housekeeping that was put off is done.
    fn held(&self) -> usize;
}

/// Makes a store whose entries live for a lease; `None` if this build has it not.
pub type Make = fn(Duration) -> Option<Box<dyn Store>>;

/// Ours, then the peers'.
pub const MAKES: &[Make] = &[
    crate::ours::store,
    #[cfg(feature = "peers")]
    |lease| Some(Box::new(peer::Dashmap::new(lease))),
    #[cfg(feature = "peers")]
    |lease| Some(Box::new(peer::Moka::new(lease))),
];

/// Every store of this build.
#[must_use]
pub fn all(lease: Duration) -> Vec<Box<dyn Store>> {
    MAKES.iter().filter_map(|make| make(lease)).collect()
}

/// Keys without end, of which every sixteenth repeats the one eight places before.
#[derive(Debug, Default)]
pub struct Keys {
    drawn: u64,
}

impl Keys {
    /// Of `count` keys, those that are new.
    #[must_use]
    pub const fn fresh(count: usize) -> usize {
        count - count / 16
    }

    /// The next `count` keys; a multiple of sixteen.
    pub fn draw(&mut self, count: usize) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::with_capacity(count);
        for place in 0..count {
            let earlier = if place % 16 == 15 { keys.get(place - 8) } else { None };
            let key = earlier.copied().unwrap_or_else(|| self.fresh_key());
            keys.push(key);
        }
        keys
    }

    fn fresh_key(&mut self) -> Key {
        self.drawn += 1;
        let mut key = *b"slack:Ev________________";
        // An odd factor spreads the ids without making two alike.
        let id = self.drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
        if let Some(place) = key.get_mut(8..) {
            // Sixteen hex digits fill what is left of the key.
            let _ = const_hex::encode_to_slice(id, place);
        }
        key
    }
}

#[cfg(feature = "peers")]
mod peer {
    use super::{Key, Store};
    use dashmap::DashMap;
    use dashmap::mapref::entry::Entry;
    use std::time::{Duration, Instant};

    /// dashmap has no expiry: the value is the end of the lease, and the map is swept once a lease.
    pub(super) struct Dashmap {
        map: DashMap<Key, Instant>,
        lease: Duration,
        sweep: Instant,
        keys: Vec<Key>,
    }

    impl Dashmap {
        pub(super) fn new(lease: Duration) -> Self {
            Self { map: DashMap::new(), lease, sweep: Instant::now() + lease, keys: Vec::new() }
        }
    }

    impl Store for Dashmap {
        fn name(&self) -> &'static str {
            "dashmap"
        }

        fn load(&mut self, keys: &[Key]) {
            self.keys.clear();
            self.keys.extend_from_slice(keys);
        }

        fn claim(&mut self) -> usize {
            let mut granted = 0;
            for key in &self.keys {
                let now = Instant::now();
                match self.map.entry(*key) {
                    Entry::Occupied(held) if *held.get() > now => continue,
                    Entry::Occupied(mut expired) => {
                        expired.insert(now + self.lease);
                    }
                    Entry::Vacant(absent) => {
                        absent.insert(now + self.lease);
                    }
                }
                granted += 1;
            }
            let now = Instant::now();
            if now >= self.sweep {
                self.map.retain(|_, until| *until > now);
                self.sweep = now + self.lease;
            }
            granted
        }

        fn held(&self) -> usize {
            self.map.len()
        }
    }

    /// moka expires by itself, in batches within the calls.
    pub(super) struct Moka {
        cache: moka::sync::Cache<Key, ()>,
        keys: Vec<Key>,
    }

    impl Moka {
        pub(super) fn new(lease: Duration) -> Self {
            Self { cache: moka::sync::Cache::builder().time_to_live(lease).build(), keys: Vec::new() }
        }
    }

    impl Store for Moka {
        fn name(&self) -> &'static str {
            "moka"
        }

        fn load(&mut self, keys: &[Key]) {
            self.keys.clear();
            self.keys.extend_from_slice(keys);
        }

        fn claim(&mut self) -> usize {
            let claim = |key: &&Key| self.cache.entry(**key).or_insert(()).is_fresh();
            self.keys.iter().filter(claim).count()
        }

        fn held(&self) -> usize {
            self.cache.run_pending_tasks();
            usize::try_from(self.cache.entry_count()).unwrap_or(usize::MAX)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn one_key_in_sixteen_comes_again() {
        let mut keys = Keys::default();
        let mut drawn = keys.draw(4096);
        drawn.extend(keys.draw(4096));
        let distinct: HashSet<Key> = drawn.iter().copied().collect();
        assert_eq!(distinct.len(), Keys::fresh(8192));
        assert!(drawn.iter().all(|key| !key.contains(&b'_')));
    }

    #[test]
    fn stores_grant_a_key_once_and_again_after_the_lease() {
        let lease = Duration::from_millis(50);
        for mut store in all(lease) {
            let keys = Keys::default().draw(64);
            store.load(&keys);
            assert_eq!(store.claim(), Keys::fresh(64), "{}", store.name());
            assert_eq!(store.claim(), 0, "{}", store.name());
            std::thread::sleep(2 * lease);
            assert_eq!(store.claim(), Keys::fresh(64), "{}", store.name());
        }
    }
}
