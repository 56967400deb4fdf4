//! The headers that may be kept with a delivery: none that proves who sends.

use http::HeaderName;
use imchat_verify::{ConfigError, Scheme};

/// Whoever reads a header that is named like this could send in somebody's name, with some platform or proxy.
const SECRET_WORDS: [&str; 8] =
    ["authorization", "cookie", "signature", "hmac", "token", "secret", "password", "api-key"];

/// Refuses the first header that proves who sends.
pub(super) fn check(scheme: &Scheme, names: &[HeaderName]) -> Result<(), ConfigError> {
    let proves = |name: &&HeaderName| {
        let name = name.as_str();
        SECRET_WORDS.iter().any(|word| name.contains(word)) || scheme.proves_by(name)
    };
    match names.iter().find(proves) {
        None => Ok(()),
        Some(name) => Err(ConfigError::Header {
            name: name.as_str().to_owned(),
            why: "it proves who sends, and an inbox is no place for that",
        }),
    }
}
