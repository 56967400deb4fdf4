//! A folder that goes with the demo.

use std::io;
use std::path::{Path, PathBuf};

/// Removed with what is in it when this is dropped.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// A new one among the machine's temporary files.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub(super) fn temporary() -> io::Result<Self> {
        let nanoseconds = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
        let name = format!("agent-bot-demo-{}-{nanoseconds}", std::process::id());
        let path = std::env::temp_dir().join(name);
        // Fails where it is there already: nobody else's folder is used.
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left of it is for the system to clear.
        let _left = std::fs::remove_dir_all(&self.0);
    }
}
