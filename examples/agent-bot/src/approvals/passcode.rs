//! The second factor: a passcode that an approver types.

use std::collections::BTreeMap;
use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::config::Secret;
use crate::who::Person;

/// Why a passcode cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasscodeError {
    /// The tag is not what [`Passcodes::tag`] makes.
    #[error("a passcode's tag is 64 hexadecimal digits: make it again with the same key")]
    Tag,
    /// The key is too short to keep short passcodes from being guessed.
    #[error("the key of the passcodes has fewer than 32 bytes: make one with `openssl rand -hex 32`")]
    Key,
}

/// The approvers' passcodes, each kept as an HMAC-SHA256 under a key that is not kept beside them.
///
/// Without the key a stolen file of tags tells nothing, however short the passcodes are; five wrong ones lock a person out
/// of a plan, and fifteen, each within a day of the one before, out of all that ask for one.
#[derive(Clone)]
pub struct Passcodes {
    key: Secret,
    tags: BTreeMap<Person, [u8; 32]>,
}

impl fmt::Debug for Passcodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passcodes").field("people", &self.tags.len()).finish_non_exhaustive()
    }
}

impl Passcodes {
    /// Nobody has one: what asks for a passcode is approved by nobody.
    #[must_use]
    pub fn none() -> Self {
        Self { key: Secret::new(""), tags: BTreeMap::new() }
    }

    /// The passcodes of these people, as tags of [`tag`](Self::tag).
    ///
    /// # Errors
    /// Where the key is too short, or a tag is none.
    pub fn new(key: Secret, tags: impl IntoIterator<Item = (Person, String)>) -> Result<Self, PasscodeError> {
        if key.expose().len() < 32 {
            return Err(PasscodeError::Key);
        }
        let read = |(person, tag): (Person, String)| {
            let mut bytes = [0; 32];
            const_hex::decode_to_slice(&tag, &mut bytes).map_err(|_| PasscodeError::Tag)?;
            Ok((person, bytes))
        };
        let tags = tags.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { key, tags })
    }

    /// The tag of a person's passcode under this key, in hexadecimal, to be kept in the configuration.
    #[must_use]
    pub fn tag(key: &Secret, person: &Person, passcode: &str) -> String {
        const_hex::encode(mac(key, person, passcode).finalize().into_bytes())
    }

    /// Whether it is this person's; the comparison takes the same time wherever they differ, and for people without one.
    pub(super) fn is_right(&self, person: &Person, passcode: &str) -> bool {
        let known = self.tags.get(person);
        let same = mac(&self.key, person, passcode).verify_slice(known.unwrap_or(&[0; 32])).is_ok();
        known.is_some() && same
    }
}

fn mac(key: &Secret, person: &Person, passcode: &str) -> Hmac<Sha256> {
    // HMAC takes keys of any length; the digest of this one is as good as the key, and pads to a block with zeros.
    let digest = <Sha256 as sha2::Digest>::digest(key.expose().as_bytes());
    let mut block = [0; 64];
    for (to, from) in block.iter_mut().zip(digest) {
        *to = from;
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for piece in ["imchat-bot-passcode-1", person.platform.as_str(), &person.tenant, &person.user, passcode] {
        mac.update(&(piece.len() as u64).to_be_bytes());
        mac.update(piece.as_bytes());
    }
    mac
}
