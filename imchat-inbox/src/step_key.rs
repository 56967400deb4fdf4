//! Keys for the effects of a job.

use std::fmt;

use imchat_verify::dedup::DedupKey;
use sha2::{Digest, Sha256};

/// The idempotency key of one effect of a job: the same at every attempt, another for every other job or step.
///
/// It is the SHA-256 of the delivery's key and the step's name, each with its length before it. It shows itself as 64
/// hexadecimal digits; [`uuid`](Self::uuid) is for platforms that want less.
///
/// ```
/// # use imchat_inbox::StepKey;
/// # use imchat_verify::dedup::DedupKey;
/// let key = DedupKey::from_bytes(b"\0order:7");
/// let (charge, mail) = (StepKey::of(&key, "charge"), StepKey::of(&key, "mail"));
/// assert_eq!(charge, StepKey::of(&key, "charge"));
/// assert_ne!(charge, mail);
/// assert_eq!(charge.to_string().len(), 64);
/// assert_eq!(charge.uuid().len(), 36);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StepKey([u8; 32]);

impl StepKey {
    /// The key of this step of the delivery with this key. [`Job::step_key`](crate::Job::step_key) is the short way.
    #[must_use]
    pub fn of(key: &DedupKey, step: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [key.as_bytes(), step.as_bytes()] {
            // Keys outlive a process: the lengths have one width on every machine.
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// The 32 bytes of it.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 16 bytes as a UUID of version 8 in lower case, for platforms that want one or take no more, such as
    /// Feishu, whose `uuid` has 50 characters at most.
    ///
    /// Version 8 is the one for contents of one's own: <https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-8>
    #[must_use]
    pub fn uuid(&self) -> String {
        let mut bits = self.0.first_chunk().map_or(0, |half| u128::from_be_bytes(*half));
        bits = bits & !(0xF << 76) | 8 << 76;
        bits = bits & !(0b11 << 62) | 0b10 << 62;
        let digits = format!("{bits:032x}");
        let group = |places| digits.get(places).unwrap_or_default();
        [group(0..8), group(8..12), group(12..16), group(16..20), group(20..32)].join("-")
    }
}

impl fmt::Display for StepKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By `printf '\0\0\0\0\0\0\0\x03Ev1\0\0\0\0\0\0\0\x06answer' | sha256sum`: a key that changes with a release repeats
    /// the effects of jobs that are under way then.
    #[test]
    fn a_step_has_the_key_it_always_had() {
        let key = StepKey::of(&DedupKey::from_bytes(b"Ev1"), "answer");
        assert_eq!(key.to_string(), "dfe194c7a6faa3162514e1e9e69aafd06421295286ba4bcf8812ca8e5a0d5397");
        assert_eq!(key.uuid(), "dfe194c7-a6fa-8316-a514-e1e9e69aafd0");
    }

    #[test]
    fn another_job_or_step_has_another_key_wherever_the_one_ends() {
        let of = |key: &[u8], step| StepKey::of(&DedupKey::from_bytes(key), step);
        assert_eq!(of(b"a", "b"), of(b"a", "b"));
        let all = [of(b"ab", "c"), of(b"a", "bc"), of(b"abc", ""), of(b"", "abc"), of(b"ab", "d")];
        for (place, one) in all.iter().enumerate() {
            assert!(all.iter().skip(place + 1).all(|other| other != one && other.uuid() != one.uuid()));
        }
    }
}
