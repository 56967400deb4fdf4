//! Files as they are read: byte for byte, `-` being stdin.

use std::io::{self, Read as _};
use std::path::Path;

use crate::stop::Stop;

/// The bytes of a file, or of stdin where the path is `-`.
pub(crate) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    if path.as_os_str() != "-" {
        return std::fs::read(path);
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// As [`bytes`]; the complaint names the file.
pub(crate) fn read(path: &Path, what: &str) -> Result<Vec<u8>, Stop> {
    bytes(path).map_err(|error| {
        Stop::usage(format!("cannot read {what} {}: {error}; check the path and its permissions", path.display()))
    })
}
