//! Ed25519, strict: weak keys and weak nonces are refused, and the message is never copied together.

#[cfg(feature = "ed25519")]
pub(crate) use on::PublicKey;

#[cfg(feature = "ed25519")]
mod on {
    use ed25519_dalek::ed25519::signature::MultipartVerifier as _;
    use ed25519_dalek::{Signature, VerifyingKey};

    /// A public key that is not weak.
    #[derive(Debug, Clone)]
    pub(crate) struct PublicKey(VerifyingKey);

    impl PublicKey {
        pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
            let key = VerifyingKey::from_bytes(bytes.try_into().ok()?).ok()?;
            (!key.is_weak()).then_some(Self(key))
        }

        pub(crate) fn verifies(&self, message: &[&[u8]], signature: &[u8]) -> bool {
            let Ok(signature) = Signature::from_slice(signature) else { return false };
            // A nonce of small order lets one signature fit many messages under some keys.
            let strong = VerifyingKey::from_bytes(signature.r_bytes()).is_ok_and(|nonce| !nonce.is_weak());
            strong && self.0.multipart_verify(message, &signature).is_ok()
        }
    }
}

#[cfg(not(feature = "ed25519"))]
mod off {
    /// Without the feature `ed25519` no such key exists.
    #[derive(Debug, Clone)]
    pub(crate) enum PublicKey {}

    impl PublicKey {
        pub(crate) fn verifies(&self, _message: &[&[u8]], _signature: &[u8]) -> bool {
            match *self {}
        }
    }
}

#[cfg(not(feature = "ed25519"))]
pub(crate) use off::PublicKey;
