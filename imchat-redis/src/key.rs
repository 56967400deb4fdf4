//! Names of keys in Redis.

/// `{prefix:key}`: in a cluster the braces say that the whole name decides where it lives, so that a second key with the
/// same name in braces would live beside it.
pub(crate) fn tagged(prefix: &str, key: &[u8]) -> Vec<u8> {
    [b"{", prefix.as_bytes(), b":", key, b"}"].concat()
}
