//! A step's key in the form that a platform takes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// At most `chars` letters, digits, `-` and `_`, the same for the same key: 43 of them are the whole digest.
pub(crate) fn key_of(key: &str, chars: usize) -> String {
    let mut text = URL_SAFE_NO_PAD.encode(Sha256::digest(key.as_bytes()));
    text.truncate(chars);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_stable_and_fits() {
        assert_eq!(key_of("job/answer", 43).len(), 43);
        assert_eq!(key_of("job/answer", 25), key_of("job/answer", 43)[..25]);
        assert_ne!(key_of("job/answer", 25), key_of("job/answer2", 25));
    }
}
