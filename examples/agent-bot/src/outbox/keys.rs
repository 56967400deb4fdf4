//! Idempotency keys as platforms want them, each derived from a step's key and the same at every attempt.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// The key of one piece of a message: `step/1` is the first.
#[must_use]
pub fn piece(step: &str, index: usize) -> String {
    format!("{step}/{}", index.saturating_add(1))
}

/// In the shape of a UUID, of version 8 (RFC 9562): Slack's `client_msg_id`, 36 characters.
#[must_use]
pub fn uuid(key: &str) -> String {
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(hash("uuid", key)) {
        *to = from;
    }
    let number = u128::from_be_bytes(bytes);
    // Four bits say the version, two the variant.
    let number = number & !(0xF << 76) & !(0b11 << 62) | 0x8 << 76 | 0b10 << 62;
    let hex = format!("{number:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// 24 characters of base64url: Discord's `nonce` takes 25, Feishu's `uuid` takes 50.
#[must_use]
pub fn nonce(key: &str) -> String {
    let hash = hash("nonce", key);
    URL_SAFE_NO_PAD.encode(hash.get(..18).unwrap_or_default())
}

fn hash(shape: &str, key: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    for piece in ["imchat-bot-step-1", shape, key] {
        hash.update((piece.len() as u64).to_be_bytes());
        hash.update(piece.as_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_platforms_shapes_and_are_stable() {
        let (first, second) = (piece("job/step", 0), piece("job/step", 1));
        assert_eq!((first.as_str(), second.as_str()), ("job/step/1", "job/step/2"));
        let id = uuid(&first);
        assert_eq!(id, uuid(&first));
        assert_ne!(id, uuid(&second));
        assert_eq!(id.len(), 36);
        assert_eq!(id.match_indices('-').map(|(at, _)| at).collect::<Vec<_>>(), [8, 13, 18, 23]);
        assert!(id[14..].starts_with('8') && ['8', '9', 'a', 'b'].contains(&id[19..].chars().next().unwrap()), "{id}");
        assert_eq!(nonce(&first).len(), 24);
        assert_ne!(nonce(&first), nonce(&second));
    }
}
