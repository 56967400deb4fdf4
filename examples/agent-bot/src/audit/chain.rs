//! The hash of a row.

use sha2::{Digest as _, Sha256};

/// What a row's hash is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link<'a> {
    pub(super) number: i64,
    pub(super) at: i64,
    pub(super) act: &'a str,
    pub(super) who: &'a str,
    pub(super) tenant: &'a str,
    pub(super) what: &'a str,
    pub(super) digest: Option<&'a str>,
    pub(super) detail: &'a str,
}

impl Link<'_> {
    /// SHA-256 over the hash before and every column, each with its length before it: no two rows have one encoding.
    pub(super) fn hash(&self, before: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        for piece in ["imchat-bot-audit-1", before] {
            add(&mut hash, piece.as_bytes());
        }
        add(&mut hash, &self.number.to_be_bytes());
        add(&mut hash, &self.at.to_be_bytes());
        for piece in [self.act, self.who, self.tenant, self.what, self.detail] {
            add(&mut hash, piece.as_bytes());
        }
        hash.update([u8::from(self.digest.is_some())]);
        add(&mut hash, self.digest.unwrap_or_default().as_bytes());
        hash.finalize().into()
    }
}

fn add(hash: &mut Sha256, piece: &[u8]) {
    hash.update((piece.len() as u64).to_be_bytes());
    hash.update(piece);
}
