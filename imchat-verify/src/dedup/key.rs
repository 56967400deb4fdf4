//! The key under which a delivery is handled once.

use alloc::vec::Vec;
use core::fmt;

use crate::Digest;
use crate::engine::sha256;
use crate::scheme::{Key, Scheme};

const ROOM: usize = 63;

/// The key under which a delivery is handled once: at most 63 bytes, the same for every attempt.
///
/// It holds the provider, the endpoint, the tenant and the id, each with its length before it, so that no two scopes can
/// collide; what does not fit is replaced by its SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DedupKey {
    len: u8,
    buf: [u8; ROOM],
}

impl DedupKey {
    /// A key of your own making, for stores used without a verifier: up to 63 bytes as they are, more as their SHA-256.
    ///
    /// Keys of verifiers never start with a zero byte; start yours with one where both share a store.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut writer = Writer::new();
        writer.raw(bytes);
        if writer.overflowed { hashed(&sha256(bytes)) } else { writer.key }
    }

    /// The key that a verifier of this scheme gives to deliveries with this id, for those that came by another way, such
    /// as a poll of the platform's API; `None` where the scheme's keys are no ids, or where the id is empty.
    ///
    /// The endpoint is the verifier's; an empty tenant is none. Kinds of deliveries that have a key of their own do not
    /// count: the key is that of the scheme's default kind.
    ///
    /// ```
    /// use imchat_verify::dedup::DedupKey;
    /// use imchat_verify::providers::{GITHUB, STRIPE};
    ///
    /// let orders = DedupKey::of_id(&STRIPE, Some("orders"), None, "evt_1");
    /// assert!(orders.is_some());
    /// assert_ne!(orders, DedupKey::of_id(&STRIPE, None, None, "evt_1"));
    /// // GitHub signs no id: its keys are the digests of the bodies.
    /// assert_eq!(DedupKey::of_id(&GITHUB, None, None, "72d3162e"), None);
    /// ```
    #[must_use]
    pub fn of_id(scheme: &Scheme, endpoint: Option<&str>, tenant: Option<&str>, id: &str) -> Option<Self> {
        let scope = Scope { provider: scheme.name, endpoint, tenant: tenant.filter(|tenant| !tenant.is_empty()) };
        match scheme.key {
            _ if id.is_empty() => None,
            Key::Id(_) => Some(scope.id_key(id)),
            Key::SecretId(_) => Some(scope.secret_id_key(id)),
            Key::Joined(_) | Key::PerItem(_) | Key::BodyDigest | Key::Never => None,
        }
    }

    /// The key's bytes, at most 63.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.buf.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl fmt::Debug for DedupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DedupKey({self})")
    }
}

impl fmt::Display for DedupKey {
    /// Printable ASCII as it is, other bytes as `\xNN`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_bytes().escape_ascii())
    }
}

/// What a key is unique within.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) provider: &'a str,
    pub(crate) endpoint: Option<&'a str>,
    pub(crate) tenant: Option<&'a str>,
}

/// What the last part of a key is, as the byte before it.
const ID: &[u8] = b"i";
const SECRET_ID: &[u8] = b"s";
const JOINED: &[u8] = b"j";
const DIGEST: &[u8] = b"d";

impl Scope<'_> {
    pub(crate) fn id_key(&self, id: &str) -> DedupKey {
        self.key(ID, id.as_bytes())
    }

    /// A key of an id that is a capability: only its digest is kept.
    pub(crate) fn secret_id_key(&self, id: &str) -> DedupKey {
        self.key(SECRET_ID, half(&sha256(id.as_bytes())))
    }

    pub(crate) fn joined_key(&self, joined: &str) -> DedupKey {
        self.key(JOINED, joined.as_bytes())
    }

    pub(crate) fn digest_key(&self, digest: &Digest) -> DedupKey {
        self.key(DIGEST, digest)
    }

    fn key(&self, kind: &[u8], id: &[u8]) -> DedupKey {
        let endpoint = self.endpoint.map(str::as_bytes);
        let tenant = self.tenant.map(str::as_bytes);
        let mut writer = Writer::new();
        writer.part(Some(self.provider.as_bytes()));
        writer.part(endpoint);
        writer.part(tenant);
        writer.raw(kind);
        writer.raw(id);
        if writer.overflowed { self.hashed_key(kind, id) } else { writer.key }
    }

    fn hashed_key(&self, kind: &[u8], id: &[u8]) -> DedupKey {
        let mut whole = Vec::new();
        for part in [Some(self.provider), self.endpoint, self.tenant] {
            whole.push(u8::from(part.is_some()));
            // Keys outlive a process: the lengths have one width on every machine.
            let length = u64::try_from(part.map_or(0, str::len)).unwrap_or(u64::MAX);
            whole.extend_from_slice(&length.to_be_bytes());
            whole.extend_from_slice(part.unwrap_or_default().as_bytes());
        }
        whole.extend_from_slice(kind);
        whole.extend_from_slice(id);
        hashed(&sha256(&whole))
    }
}

