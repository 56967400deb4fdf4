//! A preset for services of your own.

use crate::provider;
use crate::scheme::{Facts, Hash, Key, Scheme, Signature};

/// `x-signature-256: sha256=<hex>`: an HMAC over the body with a shared secret.
pub const GENERIC: Scheme = Scheme::hmac("generic", Hash::Sha256, Signature::hex("x-signature-256").prefix("sha256="))
    .key(Key::BodyDigest)
    .facts(Facts::new("events"))
    .not_signed(&["the time of sending", "every header"])
    .docs("https://docs.rs/imchat-verify")
    .build();

provider! {
    /// `x-signature-256: sha256=<hex>` over the body: for services of your own.
    Generic = GENERIC
}
