//! Requests that carry several items, each of which is handled once.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use crate::dedup::{DedupKey, Scope};
use crate::engine::sha256;
use crate::scan::json::{Found, ListItem, Lists, MAX_POINTERS, Path, scan};
use crate::scheme::{Key, List};

/// A body that is a batch.
pub(crate) struct Batch<'a> {
    lists: &'static [List],
    found: Lists<'a>,
}

impl<'a> Batch<'a> {
    /// The body's items, where its key is made per item and it has a list of them.
    pub(crate) fn read(key: Key, body: &'a [u8]) -> Option<Self> {
        let Key::PerItem(lists) = key else { return None };
        let places: Vec<&'static str> = lists.iter().map(|list| list.place).collect();
        Some(Self { lists, found: Lists::read(body, &places)? })
    }

    /// Each item as if it had come alone, in their order.
    pub(crate) fn alone(&self) -> impl Iterator<Item = Vec<u8>> {
        self.found.items().iter().map(|item| self.found.alone(item).into_bytes())
    }

    /// The id of the only item, where there is one item.
    pub(crate) fn only_id(&self) -> Option<String> {
        let [item] = self.found.items() else { return None };
        let id = self.id(item)?;
        Some(id.text)
    }

    /// The key of an item, where the batch has one, or else of all of them together; nothing where it is empty.
    pub(crate) fn key(&self, scope: &Scope<'_>) -> Option<DedupKey> {
        match self.found.items() {
            [] => None,
            [item] => Some(self.item_key(item, scope)),
            items => {
                let mut keys = Vec::new();
                for item in items {
                    let key = self.item_key(item, scope);
                    // Each has its length before it: no two lists of keys are one text.
                    keys.push(u8::try_from(key.as_bytes().len()).unwrap_or(u8::MAX));
                    keys.extend_from_slice(key.as_bytes());
                }
                Some(scope.digest_key(&sha256(&keys)))
            }
        }
    }

    fn item_key(&self, item: &ListItem, scope: &Scope<'_>) -> DedupKey {
        match self.id(item) {
            Some(Id { text, joined: false }) => scope.id_key(&text),
            Some(Id { text, joined: true }) => scope.joined_key(&text),
            None => scope.digest_key(&sha256(self.found.text(item).as_bytes())),
        }
    }

    /// The first of the list's ids of which every part is there.
    fn id(&self, item: &ListItem) -> Option<Id> {
        let ids = self.lists.get(item.list)?.ids;
        ids.iter().find_map(|parts| {
            let paths: Vec<_> = parts.iter().map(|part| Path::new(part)).collect();
            let mut found = [Found::Absent; MAX_POINTERS];
            scan(self.found.text(item).as_bytes(), &paths, &mut found).ok()?;
            let mut text = String::new();
            for (found, _) in found.into_iter().zip(paths) {
                let part = found.text().filter(|part| !part.is_empty())?;
                match *parts {
                    [_] => text.push_str(&part),
                    _ => write!(text, "{}:{part}", part.len()).ok()?,
                }
            }
            Some(Id { text, joined: parts.len() > 1 })
        })
    }
}

struct Id {
    text: String,
    joined: bool,
}
