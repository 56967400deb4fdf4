//! How platforms write their secrets, and what is wrong with one that is written otherwise.

use alloc::vec::Vec;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD};
use zeroize::Zeroizing;

/// How a platform writes a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// Text whose bytes are the key, whatever it looks like.
    Text,
    /// 64 hex digits: 32 bytes.
    Hex32,
    /// Base64 of at least 16 bytes.
    Base64,
    /// Base64 of at least 16 bytes, with or without `whsec_` before it (Standard Webhooks).
    Whsec,
    /// Text that starts with `whsec_`: its bytes are a key and, where the rest is base64 as in [`Form::Whsec`], what they
    /// decode to is another. For platforms that changed from the one reading to the other.
    WhsecOrText,
    /// `whpk_` and base64 of 32 bytes (Standard Webhooks).
    Whpk,
    /// 43 characters that are base64 of 32 bytes but for the padding (WeCom, WeChat, DingTalk).
    AesKey,
    /// Text that may be empty: for what is no secret.
    Name,
    /// Text that is not empty: for what a token must say, which is no secret.
    Claim,
    /// A JSON Web Key Set, as an issuer's URL answers.
    Jwks,
}

/// Encoded keys shorter than this are most likely a mistake, and weak if they are not.
const LEAST_DECODED: usize = 16;

/// The platforms draw all 43 characters at random: the last has bits that belong to no byte.
const LOOSE: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, NO_PAD.with_decode_allow_trailing_bits(true));

const WHSEC: &[u8] = b"whsec_";

impl Form {
    /// What the secret looks like, as a sentence for the person who configured another.
    #[must_use]
    pub const fn expected(self) -> &'static str {
        match self {
            Self::Text => "the secret as the platform shows it: text that is not empty",
            Self::Hex32 => "64 hex digits: the public key that the platform shows, not a token or an id",
            Self::Base64 => "base64 of at least 16 bytes, as the platform shows it, without spaces around it",
            Self::WhsecOrText => "the whole secret as the platform shows it, which starts with whsec_",
            Self::Whsec => "whsec_ and base64 of at least 16 bytes, without a version such as v1, before it",
            Self::Whpk => "whpk_ and base64 of the 32 bytes of an Ed25519 public key",
            Self::AesKey => {
                "the 43 letters and digits of an EncodingAESKey, as the platform shows it, without a = behind them"
            }
            Self::Jwks => "the issuer's JSON Web Key Set, with an RSA key of 2,048 to 4,096 bits in it that has a kid",
            Self::Name => "text, empty where the platform names nobody",
            Self::Claim => "what the platform's tokens say there, byte for byte: text that is not empty",
        }
    }

    /// The key's bytes; the error says what was expected.
    pub(crate) fn decode(self, secret: &[u8]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        let decoded = match self {
            Self::Text | Self::Claim | Self::Jwks => Some(secret.to_vec()).filter(|secret| !secret.is_empty()),
            Self::Hex32 => const_hex::decode(secret).ok().filter(|key| key.len() == 32 && secret.len() == 64),
            Self::Base64 => STANDARD.decode(secret).ok().filter(|key| key.len() >= LEAST_DECODED),
            Self::WhsecOrText => {
                let long = secret.strip_prefix(WHSEC).is_some_and(|rest| rest.len() >= LEAST_DECODED);
                long.then(|| secret.to_vec())
            }
            Self::Whsec => {
                let text = secret.strip_prefix(WHSEC).unwrap_or(secret);
                STANDARD.decode(text).ok().filter(|key| key.len() >= LEAST_DECODED)
            }
            Self::Whpk => {
                let text = secret.strip_prefix(b"whpk_").ok_or_else(|| self.expected())?;
                STANDARD.decode(text).ok().filter(|key| key.len() == 32)
            }
            Self::AesKey => LOOSE.decode(secret).ok().filter(|key| key.len() == 32 && secret.len() == 43),
            Self::Name => core::str::from_utf8(secret).ok().map(|_| secret.to_vec()),
        };
        decoded.map(Zeroizing::new).ok_or_else(|| self.expected())
    }

    /// The bytes of a second key that the same secret stands for, where its platform has two readings of it.
    pub(crate) fn second(self, secret: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Self::WhsecOrText => Self::Whsec.decode(secret).ok(),
            _ => None,
        }
    }
}