/// 16 bytes of a digest: enough to tell ids of one tenant apart, and short enough to leave keys readable.
fn half(digest: &Digest) -> &[u8] {
    digest.get(..16).unwrap_or_default()
}

/// A key that is a digest starts with a byte that no length of a provider's name can be.
fn hashed(digest: &[u8]) -> DedupKey {
    let mut writer = Writer::new();
    writer.raw(&[0xFF]);
    writer.raw(digest);
    writer.key
}

struct Writer {
    key: DedupKey,
    overflowed: bool,
}

impl Writer {
    fn new() -> Self {
        Self { key: DedupKey { len: 0, buf: [0; ROOM] }, overflowed: false }
    }

    fn raw(&mut self, bytes: &[u8]) {
        let start = usize::from(self.key.len);
        let room = start.checked_add(bytes.len()).and_then(|end| self.key.buf.get_mut(start..end));
        let len = u8::try_from(start.saturating_add(bytes.len()));
        match (room, len) {
            (Some(room), Ok(len)) => {
                room.copy_from_slice(bytes);
                self.key.len = len;
            }
            _ => self.overflowed = true,
        }
    }

    /// A part with its length before it; an absent one differs from an empty one.
    fn part(&mut self, part: Option<&[u8]>) {
        match part.map(|part| (u8::try_from(part.len().saturating_add(1)), part)) {
            None => self.raw(&[0]),
            Some((Ok(length), part)) if length < 0xFF => {
                self.raw(&[length]);
                self.raw(part);
            }
            Some(_) => self.overflowed = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope<'a>(endpoint: Option<&'a str>, tenant: Option<&'a str>) -> Scope<'a> {
        Scope { provider: "slack", endpoint, tenant }
    }

    #[test]
    fn scopes_never_collide() {
        let keys = [
            scope(None, None).id_key("ab"),
            scope(Some(""), None).id_key("ab"),
            scope(None, Some("")).id_key("ab"),
            scope(Some("a"), None).id_key("b"),
            scope(None, Some("a")).id_key("b"),
            scope(Some("a"), Some("b")).id_key(""),
            scope(None, None).secret_id_key("ab"),
            scope(None, None).digest_key(&[b'a'; 32]),
        ];
        for (index, key) in keys.iter().enumerate() {
            assert!(keys.iter().skip(index + 1).all(|other| other != key), "{key}");
        }
    }

    #[test]
    fn what_does_not_fit_is_hashed_with_its_scope() {
        let long = "x".repeat(300);
        let (a, b) = (scope(None, Some("T1")).id_key(&long), scope(None, Some("T2")).id_key(&long));
        assert_eq!(a.as_bytes().len(), 33);
        assert_ne!(a, b);
        assert_eq!(a, scope(None, Some("T1")).id_key(&long));
        assert_ne!(scope(Some(&long), None).id_key("a"), scope(None, Some(&long)).id_key("a"));
    }

    #[test]
    fn a_hashed_key_is_the_same_on_machines_of_every_width() {
        let mut whole = Vec::from(*b"\x01\0\0\0\0\0\0\0\x05slack");
        whole.extend_from_slice(&[0; 9]);
        whole.extend_from_slice(b"\x01\0\0\0\0\0\0\0\x02T1i");
        whole.extend_from_slice(&[b'x'; 70]);
        let id = "x".repeat(70);
        assert_eq!(scope(None, Some("T1")).id_key(&id), hashed(&sha256(&whole)));
    }

    #[test]
    fn a_capability_enters_only_hashed() {
        let key = scope(None, None).secret_id_key("398738663015.47445629121.803a0bc8");
        assert!(!key.to_string().contains("398738663015"));
    }
}
